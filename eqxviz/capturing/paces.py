"""What the steps of a curve are in calls of the step function, where they are not those calls."""

from collections.abc import Callable
from typing import NamedTuple

from eqxviz.records import Pace, Record

_MOST = 256  # that are told of a curve: a script may log at any steps
_NEAR = 1e-6  # of a call


class _Known(NamedTuple):
    pace: Pace  # what was told last, or goes without saying
    step: int  # of the newest point
    calls: float  # done at it
    n_told: int


class Paces:
    """Tells how the steps of curves follow the calls, whenever that becomes another.

    Steps that are calls are what everyone takes for granted. Called in any thread.
    """

    def __init__(self, tell: Callable[[Record], None]) -> None:
        self._tell = tell
        self._known: dict[int, _Known] = {}

    def note(self, series: int, step: int, calls: float, per_call: float = 0.0) -> None:
        """Take in that so many calls were done at a step; `per_call` where that is known, too."""
        known = self._known.get(series)
        pace = known.pace if known is not None else Pace(series, 0, 0.0, 1.0)
        expected = pace.calls + (step - pace.step) / pace.per_call
        n_told = known.n_told if known is not None else 0
        is_as_told = abs(expected - calls) < _NEAR and per_call in (0.0, pace.per_call)
        if not is_as_told and n_told < _MOST:
            n_told += 1
            pace = _pace_of(series, step, calls, per_call, pace, known)
            self._tell(pace)
        self._known[series] = _Known(pace, step, calls, n_told)


def _pace_of(
    series: int, step: int, calls: float, per_call: float, before: Pace, known: _Known | None
) -> Pace:
    """Return the pace that the newest point shows: against the one before, if time went on."""
    if per_call:
        return Pace(series, step, calls, per_call)
    if known is not None and step > known.step and calls > known.calls:
        rise = (step - known.step) / (calls - known.calls)
        return Pace(series, known.step, known.calls, rise)
    return Pace(series, step, calls, before.per_call)
