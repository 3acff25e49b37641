"""One run as the viewer has it: its trainer, its pictures, where its past is looked at, and what was asked for."""
