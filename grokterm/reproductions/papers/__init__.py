"""The reproductions, by paper."""
