"""The run from left to right with its compilations as bars: what is in sight, and where."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eqxviz.session.compilations import STAGES, stage_seconds

if TYPE_CHECKING:
    from eqxviz.session.run_view import RunView

MAX_LANES = 4  # further threads share the last lane
_NARROW = 2.0  # pixels: a compilation that is shorter than this is one bar
_SHORTEST_SPAN = 1e-4  # seconds: what can be zoomed into


@dataclass(frozen=True)
class Bars:
    """Rectangles in pixels from the left; `stage` indexes `STAGES`."""

    x: NDArray[np.float64]
    width: NDArray[np.float64]
    stage: NDArray[np.int64]
    lane: NDArray[np.int64]


class Timeline:
    """The compilations of a run in time; what is in sight runs from `begin` to `end`, in seconds.

    Compilations of different threads lie in different lanes, since they overlap.
    """

    def __init__(self) -> None:
        self.whole = 0.0  # seconds
        self.begin, self.end = 0.0, 0.0
        self._is_fit = True
        self._run: RunView | None = None
        self._clear()

    @property
    def span(self) -> float:
        """The seconds that are in sight."""
        return max(self.end - self.begin, _SHORTEST_SPAN)

    @property
    def is_fit(self) -> bool:
        """Whether the whole run is in sight, and will be as it goes on."""
        return self._is_fit

    @property
    def n_lanes(self) -> int:
        """How many lanes there are, at least one."""
        return max(1, min(len(self._threads), MAX_LANES))

    def show(self, run: "RunView") -> None:
        """Take in what `run` has compiled by now."""
        if run is not self._run:
            self._run = run
            self._clear()
            self.fit()
        fresh = run.compiles[len(self._ids) :]
        if fresh:
            self._take(run, len(fresh))
        last = float((self._start + self._stages.sum(axis=1)).max()) if len(self._ids) else 0.0
        self.whole = max(run.status.elapsed_seconds, last, _SHORTEST_SPAN)
        if self._is_fit:
            self.fit()

    def fit(self) -> None:
        """Bring the whole run into sight."""
        self.begin, self.end, self._is_fit = 0.0, self.whole, True

    def zoom(self, factor: float, at: float) -> None:
        """Show `factor` times less; what happened `at` stays where it is."""
        span = self.span / factor
        if span >= self.whole:
            self.fit()
            return
        share = (at - self.begin) / self.span
        self._look_at(at - share * max(span, _SHORTEST_SPAN), max(span, _SHORTEST_SPAN))

    def pan(self, seconds: float) -> None:
        """Look further on, back if negative."""
        if not self._is_fit:
            self._look_at(self.begin + seconds, self.span)

    def reveal(self, event: int) -> None:
        """Bring a compilation into sight, if it is out of it."""
        at = self._row(event)
        if at < 0 or self._is_fit:
            return
        start, stop = self._start[at], self._start[at] + self._stages[at].sum()
        if stop < self.begin or start > self.end:
            self._look_at(float(start + stop) / 2 - self.span / 2, self.span)

    def bars(self, width: float) -> Bars:
        """Return what is to be drawn on so many pixels; bars too narrow to tell apart are one."""
        scale = width / self.span
        lengths = self._stages.sum(axis=1)
        stop = self._start + lengths
        sight = np.flatnonzero((stop >= self.begin) & (self._start <= self.end))
        wide = sight[lengths[sight] * scale >= _NARROW]
        narrow = sight[lengths[sight] * scale < _NARROW]
        starts = self._start[wide, None] + np.cumsum(self._stages[wide], axis=1)
        x = (starts - self._stages[wide] - self.begin) * scale
        spot = np.floor((self._start[narrow] - self.begin) * scale).astype(np.int64)
        _, first = np.unique(spot * MAX_LANES + self._lane[narrow], return_index=True)
        kept = narrow[first]
        return Bars(
            np.concatenate([x.ravel(), spot[first].astype(np.float64)]),
            np.concatenate([(self._stages[wide] * scale).ravel(), np.full(len(kept), _NARROW)]),
            np.concatenate([np.tile(np.arange(3), len(wide)), self._stages[kept].argmax(axis=1)]),
            np.concatenate([np.repeat(self._lane[wide], 3), self._lane[kept]]),
        )

    def event_at(self, seconds: float, lane: int, slack: float) -> int:
        """Return the compilation at a moment, the nearest within `slack` seconds; -1: none."""
        stop = self._start + self._stages.sum(axis=1)
        away = np.maximum(np.maximum(self._start - seconds, seconds - stop), 0.0)
        away = np.where(self._lane == lane, away, np.inf)
        if not len(away) or not away.min() <= slack:
            return -1
        return int(self._ids[int(away.argmin())])

    def extent(self, event: int) -> tuple[float, float, int] | None:
        """Return when a compilation began and ended, and its lane; None if it is not there."""
        at = self._row(event)
        if at < 0:
            return None
        start = float(self._start[at])
        return start, start + float(self._stages[at].sum()), int(self._lane[at])

    def neighbour(self, event: int, step: int) -> int:
        """Return the compilation `step` places later in time; -1: none. From none, the first."""
        order = np.argsort(self._start, kind="stable")
        if not len(order):
            return -1
        at = self._row(event)
        place = int(np.flatnonzero(order == at)[0]) + step if at >= 0 else 0
        return int(self._ids[order[place]]) if 0 <= place < len(order) else -1

    def _clear(self) -> None:
        self._threads: dict[int, int] = {}
        self._ids = np.zeros(0, np.int64)
        self._start = np.zeros(0)
        self._stages = np.zeros((0, len(STAGES)))
        self._lane = np.zeros(0, np.int64)

    def _take(self, run: "RunView", n: int) -> None:
        fresh = run.compiles[-n:]
        lanes: list[int] = []
        for event in fresh:
            lane = self._threads.setdefault(event.thread, len(self._threads))
            lanes.append(min(lane, MAX_LANES - 1))
        stages = [[stage_seconds(event, stage) for stage in STAGES] for event in fresh]
        self._ids = np.concatenate([self._ids, [event.id for event in fresh]])
        self._start = np.concatenate([self._start, [event.start_seconds for event in fresh]])
        self._stages = np.concatenate([self._stages, np.array(stages)])
        self._lane = np.concatenate([self._lane, lanes])

    def _row(self, event: int) -> int:
        at = int(np.searchsorted(self._ids, event))
        return at if at < len(self._ids) and int(self._ids[at]) == event else -1

    def _look_at(self, begin: float, span: float) -> None:
        self.begin = min(max(begin, 0.0), max(self.whole - span, 0.0))
        self.end, self._is_fit = self.begin + span, False
