"""The seconds of a run, without those in which it was held."""

import time


class RunClock:
    """Counts the seconds of a run from its start to its end, and stands still while it is paused.

    What happens at `perf_counter()` t, while the run goes on, is `t - origin` seconds in.
    """

    def __init__(self) -> None:
        self.origin = time.perf_counter()  # moved on by the time spent paused
        self._stands_at: float | None = None
        self._is_over = False

    def start(self) -> None:
        """The run begins now."""
        self.origin = time.perf_counter()

    def pause(self) -> None:
        """Stand still from now on, if the clock does not yet."""
        if self._stands_at is None:
            self._stands_at = time.perf_counter()

    def go_on(self) -> None:
        """Count on from where the clock was paused."""
        if self._stands_at is not None and not self._is_over:
            self.origin += time.perf_counter() - self._stands_at
            self._stands_at = None

    def end(self) -> None:
        """Stand still for good: the process may go on, to be looked into."""
        self.pause()
        self._is_over = True

    def elapsed(self) -> float:
        """Return the seconds from the start to the end or to now, without those spent paused."""
        stands_at = self._stands_at
        return (time.perf_counter() if stands_at is None else stands_at) - self.origin
