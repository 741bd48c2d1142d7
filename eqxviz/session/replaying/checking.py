"""How far the replayed results of a call are from its own."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from psygnal import Signal

from eqxviz.records import CheckReplay, Problem, Progress, Record, ReplayCheck
from eqxviz.session.replaying.asking import ReplayQueue
from eqxviz.session.replaying.marks import short_number

# Rounding leaves so great a share of the digits of a dtype alike: 1e-5 for float32, relative to
# the greatest magnitude of an array.
_SHARE_OF_DIGITS = 0.7
_FLOAT32 = 1.2e-7
_WHY = "XLA fuses operations: it rounds less often than the equations do one by one."


class ReplayChecking:
    """Compares the replayed results of the kept call with what the call returned.

    Signals:
        changed: `state`, `progress`, `check` or `problem`.
    """

    changed = Signal()

    def __init__(self, queue: ReplayQueue) -> None:
        self._queue = queue
        self.state: Literal["none", "working", "filled", "failed"] = "none"
        self.check: ReplayCheck | None = None
        self.progress: Progress | None = None
        self.problem: Problem | None = None
        self._give_up: Callable[[], None] | None = None

    def ask(self, function: int) -> None:
        """Compare the results of the kept call of `function`."""
        self.cancel()

        def answered(answer: Record) -> None:
            self._give_up = self.progress = None
            if isinstance(answer, ReplayCheck):
                self.check, self.state = answer, "filled"
            elif isinstance(answer, Problem):
                self.problem, self.state = answer, "failed"
            self.changed.emit()

        def progressed(progress: Progress) -> None:
            self.progress = progress
            self.changed.emit()

        self.check = self.problem = None
        self._give_up = self._queue.ask(CheckReplay(function), answered, progressed)
        self.state = "working" if self._give_up is not None else "none"
        self.changed.emit()

    def cancel(self) -> None:
        """Give up comparing, if it is under way."""
        if self._give_up is not None:
            self._give_up()
            self._give_up = self.progress = None
            self.state = "none"
            self.changed.emit()

    def clear(self) -> None:
        """Forget what was compared: it is of a call that is gone."""
        self.cancel()
        if self.state != "none":
            self.check = self.problem = None
            self.state = "none"
            self.changed.emit()

    def words(self, function: int, call: int) -> str:
        """Return how the replay of that call compares, "" where that is not known."""
        check = self.check
        if self.state == "failed" and self.problem is not None:
            return f"{self.problem.title}. {self.problem.why}"
        if check is None or (check.function, check.call) != (function, call):
            return ""
        return check_words(check)


def check_words(check: ReplayCheck) -> str:
    """Return "Replayed results equal the call's own within 1.2e-07 (relative).", or where not."""
    if not len(check.names):
        return "The call returned no arrays to compare with."
    other = np.flatnonzero(check.n_otherwise)
    relative = np.nan_to_num(check.relative, nan=0.0)
    epsilons = np.array(check.epsilons or (_FLOAT32,) * len(check.names))
    over = relative - epsilons**_SHARE_OF_DIGITS
    is_apart = bool(over.max() > 0)
    worst = int(np.argmax(over if is_apart else relative))
    if not len(other) and not is_apart:
        if relative[worst] == 0:
            return "Replayed results equal the call's own exactly."
        return (
            "Replayed results equal the call's own within "
            f"{short_number(float(relative[worst]))} (relative)."
        )
    told: list[str] = []
    if is_apart:
        by = short_number(float(relative[worst]))
        told.append(f"{_name(check, worst)} differs by up to {by} (relative)")
    if len(other):
        first = int(other[0])
        n = int(check.n_otherwise[first])
        elements = "element is" if n == 1 else "elements are"
        told.append(f"{n:,} {elements} finite in one of them only in {_name(check, first)}")
    return f"Replayed results differ from the call's own: {'; '.join(told)}. {_WHY}"


def _name(check: ReplayCheck, row: int) -> str:
    return check.names[row] or "the result"
