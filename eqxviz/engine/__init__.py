"""Starts, watches, asks and stops workers. No Qt and no JAX; both front ends share it."""
