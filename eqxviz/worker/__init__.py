"""The process that loads or runs the user's code, and answers questions about it."""
