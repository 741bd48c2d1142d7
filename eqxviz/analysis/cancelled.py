"""What is raised where nobody waits for a result any more."""


class CancelledError(Exception):
    """Raised between two pieces of work when its result is no longer wanted."""
