"""The dialogs of the viewer."""
