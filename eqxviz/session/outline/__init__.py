"""Which rows of a tree are shown, and in which order: folding, sorting, reading order."""
