"""The dialogs over the screens."""
