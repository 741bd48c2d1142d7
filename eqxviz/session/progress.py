"""The progress bars of the script, in words: how far it is, and how long it takes yet."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eqxviz.session import formatting

if TYPE_CHECKING:
    from eqxviz.records import Bar


@dataclass(frozen=True)
class Progress:
    """A progress bar: its words, and its share between 0 and 1, NaN where no total is known."""

    words: str
    share: float
    remaining: str  # "3 min 12 s"; "" where it is not known


def shown_progress(bars: "Sequence[Bar]") -> tuple[Progress, ...]:
    """Return the bars that are not over, outermost first."""
    return tuple(progress_of(bar) for bar in bars if not bar.is_over)


def progress_of(bar: "Bar") -> Progress:
    """Return "epoch: 3 of 10" and its share, or "1,240 it" for one without an end."""
    known = math.isfinite(bar.total) and bar.total > 0
    unit = f" {bar.unit}" if bar.unit and bar.unit != "it" else ""
    n = _number(bar.n)
    done = f"{n} of {_number(bar.total)}{unit}" if known else f"{n} {bar.unit or 'it'}"
    text = bar.text.rstrip(": ")
    share = min(max(bar.n / bar.total, 0.0), 1.0) if known else math.nan
    left = remaining_seconds(bar)
    return Progress(
        f"{text}: {done}" if text else done,
        share,
        formatting.passing_seconds(left) if math.isfinite(left) else "",
    )


def remaining_seconds(bar: "Bar") -> float:
    """Return how long `bar` takes yet if it goes on as it has, NaN where that is not known."""
    is_known = math.isfinite(bar.total) and 0 < bar.n <= bar.total and bar.seconds > 0
    return (bar.total - bar.n) * bar.seconds / bar.n if is_known else math.nan


def whole_progress(bars: "Sequence[Bar]") -> Progress | None:
    """Return the outermost bar that has a total, which tells how far the run is."""
    known = (bar for bar in bars if not bar.is_over and math.isfinite(bar.total) and bar.total > 0)
    outermost = next(known, None)
    return progress_of(outermost) if outermost is not None else None


def _number(n: float) -> str:
    return f"{int(n):,}" if float(n).is_integer() else f"{n:,.2f}"
