"""What a place on an axis means: steps, seconds or samples, evenly or by powers of ten."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from eqxviz.session import formatting

XKind = Literal["step", "seconds", "samples"]
X_KINDS: tuple[XKind, ...] = get_args(XKind)
X_TITLES: dict[XKind, str] = {"step": "Step", "seconds": "Time", "samples": "Samples"}

Floats = NDArray[np.float64]

_LEAST = 1e-300  # what a logarithm is taken of at least


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
