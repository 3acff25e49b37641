"""What trainer and viewer say to each other: records of the log, and messages on the socket."""
