"""Repeating a run from its configuration and logged changes: for any step of it, and to compare it with its files."""
