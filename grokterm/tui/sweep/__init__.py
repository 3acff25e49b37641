"""The screen of a sweep: its phase diagram, curves, cells and marginals, live; it only reads what is written."""
