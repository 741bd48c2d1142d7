"""The thread that turns what was observed into records, some thirty times a second."""

import threading
import time
from collections.abc import Callable, Sequence

from eqxviz.capture.observer import Observer
from eqxviz.records import Problem, Record, Severity

Sink = Callable[[Sequence[Record]], None]

_INTERVAL_SECONDS = 1 / 30
_IDLE_SECONDS = 0.05
_TOTALS_SECONDS = 0.25


class Recorder:
    """Hands batches of records to `sink`, in its own thread; sleeps while no calls are made."""

    def __init__(self, observer: Observer, sink: Sink) -> None:
        self._observer = observer
        self._sink = sink
        self._awake = threading.Event()
        self._stopping = False
        self._totals_due = 0.0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="eqxviz-recorder", daemon=True)

    def start(self) -> None:
        """Begin; calls of the observer wake it."""
        self._observer.wake = self._wake
        self._thread.start()

    def flush(self) -> None:
        """Hand over everything there is, waiting for scalars that are still being computed."""
        with self._lock:
            self._observer.curves.read_ready(wait=True)
            self._hand_over(totals=True)

    def stop(self) -> None:
        """Flush, and end the thread."""
        self._stopping = True
        self._wake()
        self._thread.join()
        self.flush()

    def _wake(self) -> None:
        self._observer.asleep = False
        self._awake.set()

    def _work(self) -> None:
        while not self._stopping:
            self._awake.wait()
            self._awake.clear()
            self._follow()

    def _follow(self) -> None:
        """Record until no call is made any more and every scalar is read."""
        while not self._stopping:
            time.sleep(_INTERVAL_SECONDS)
            now = time.perf_counter()
            is_idle = now - self._observer.last_call > _IDLE_SECONDS
            with self._lock:
                if is_idle:
                    # Before the last look: a call that comes after it wakes us again.
                    self._observer.asleep = True
                    self._observer.curves.read_ready()
                    if self._observer.curves.waiting or self._observer.last_call > now:
                        self._observer.asleep = False
                self._hand_over(totals=is_idle or now >= self._totals_due)
            if self._observer.asleep:
                return

    def _hand_over(self, totals: bool) -> None:
        observer = self._observer
        records: list[Record] = []
        # A point names a function by its id, so functions go first.
        batch = observer.curves.take()
        while observer.events:
            records.append(observer.events.popleft())
        if batch is not None:
            records.append(batch)
        if totals:
            self._totals_due = time.perf_counter() + _TOTALS_SECONDS
            records.append(observer.totals())
        if observer.curves.n_lost:
            n_lost, observer.curves.n_lost = observer.curves.n_lost, 0
            records.append(_lost(n_lost))
        if records:
            self._sink(records)


def _lost(n: int) -> Problem:
    return Problem(
        "scalars-lost",
        Severity.WARNING,
        f"{n} points of a curve were lost",
        "A scalar was donated to a later call, or its computation failed, before it could be read.",
        "Return the scalar apart from what the next call donates.",
    )
