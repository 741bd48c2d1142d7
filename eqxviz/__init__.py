"""A visual debugger for JAX."""
