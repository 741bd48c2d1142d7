"""The thread that turns what was observed into records, some fifteen times a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from eqxviz.capturing.bars import BarsDoor
from eqxviz.capturing.feed import Feed
from eqxviz.capturing.interrupts import interrupts_held
from eqxviz.records import Problem, Record, Severity

if TYPE_CHECKING:
    from eqxviz.capturing.dynamics import Dynamics
    from eqxviz.capturing.observer import Observer
    from eqxviz.capturing.system import System

Sink = Callable[[Sequence[Record]], None]

_INTERVAL_SECONDS = 1 / 15
_FIRST_SECONDS = 0.02  # after nothing happened for a while: one step may be all that comes
_IDLE_SECONDS = 0.08
# So late, the thread that makes the calls is in a long one, and the scalars are read here.
_LATE_SECONDS = 0.015
_TOTALS_SECONDS = 0.25
_BARS_SECONDS = 0.25
_SYSTEM_SECONDS = 1.0


class Recorder:
    """Hands batches of records to `sink`, in its own thread; sleeps while nothing happens.

    `observer`, `system` and `dynamics` are there once the script has imported JAX, `bars` with
    tqdm.
    """

    def __init__(self, feed: Feed, sink: Sink) -> None:
        self.observer: Observer | None = None
        self.system: System | None = None
        self.dynamics: Dynamics | None = None
        self.bars: BarsDoor | None = None
        self._feed = feed
        self._sink = sink
        self._awake = threading.Event()
        self._stopping = False
        self._totals_due = self._bars_due = self._system_due = 0.0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="eqxviz-recorder", daemon=True)

    def start(self) -> None:
        """Begin; the feed wakes it."""
        self._feed.wake = self._wake
        self._thread.start()

    def flush(self) -> None:
        """Hand over everything there is, waiting for scalars that are still being computed."""
        with interrupts_held(), self._lock:
            self._feed.curves.read_ready(wait=True)
            if self.dynamics is not None:
                self._feed.records.extend(self.dynamics.take(wait=True))
            self._system_due = 0.0
            self._hand_over(everything=True)

    def stop(self) -> None:
        """Flush, and end the thread."""
        self._stopping = True
        self._wake()
        self._thread.join()
        self.flush()

    def _wake(self) -> None:
        self._feed.asleep = False
        self._awake.set()

    def _work(self) -> None:
        while not self._stopping:
            has_bars = self.bars is not None and self.bars.has_open
            self._awake.wait(_BARS_SECONDS if has_bars else None)
            self._awake.clear()
            self._follow()

    def _follow(self) -> None:
        """Record until nothing happens any more and every scalar is read."""
        feed, pause = self._feed, _FIRST_SECONDS
        while not self._stopping:
            time.sleep(pause)
            pause = _INTERVAL_SECONDS
            now = time.perf_counter()
            is_idle = now - feed.last_activity > _IDLE_SECONDS
            try:
                self._look(now, is_idle)
            except Exception as error:  # noqa: BLE001 - what fails once must not end the recording
                feed.failed(error)
            if feed.asleep:
                return

    def _look(self, now: float, is_idle: bool) -> None:
        feed = self._feed
        with self._lock:
            if is_idle:
                # Before the last look: a call that comes after it wakes us again.
                feed.asleep = True
            if is_idle or now >= feed.curves.read_due + _LATE_SECONDS:
                feed.curves.read_ready()
            if is_idle and (feed.curves.waiting or feed.last_activity > now):
                feed.asleep = False
            self._hand_over(everything=is_idle)

    def _hand_over(self, everything: bool) -> None:
        feed, now = self._feed, time.perf_counter()
        records: list[Record] = []
        # A point names a function by its id, so functions go first.
        batch = feed.curves.take()
        while feed.records:
            records.append(feed.records.popleft())
        if batch is not None:
            records.append(batch)
        if self.dynamics is not None:
            records += self.dynamics.take()
        if self.observer is not None:
            self.observer.mark_step()
            if everything or now >= self._totals_due:
                self._totals_due = now + _TOTALS_SECONDS
                records.append(self.observer.totals())
        if self.system is not None and now >= self._system_due:
            self._system_due = now + _SYSTEM_SECONDS
            records += self.system.sample()
        if self.bars is not None and (everything or now >= self._bars_due):
            self._bars_due = now + _BARS_SECONDS
            news = self.bars.news()
            records += [news] if news is not None else []
        if feed.curves.n_lost:
            n_lost, feed.curves.n_lost = feed.curves.n_lost, 0
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
