"""Whether the points of curves meet a stop: looked at as they are read, many at a time."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from eqxviz.capturing.gate import Met
from eqxviz.engine.comparisons import Comparison, canonical
from eqxviz.records import Series, Stop, StopKind, number_text


class Judge:
    """Tells of each stop on curves whenever it becomes true, not for as long as it is.

    Points come from one thread at a time, with the lock of the curves held.
    """

    def __init__(self, meet: Callable[[Met], None], series: Callable[[int], Series]) -> None:
        self._meet = meet
        self._series = series  # by id
        self._watchers: tuple[_Watcher, ...] = ()
        self._by_series: dict[int, list[tuple[_Watcher, int]]] = {}
        self._any: Stop | None = None  # for what is not finite in any curve
        self._not_finite: set[int] = set()  # those that are not, of late

    @property
    def is_at_work(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self._watchers) or self._any is not None

    def set(self, stops: Iterable[Stop], newest: dict[int, float]) -> None:
        """Look for these stops from now on. `newest` are the values that curves have now.

        A stop that was there before goes on; a new one is met by the next point that is so.
        """
        before = {watcher.stop: watcher for watcher in self._watchers}
        stops = [s for s in stops if s.kind in (StopKind.CONDITION, StopKind.NONFINITE)]
        watchers = [before.get(s) or _Watcher(s) for s in stops if s.condition]
        old, self._any = self._any, next((s for s in stops if not s.condition), None)
        if self._any != old:
            self._not_finite = set()
        self._watchers, self._by_series = tuple(watchers), {}
        for id, value in newest.items():
            for watcher, place in self._watching(id):
                if watcher not in before.values():
                    watcher.values[place] = value

    def names(self) -> dict[str, list[Stop]]:
        """Return the names of the curves that stops wait for."""
        names: dict[str, list[Stop]] = {}
        for watcher in self._watchers:
            for place, name in enumerate(watcher.names):
                if place != watcher.step_place:
                    names.setdefault(name, []).append(watcher.stop)
        return names

    def look(self, series: Sequence[int], steps: Sequence[int], values: Sequence[float]) -> None:
        """See points of curves, in the order in which they were made."""
        if self._watchers:
            known = self._by_series
            for id, step, value in zip(series, steps, values, strict=True):
                watching = known.get(id)
                if watching is None:
                    watching = self._watching(id)
                for watcher, place in watching:
                    self._tell(watcher, place, value, step)
        # A sum is finite if all are, but for what overflows.
        if self._any is not None and (self._not_finite or not math.isfinite(sum(values))):
            for id, step, value in zip(series, steps, values, strict=True):
                self._look_at(id, step, value)

    def _look_at(self, id: int, step: int, value: float) -> None:
        if math.isfinite(value):
            self._not_finite.discard(id)
        elif id not in self._not_finite:
            series = self._series(id)
            self._not_finite.add(id)
            if not series.is_state and self._any is not None:
                self._meet(_met(self._any, [(series.name, value)], step))

    def _watching(self, id: int) -> list[tuple["_Watcher", int]]:
        series = self._series(id)
        name = canonical(series.name)
        watching = self._by_series[id] = [
            (watcher, watcher.names.index(name))
            for watcher in self._watchers
            if name in watcher.names
        ]
        for watcher, place in watching:
            watcher.shown[place] = series.name
            if place == watcher.step_place:  # there is a curve of that name
                watcher.step_place = -1
        return watching

    def _tell(self, watcher: "_Watcher", place: int, value: float, step: int) -> None:
        watcher.values[place] = value
        if watcher.step_place >= 0:
            watcher.values[watcher.step_place] = step
        if None in watcher.values:
            return
        before = watcher.was_met
        try:
            watcher.was_met, failure = watcher.is_met(), ""
        except (ArithmeticError, ValueError, TypeError) as error:
            watcher.was_met, failure = True, f"{type(error).__name__}: {error}"
        if watcher.was_met and not before:
            values = list(zip(watcher.shown, watcher.values, strict=True))
            if watcher.step_place >= 0:
                del values[watcher.step_place]  # the sentence ends with it
            self._meet(_met(watcher.stop, values, step, failure))


class _Watcher:
    """A stop, and what its curves are at."""

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        is_nonfinite = stop.kind is StopKind.NONFINITE
        comparison = None if is_nonfinite else Comparison(stop.condition)
        self.names = comparison.names if comparison else (canonical(stop.condition),)
        self.shown = list(self.names)
        self.values: list[Any] = [None] * len(self.names)
        # Beside curves `step` is that of their points, unless it is a curve itself.
        has_step = comparison is not None and "step" in self.names and len(self.names) > 1
        self.step_place = self.names.index("step") if has_step else -1
        self.was_met = False
        self._comparison = comparison

    def is_met(self) -> bool:
        if self._comparison is None:
            return not math.isfinite(self.values[0])
        return self._comparison.holds(self.values)


def _met(stop: Stop, values: list[tuple[str, float]], step: int, failure: str = "") -> Met:
    texts = [
        " and ".join(f"{name} {verb} {number_text(value)}" for name, value in values)
        + f" at step {step}"
        for verb in ("is", "was")
    ]
    if failure:
        texts = [f"`{stop.condition}` raised {failure}, as {text}" for text in texts]
    return Met(stop, *texts)
