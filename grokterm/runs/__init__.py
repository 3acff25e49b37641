"""The run folder: creating and finding runs, the log, checkpoints, and the trainer's process."""
