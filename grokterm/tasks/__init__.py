"""What a task is, without torch: formulas on residues, groups, and how both are named."""
