"""Points of runs as CSV: a row for each point, or a row for each step."""

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eqxviz.session.runs.points import Go, stretches
from eqxviz.store import Library, RunSummary

_ROWS = 20_000  # made at once


def long_csv(
    library: Library, runs: Sequence[RunSummary], names: Collection[str] | None, go: Go
) -> Iterator[bytes]:
    """Yield a table with a row for each point: run (if several), curve, step, seconds, value."""
    several = len(runs) > 1
    yield csv_lines([[*(["run"] if several else []), "curve", "step", "seconds", "value"]])
    n_before = 0
    for run in runs:
        with closing(library.open(run.id)) as store:
            for series, step, seconds, value in stretches(store, names, _after(go, n_before)):
                fixed = [repeat(run.id)] if several else []
                fixed.append(repeat(series.name))
                for at in range(0, len(step), _ROWS):
                    part = slice(at, at + _ROWS)
                    columns = (step[part].tolist(), seconds[part].tolist(), value[part].tolist())
                    yield csv_lines(zip(*fixed, *columns, strict=False))  # those have no end
        n_before += run.n_points


def wide_csv(
    library: Library, runs: Sequence[RunSummary], names: Collection[str] | None, go: Go
) -> Iterator[bytes]:
    """Yield a table with a row for each step, and a column for each curve of each run.

    Where a curve has no point at a step, its cell is empty; of several the last one counts.
    """
    titles: list[str] = []
    curves: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = []
    n_before = 0
    for run in runs:
        found: dict[str, list[tuple[NDArray[np.int64], NDArray[np.float64]]]] = {}
        with closing(library.open(run.id)) as store:
            for series, step, _seconds, value in stretches(store, names, _after(go, n_before)):
                found.setdefault(series.name, []).append((step, value))
        n_before += run.n_points
        for name, parts in found.items():
            titles.append(f"{run.id}: {name}" if len(runs) > 1 else name)
            steps, values = (np.concatenate(column) for column in zip(*parts, strict=True))
            order = np.argsort(steps, kind="stable")
            curves.append((steps[order], values[order]))
    yield csv_lines([["step", *titles]])
    all_steps = (
        np.unique(np.concatenate([steps for steps, _ in curves])) if curves else np.array([])
    )
    for at in range(0, len(all_steps), _ROWS):
        shown = all_steps[at : at + _ROWS]
        columns = [shown.tolist(), *(_cells(shown, *curve) for curve in curves)]
        yield csv_lines(zip(*columns, strict=True))
        go(n_before)


def _cells(
    shown: NDArray[np.int64], steps: NDArray[np.int64], values: NDArray[np.float64]
) -> list[float | str]:
    """Return the value at each of the steps `shown`, "" where there is none."""
    last = np.searchsorted(steps, shown, "right") - 1
    is_there = (last >= 0) & (steps[last] == shown)
    return [
        value if there else ""
        for value, there in zip(values[last].tolist(), is_there.tolist(), strict=True)
    ]


def _after(go: Go, n_before: int) -> Go:
    return lambda n: go(n_before + n)


def csv_lines(rows: Any) -> bytes:
    """Return `rows` of cells as lines of CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
