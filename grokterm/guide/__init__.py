"""A page of words for each view."""
