"""What is drawn of one curve: its outline in places, and marks at what has no place."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from eqxviz.session.curves import Envelope
from eqxviz.session.plots.scales import Floats, Scale

_CLIPPED = 0.02  # of the buckets at either end, where outliers are left out
_ROOM = 0.06
_FARTHEST = 8e307  # twice that is still a number


class Trace(NamedTuple):
    """The outline of a curve in places: -inf and inf are beyond the edges, NaN is a gap.

    With `is_dense` a bucket holds several points: it is drawn from `low` to `high`. Else both are
    the one value there, and the line goes from one to the next.
    """

    x: Floats
    low: Floats
    high: Floats
    is_dense: bool
    nan: Floats  # places where a value is NaN
    above: Floats  # where one is infinite
    below: Floats  # where one is minus infinity, or has no logarithm


def trace_of(outline: Envelope, scale: Scale) -> Trace:
    """Return what is drawn of `outline`, whose `x` are places already."""
    low, high = scale.place(outline.low), scale.place(outline.high)
    keep = np.isfinite(outline.x)
    x, low, high, has_nan = outline.x[keep], low[keep], high[keep], outline.has_nan[keep]
    return Trace(
        x,
        low,
        high,
        not np.array_equal(low, high, equal_nan=True),
        x[has_nan],
        x[np.isposinf(high)],
        x[np.isneginf(low)],
    )


def fitting(
    traces: Iterable[Trace], window: tuple[float, float], *, clips: bool
) -> tuple[float, float]:
    """Return the places at the bottom and the top that show all traces between two places of x.

    With `clips`, the outermost 2 % at either end are left out.
    """
    lows: list[Floats] = []
    highs: list[Floats] = []
    for trace in traces:
        seen = (trace.x >= window[0]) & (trace.x <= window[1])
        lows.append(trace.low[seen])
        highs.append(trace.high[seen])
    low = np.concatenate(lows) if lows else np.zeros(0)
    high = np.concatenate(highs) if highs else np.zeros(0)
    low, high = low[np.isfinite(low)], high[np.isfinite(high)]
    if not len(low) and not len(high):
        return 0.0, 1.0
    both = np.concatenate([low, high])
    if clips and len(low) and len(high):
        bottom, top = float(np.quantile(low, _CLIPPED)), float(np.quantile(high, 1 - _CLIPPED))
    else:
        bottom, top = float(both.min()), float(both.max())
    return with_room(min(bottom, top), max(bottom, top))


def with_room(bottom: float, top: float) -> tuple[float, float]:
    """Return a range a little wider than `bottom` to `top`, never an empty one."""
    bottom, top = max(bottom, -_FARTHEST), min(top, _FARTHEST)
    largest = max(abs(bottom), abs(top))
    # What doubles hardly tell apart is shown as the constant that it is.
    if top - bottom <= largest * 1e-12:
        middle = (bottom + top) / 2
        room = abs(middle) * 0.1 or 1.0
        return middle - room, middle + room
    room = (top - bottom) * _ROOM
    return bottom - room, top + room


def value_at(trace: Trace, place: float) -> float:
    """Return the place of y halfway between the outline's edges at a place of x, NaN if none."""
    if not len(trace.x) or not trace.x[0] <= place <= trace.x[-1]:
        return math.nan
    i = int(np.searchsorted(trace.x, place))
    i = min(max(i, 1), len(trace.x) - 1) if len(trace.x) > 1 else 0
    middle = (trace.low + trace.high)[max(i - 1, 0) : i + 1] / 2
    if len(middle) < 2 or trace.is_dense:
        return float(middle[-1])
    left, right = float(trace.x[i - 1]), float(trace.x[i])
    share = (place - left) / (right - left) if right > left else 0.0
    return float(middle[0] + share * (middle[1] - middle[0]))
