"""How fast a run goes: its steps of late over the time that they took."""

import threading
from collections import deque

# The speed is that of the last second, or of so many looks before it.
_SECONDS = 1.0
_MOST_MARKS = 128


class Speed:
    """Steps per second. Safe from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._marks: deque[tuple[int, float]] = deque(maxlen=_MOST_MARKS)

    def restart(self, step: int, seconds: float) -> None:
        """Count from `step` on, which was done at `seconds` of the run."""
        with self._lock:
            self._marks.clear()
            self._marks.append((step, seconds))

    def mark(self, step: int, seconds: float) -> None:
        """Note where the run is; to be called every now and then."""
        with self._lock:
            if not self._marks or self._marks[-1][0] != step:
                self._marks.append((step, seconds))

    def per_second(self) -> float:
        """Return the steps per second of late, NaN before the second step."""
        with self._lock:
            marks = list(self._marks)
        last, stop = marks[-1]
        recent = [mark for mark in marks[:-1] if stop - mark[1] <= _SECONDS] or marks[-2:-1]
        if not recent or stop <= recent[0][1]:
            return float("nan")
        return (last - recent[0][0]) / (stop - recent[0][1])
