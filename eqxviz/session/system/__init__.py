"""Where the time and the memory of a run are, read from its samples."""
