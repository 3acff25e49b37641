"""The screens of the viewer: one run, and several compared."""
