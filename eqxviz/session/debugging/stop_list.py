"""The list of stops: what the user has set, and what is remembered of it for each script."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

from psygnal import Signal

from eqxviz.records import Stop, StopKind
from eqxviz.session.debugging.code_lines import stopping_line

_FIELDS = ("kind", "file", "line", "function", "condition", "is_enabled")


class NoCodeError(ValueError):
    """There is no line with code at which a run could stop."""


class StopList:
    """The stops in the order in which they were set. An uncaught exception is one from the start.

    Signals:
        changed: There are other stops, or one of them was changed.
    """

    changed = Signal()

    def __init__(self) -> None:
        self._next_id = 1
        self._stops: dict[int, Stop] = {}
        self._once: set[int] = set()
        self._moved_from: dict[int, int] = {}
        self._put(Stop(0, StopKind.EXCEPTION))

    def __iter__(self) -> Iterator[Stop]:
        return iter(self._stops.values())

    def __len__(self) -> int:
        return len(self._stops)

    def get(self, id: int) -> Stop | None:
        """Return the stop of that id, None if there is none any more."""
        return self._stops.get(id)

    def is_once(self, id: int) -> bool:
        """Whether the stop goes once it was met."""
        return id in self._once

    def moved_from(self, id: int) -> int:
        """Return the line without code for which this one was taken, 0 if it was not moved."""
        return self._moved_from.get(id, 0)

    def add(self, stop: Stop, *, once: bool = False) -> Stop:
        """Set `stop`, whose id is given here, and return it; one that is there is enabled.

        Raises:
            NoCodeError: If there is no code at its line or below it.
        """
        line = stop.line
        stop = _on_code(stop)
        before = next((s for s in self if _is_same(s, stop)), None)
        if before is not None:
            if stop.condition != before.condition or not before.is_enabled:
                stop = replace(stop, id=before.id)
                self._stops[before.id] = stop
                self.changed.emit()
                return stop
            return before
        made = self._put(stop)
        if once:
            self._once.add(made.id)
        if made.line != line:
            self._moved_from[made.id] = line
        self.changed.emit()
        return made

    def change(self, id: int, stop: Stop) -> None:
        """Put `stop` in the place of the one of that id.

        Raises:
            NoCodeError: If there is no code at its line or below it.
        """
        if id not in self._stops:
            return
        line, stop = stop.line, replace(_on_code(stop), id=id)
        self._moved_from.pop(id, None)
        if stop.line != line:
            self._moved_from[id] = line
        if stop != self._stops[id]:
            self._stops[id] = stop
            self.changed.emit()

    def enable(self, id: int, is_enabled: bool) -> None:
        """Let the run stop there, or pass."""
        stop = self._stops.get(id)
        if stop is not None and stop.is_enabled != is_enabled:
            self._stops[id] = replace(stop, is_enabled=is_enabled)
            self.changed.emit()

    def enable_all(self, is_enabled: bool) -> None:
        """Let the run stop at all of them, or pass them all."""
        self._stops = {i: replace(s, is_enabled=is_enabled) for i, s in self._stops.items()}
        self.changed.emit()

    def remove(self, *ids: int) -> None:
        """Take stops off the list."""
        n_before = len(self)
        for id in ids:
            self._stops.pop(id, None)
            self._once.discard(id)
            self._moved_from.pop(id, None)
        if len(self) != n_before:
            self.changed.emit()

    def toggle(self, stop: Stop) -> Stop | None:
        """Set `stop`, or take away the one that is at the same place; return what is there now.

        Raises:
            NoCodeError: If there is no code at its line or below it.
        """
        before = self.same_as(_on_code(stop))
        if before is None:
            return self.add(stop)
        self.remove(before.id)
        return None

    def same_as(self, stop: Stop) -> Stop | None:
        """Return the stop that is at the same place, whatever its condition."""
        return next((s for s in self if _is_same(s, stop)), None)

    def lines_of(self, file: str) -> dict[int, Stop]:
        """Return the stops on the lines of a file."""
        return {s.line: s for s in self if s.kind is StopKind.LINE and s.file == file}

    def saved(self) -> str:
        """Return what is remembered: all but the stops that go once they were met."""
        kept = [s for s in self if not self.is_once(s.id)]
        return json.dumps([[getattr(s, name) for name in _FIELDS] for s in kept])

    def restore(self, text: str) -> None:
        """Have the stops that `saved` wrote down; with what is no such text, those at first."""
        try:
            rows: Any = json.loads(text) if text else None
            read = [_read(row) for row in cast(list[Any], rows)] if rows is not None else None
        except (ValueError, TypeError):
            read = None
        self._stops.clear()
        self._once.clear()
        self._moved_from.clear()
        for stop in [Stop(0, StopKind.EXCEPTION)] if read is None else read:
            self._put(stop)
        self.changed.emit()

    def _put(self, stop: Stop) -> Stop:
        made = replace(stop, id=self._next_id)
        self._next_id += 1
        self._stops[made.id] = made
        return made


def _on_code(stop: Stop) -> Stop:
    """Return a stop on a line at a line that has code."""
    if stop.kind is not StopKind.LINE:
        return stop
    line = stopping_line(stop.file, stop.line)
    if not line:
        raise NoCodeError(f"There is no code at line {stop.line} of {stop.file} or below it.")
    return replace(stop, line=line)


def _is_same(one: Stop, other: Stop) -> bool:
    """Whether both stop at the same place; a curve may have several conditions."""
    if one.kind is not other.kind:
        return False
    if one.kind in (StopKind.LINE, StopKind.CALL, StopKind.RECOMPILE):
        place = (one.file, one.line, one.function)
        return place == (other.file, other.line, other.function)
    return one.condition == other.condition


def _read(row: Any) -> Stop:
    kind, file, line, function, condition, is_enabled = row
    return Stop(
        0, StopKind(kind), str(file), int(line), str(function), str(condition), bool(is_enabled)
    )
