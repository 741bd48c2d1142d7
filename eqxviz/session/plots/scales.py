"""What a place on an axis means: steps, seconds or samples, evenly or by powers of ten."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.telemetry import BatchSize
from eqxviz.session import formatting

XKind = Literal["step", "seconds", "samples"]
X_KINDS: tuple[XKind, ...] = get_args(XKind)
X_TITLES: dict[XKind, str] = {"step": "Step", "seconds": "Time", "samples": "Samples"}

Floats = NDArray[np.float64]

_LEAST = 1e-300  # what a logarithm is taken of at least


class Samples:
    """How many samples a run has seen after each step: a piecewise linear function.

    Of steps before the first size that is known, each is taken to be of that size. Calls are
    counted from 1.
    """

    def __init__(self, sizes: Sequence[BatchSize]) -> None:
        newest = {size.step: size.size for size in sizes}
        starts = sorted(newest)
        self.is_known = bool(starts)
        self._starts = np.array(starts or [0], np.float64)
        self._sizes = np.array([newest[s] for s in starts] or [1], np.float64)
        seen = np.cumsum(np.diff(self._starts) * self._sizes[:-1])
        first = max(self._starts[0] - 1, 0) * self._sizes[0]
        self._seen = first + np.concatenate([[0.0], seen])  # before the step of each start

    def of_steps(self, steps: Floats) -> Floats:
        """Return how many samples were seen once each of `steps` was done."""
        i = np.clip(np.searchsorted(self._starts, steps, "right") - 1, 0, None)
        return self._seen[i] + (steps - self._starts[i] + 1) * self._sizes[i]

    def to_steps(self, samples: Floats) -> Floats:
        """Return the steps, with fractions, after which so many samples were seen."""
        ends = self._seen[1:]
        # The last step of a stretch belongs to it: its end is where the next one begins.
        i = np.searchsorted(ends, samples, "left")
        sizes = np.maximum(self._sizes[i], 1e-9)
        return self._starts[i] + (samples - self._seen[i]) / sizes - 1


@dataclass(frozen=True)
class Scale:
    """Where values stand on an axis: a place is the value itself, or its logarithm to base 10."""

    is_log: bool = False

    def place(self, values: Floats) -> Floats:
        """Return the places of `values`; -inf for what has none on a logarithmic axis."""
        if not self.is_log:
            return values
        with np.errstate(invalid="ignore", divide="ignore"):
            places = np.log10(values)
        return np.where(values <= 0, -np.inf, places)

    def value(self, place: float) -> float:
        """Return the value at a place."""
        if not self.is_log:
            return place
        return 10.0 ** min(max(place, -300.0), 300.0)

    def place_of(self, value: float) -> float:
        """Return the place of one value."""
        return math.log10(max(value, _LEAST)) if self.is_log else value


def x_text(x: float, kind: XKind) -> str:
    """Return a place along the run in words: "step 1,240", "12.3 s", "39,680 samples"."""
    if kind == "step":
        return f"step {x:,.0f}"
    if kind == "seconds":
        return formatting.seconds(x)
    return f"{x:,.0f} samples"
