"""Training the runs of a sweep: courses, batches, workers and the coordinator that hands them out."""
