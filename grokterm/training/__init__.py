"""What trainer, replay and notebook share: recording, phases, walking through a log, restoring from checkpoints."""
