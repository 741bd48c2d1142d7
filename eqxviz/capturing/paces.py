"""What the steps of a curve are in calls of the step function, where they are not those calls."""

import math
from collections.abc import Callable

from eqxviz.records import Pace, Record

_MOST = 256  # that are told of a curve: a script may log at any steps
_NEAR = 1e-6  # of a call


class _Known:
    """The newest point of a curve, and the pace that was told last, or goes without saying."""

    __slots__ = ("calls", "n_told", "pace_calls", "pace_step", "per_call", "step")

    def __init__(self) -> None:
        self.step, self.calls = 0, math.inf  # nothing follows on it
        self.pace_step, self.pace_calls, self.per_call = 0, 0.0, 1.0
        self.n_told = 0


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
        if known is None:
            known = self._known[series] = _Known()
        expected = known.pace_calls + (step - known.pace_step) / known.per_call
        is_as_told = abs(expected - calls) < _NEAR and per_call in (0.0, known.per_call)
        if not is_as_told and known.n_told < _MOST:
            self._tell_of(series, known, step, calls, per_call)
        known.step, known.calls = step, calls

    def _tell_of(
        self, series: int, known: _Known, step: int, calls: float, per_call: float
    ) -> None:
        """Tell the pace that the newest point shows: against the one before, if time went on."""
        at, done = step, calls
        if not per_call and step > known.step and calls > known.calls:
            at, done = known.step, known.calls
            per_call = (step - at) / (calls - done)
        per_call = per_call or known.per_call
        known.pace_step, known.pace_calls, known.per_call = at, done, per_call
        known.n_told += 1
        self._tell(Pace(series, at, done, per_call))
