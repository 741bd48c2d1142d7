"""The points of plots as a table, for others to read."""

from collections.abc import Iterator, Sequence

import numpy as np

from eqxviz.session.csv_text import csv_text
from eqxviz.session.plots.axis import XAxis
from eqxviz.session.plots.lines import Line
from eqxviz.session.plots.smoothing import CHUNK, Average, average

Part = tuple[Sequence[Line], tuple[float, float]]  # lines, and the places of x between which


def plots_csv(parts: Sequence[Part], axis: XAxis, smoothing: int) -> Iterator[str]:
    """Yield a row for each point of `parts`; a line that is in several of them is written once.

    Its columns are curve, step, seconds, samples where they are known, value, and smoothed where
    `smoothing` is more than one point. It may read the disk: for background threads.
    """
    titles = ["curve", "step", "seconds"]
    titles += ["samples"] * axis.has_samples + ["value"] + ["smoothed"] * (smoothing > 1)
    yield csv_text([titles])
    seen: set[object] = set()
    for lines, window in parts:
        for line in lines:
            if (line.key, window) not in seen:
                seen.add((line.key, window))
                yield from _rows(line, axis, window, smoothing)


def _rows(line: Line, axis: XAxis, window: tuple[float, float], smoothing: int) -> Iterator[str]:
    smooths, state = smoothing > 1, Average()
    for start in range(0, line.curve.n, CHUNK):
        steps, seconds, values = line.curve.read(start, start + CHUNK)
        smooth, state = average(values, smoothing, state) if smooths else (values, state)
        as_floats = steps.astype(np.float64)
        places = axis.places(seconds if axis.base == "seconds" else as_floats, line.curve)
        seen = (places >= window[0]) & (places <= window[1])
        columns = [steps[seen], seconds[seen]]
        columns += [line.curve.samples.of_steps(as_floats)[seen]] * axis.has_samples
        columns += [values[seen]] + [smooth[seen]] * smooths
        cells = (column.tolist() for column in columns)
        yield csv_text([line.label, *row] for row in zip(*cells, strict=True))
