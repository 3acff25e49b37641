"""What stands in one line: header, phases, timeline, footer, and how numbers and settings are written."""
