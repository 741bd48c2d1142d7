"""What is seen of a replayed call: the way to the values of an equation, and whence a NaN comes."""
