"""Calls that are kept and replayed: values on the graph, and where a NaN comes from."""
