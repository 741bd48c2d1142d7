"""Points of runs as CSV: a row for each point, or a row for each step."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from eqxviz.session.csv_text import csv_text
from eqxviz.session.runs.points import Go, stretches
from eqxviz.store import Library, RunSummary

_ROWS = 20_000  # made at once
_Column = tuple[NDArray[np.int64], NDArray[np.float64]]  # steps or rows, and values


def long_csv(
    library: Library, runs: Sequence[RunSummary], names: Collection[str] | None, go: Go
) -> Iterator[str]:
    """Yield a table with a row for each point: run (if several), curve, step, seconds, value."""
    several = len(runs) > 1
    yield csv_text([[*(["run"] if several else []), "curve", "step", "seconds", "value"]])
    n_before = 0
    for run in runs:
        with closing(library.open(run.id)) as store:
            for series, step, seconds, value in stretches(store, names, _after(go, n_before)):
                fixed = [repeat(run.id)] if several else []
                fixed.append(repeat(series.name))
                for at in range(0, len(step), _ROWS):
                    part = slice(at, at + _ROWS)
                    columns = (step[part].tolist(), seconds[part].tolist(), value[part].tolist())
                    yield csv_text(zip(*fixed, *columns, strict=False))  # those have no end
        n_before += run.n_points


def wide_csv(
    library: Library, runs: Sequence[RunSummary], names: Collection[str] | None, go: Go
) -> Iterator[str]:
    """Yield a table with a row for each step, and a column for each curve of each run.

    Where a curve has no point at a step, its cell is empty; a step at which one has several points
    has as many rows.
    """
    titles: list[str] = []
    curves: list[_Column] = []
    n_before = 0
    for run in runs:
        found: dict[str, list[_Column]] = {}
        with closing(library.open(run.id)) as store:
            for series, step, _seconds, value in stretches(store, names, _after(go, n_before)):
                found.setdefault(series.name, []).append((step, value))
        n_before += run.n_points
        for name, parts in found.items():
            titles.append(f"{run.id}: {name}" if len(runs) > 1 else name)
            steps, values = (np.concatenate(column) for column in zip(*parts, strict=True))
            order = np.argsort(steps, kind="stable")
            curves.append((steps[order], values[order]))
    yield csv_text([["step", *titles]])
    steps, columns = _by_row(curves)
    for at in range(0, len(steps), _ROWS):
        stop = min(at + _ROWS, len(steps))
        shown = np.arange(at, stop)
        cells = (_cells(shown, *column) for column in columns)
        yield csv_text(zip(steps[at:stop].tolist(), *cells, strict=True))
        go(n_before)


def _by_row(curves: Sequence[_Column]) -> tuple[NDArray[np.int64], list[_Column]]:
    """Return the step of each row, and of each curve the rows that it has values in.

    The steps of each curve are sorted.
    """
    every = np.unique(np.concatenate([np.zeros(0, np.int64), *(steps for steps, _ in curves)]))
    n_rows = np.zeros(len(every), np.int64)
    places: list[tuple[NDArray[np.intp], NDArray[np.int64]]] = []
    for steps, _ in curves:
        at = np.searchsorted(every, steps)
        # The how-manieth point at its step: how far it is from the first one there.
        nth = np.arange(len(steps)) - np.searchsorted(steps, steps)
        np.maximum.at(n_rows, at, nth + 1)
        places.append((at, nth))
    first = np.cumsum(n_rows) - n_rows
    columns = [(first[at] + nth, v) for (at, nth), (_, v) in zip(places, curves, strict=True)]
    return np.repeat(every, n_rows), columns


def _cells(
    shown: NDArray[np.int64], rows: NDArray[np.int64], values: NDArray[np.float64]
) -> list[float | str]:
    """Return the value in each of the rows `shown`, "" where there is none."""
    last = np.searchsorted(rows, shown, "right") - 1
    is_there = (last >= 0) & (rows[last] == shown)
    return [
        value if there else ""
        for value, there in zip(values[last].tolist(), is_there.tolist(), strict=True)
    ]


def _after(go: Go, n_before: int) -> Go:
    return lambda n: go(n_before + n)
