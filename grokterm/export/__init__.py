"""Runs and sweeps as files for other programs: tables of what was logged, and weights of checkpoints."""
