"""What a graph tells beyond its picture: costs, colours, what depends on what, and the search."""
