"""The points of plots as a table, for others to read."""

from collections.abc import Iterator, Sequence

import numpy as np

from eqxviz.session.plots.axis import XAxis
from eqxviz.session.plots.lines import Line
from eqxviz.session.plots.smoothing import CHUNK, Average, average
from eqxviz.session.runs.csv_file import csv_lines


def points_csv(
    lines: Sequence[Line], axis: XAxis, window: tuple[float, float], smoothing: int
) -> Iterator[bytes]:
    """Yield a row for each point of `lines` between two places of x.

    Its columns are curve, step, seconds, samples where they are known, value, and smoothed where
    `smoothing` is more than one point. It may read the disk: for background threads.
    """
    has_samples, smooths = axis.samples.is_known, smoothing > 1
    titles = ["curve", "step", "seconds"]
    titles += ["samples"] * has_samples + ["value"] + ["smoothed"] * smooths
    yield csv_lines([titles])
    for line in lines:
        state = Average()
        for start in range(0, line.curve.n, CHUNK):
            steps, seconds, values = line.curve.read(start, start + CHUNK)
            smooth, state = average(values, smoothing, state) if smooths else (values, state)
            as_floats = steps.astype(np.float64)
            places = axis.places(seconds if axis.base == "seconds" else as_floats)
            seen = (places >= window[0]) & (places <= window[1])
            columns = [steps[seen], seconds[seen]]
            columns += [axis.samples.of_steps(as_floats)[seen]] * has_samples
            columns += [values[seen]] + [smooth[seen]] * smooths
            cells = (column.tolist() for column in columns)
            yield csv_lines([line.label, *row] for row in zip(*cells, strict=True))
