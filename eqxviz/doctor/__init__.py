"""Rules over what was seen of a program: problems with the line, the reason and a fix."""
