"""What is seen of a target while it runs: one watch a file."""
