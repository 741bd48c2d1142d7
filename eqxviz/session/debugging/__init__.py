"""The debugger: where a run is to stop, and what is seen of it where it has."""
