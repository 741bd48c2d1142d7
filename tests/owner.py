"""The thread that owns an engine or a session, without a window's event loop."""

import queue
import time
from collections.abc import Callable


class Owner:
    """Runs what was posted, on the thread of the test, until something is true."""

    def __init__(self) -> None:
        self._posted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.post = self._posted.put

    def run_until(self, is_true: Callable[[], object], timeout_seconds: float = 60.0) -> None:
        deadline = time.monotonic() + timeout_seconds
        while not is_true():
            left = deadline - time.monotonic()
            assert left > 0, "what was awaited did not come"
            try:
                self._posted.get(timeout=min(left, 0.05))()
            except queue.Empty:
                continue
