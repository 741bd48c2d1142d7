"""The printed jaxpr beside the graph, and what it is lowered to."""
