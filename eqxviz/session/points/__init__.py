"""The points of a curve in memory: the newest as they are, all of them as pyramids of blocks."""
