"""What can be read from a model."""
