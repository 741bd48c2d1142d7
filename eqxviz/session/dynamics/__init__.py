"""Norms of a model's leaves over a run: what is shown of them."""
