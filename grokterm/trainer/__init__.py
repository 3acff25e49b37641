"""The process that owns a run, trains it and writes it down."""
