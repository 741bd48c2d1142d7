"""What the curves are at one place: what the cursor says, and what a pinned step is known by."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from eqxviz.session import formatting
from eqxviz.session.curves import Point
from eqxviz.session.plots.averages import Averages
from eqxviz.session.plots.axis import XAxis
from eqxviz.session.plots.lines import Line
from eqxviz.session.plots.scales import x_text


class Reading(NamedTuple):
    """A point of a line, and the average there (NaN: there is none)."""

    line: Line
    point: Point
    smooth: float

    @property
    def text(self) -> str:
        """The exact value, and its average in brackets."""
        value = formatting.number(self.point.value)
        return value if math.isnan(self.smooth) else f"{value} ({formatting.number(self.smooth)})"


def read_at(
    lines: Iterable[Line], place: float, axis: XAxis, averages: Averages, window: int
) -> list[Reading]:
    """Return the point nearest to a place of each line that is drawn and has it at hand."""
    readings: list[Reading] = []
    for line in lines:
        base = axis.base_at(place, line.curve)
        point = None if line.is_hidden else line.curve.near(base, axis.base)
        if point is not None:
            smooth = averages.at(line.curve, point) if window > 1 else math.nan
            readings.append(Reading(line, point, smooth))
    return readings


def where_text(reading: Reading) -> str:
    """Return where a reading is by all that is known: "step 1,240 · 12.3 s · 39,680 samples"."""
    point, samples = reading.point, reading.line.curve.samples
    words = [x_text(point.step, "step"), x_text(point.seconds, "seconds")]
    if samples.is_known:
        seen = float(samples.of_steps(np.array([float(point.step)]))[0])
        words.append(x_text(seen, "samples"))
    return " · ".join(words)
