"""The terminal that the viewer writes to: its driver, its colours, how often it is drawn, and how it is given back."""
