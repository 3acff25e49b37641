"""The science of training: tasks, models, losses, optimizers and the engine; pure torch."""
