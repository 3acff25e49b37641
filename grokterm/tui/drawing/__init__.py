"""Pure functions from arrays to strips of the terminal."""
