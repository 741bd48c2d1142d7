"""Whether the answer that this thread is working at is still wanted."""

import contextlib
import threading
from collections.abc import Callable, Iterator

_thread = threading.local()


@contextlib.contextmanager
def working(is_cancelled: Callable[[], bool]) -> Iterator[None]:
    """Let `is_cancelled` of this module say what this one says, in this thread, meanwhile."""
    before = getattr(_thread, "asked", None)
    _thread.asked = is_cancelled
    try:
        yield
    finally:
        _thread.asked = before


def is_cancelled() -> bool:
    """Whether the answer that this thread works at is no longer wanted."""
    return asked()()


def asked() -> Callable[[], bool]:
    """Return what tells any thread whether the answer that this one works at is not wanted."""
    found: Callable[[], bool] | None = getattr(_thread, "asked", None)
    return found if found is not None else lambda: False
