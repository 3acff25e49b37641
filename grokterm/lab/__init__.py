"""The science of training, pure torch."""
