"""What is written beside an equation whose values were read."""

import math
from dataclasses import dataclass

from eqxviz.records import ValueSummary, number_text


@dataclass(frozen=True)
class ReadMark:
    """A few letters about a value. `is_bad`: it is not finite."""

    text: str  # "NaN", "−0.31 … 1.2"
    is_bad: bool = False


def mark_of(value: ValueSummary) -> ReadMark | None:
    """Return the mark of a value: the range of its elements, or what of it is not finite."""
    if value.n_nan or value.n_inf:
        words = [w for w, n in (("NaN", value.n_nan), ("Inf", value.n_inf)) if n]
        return ReadMark(" ".join(words), is_bad=True)
    if not (math.isfinite(value.minimum) and math.isfinite(value.maximum)):
        return None
    low, high = short_number(value.minimum), short_number(value.maximum)
    return ReadMark(low if low == high else f"{low} … {high}")


def short_number(x: float) -> str:
    """Return a number with three digits: "0.123", "-1.2e-05", "NaN", "-Inf"."""
    return number_text(x, 3)
