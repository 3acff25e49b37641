"""The tour: eight chapters for newcomers, each of them a run, and where somebody stands in them."""
