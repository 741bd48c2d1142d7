"""Scripts to start from; each runs on its own, without the application."""
