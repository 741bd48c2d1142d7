"""Values of the selected node, and statistics of all arrays below it."""
