"""Two models, or two moments of one, side by side by path."""
