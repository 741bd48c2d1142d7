"""What follows from what was seen: one kind of mistake a file; the rules put it into words."""
