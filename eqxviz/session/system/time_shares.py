"""Where the time of a run goes: inside jitted calls, into compiling, into waiting, or outside."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from eqxviz.records import SystemSample
from eqxviz.session.formatting import percent
from eqxviz.session.formatting import seconds as duration

LATELY_SECONDS = 60.0
_LARGE, _MOST = 0.3, 0.5  # of the time
_LITTLE = 0.02  # less than that is not worth a word

_COMPILE_LESS = (
    "That is so at a start. If it goes on, the Compile tab says what makes a function compile "
    "again; JAX_COMPILATION_CACHE_DIR keeps programs between runs."
)
_WORK_INSIDE = (
    "Load the next batch in a thread while the step runs, put jnp operations between calls into "
    "the jitted step, and print less often."
)
_WAIT_LESS = "float(loss) in each step waits for the device: read it every n-th step."
_DEVICE_IS_BUSY = "Only what makes the device faster helps: a larger batch, lower precision."


@dataclass(frozen=True)
class Part:
    """A part of the time, a `share` between 0 and 1."""

    name: str
    role: str  # its colour
    seconds: float
    share: float
    explanation: str


@dataclass(frozen=True)
class Judgement:
    """What there is to say, of what that consists ("" for nothing more), and what can be done."""

    words: str
    what: str
    advice: str


@dataclass(frozen=True)
class TimeShares:
    """The time between two moments. `waiting` is NaN where nothing is known of it.

    All are in seconds; `calls` are what is left of the calls without their compiling.
    """

    whole: float
    calls: float
    compiling: float
    waiting: float
    outside: float

    @property
    def knows_waiting(self) -> bool:
        """Whether waiting for results is told apart from what else happens outside of calls."""
        return not math.isnan(self.waiting)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts, in the order in which they are drawn; those that took no time are left out."""
        waits = self.waiting if self.knows_waiting else 0.0
        every = (
            ("In jitted calls", "running", self.calls, "Handing work over, and running it"),
            ("Compiling", "compiling", self.compiling, "Tracing, lowering and compiling"),
            ("Waiting for results", "curve.3", waits, "As float(loss) does"),
            ("Outside jit", "curve.0", self.outside, self._outside),
        )
        whole = max(self.whole, 1e-9)
        return tuple(
            Part(name, role, spent, spent / whole, words)
            for name, role, spent, words in every
            if spent > 0
        )

    @property
    def _outside(self) -> str:
        words = "Loading data, eager operations, printing"
        return words if self.knows_waiting else f"{words}, and waiting for results"


def time_shares(
    samples: Sequence[SystemSample], lately_seconds: float | None = None
) -> TimeShares | None:
    """Return where the time went since the first call, or in the last `lately_seconds`.

    None where there are no samples, or none that is so old. What was imported and made ready
    before the first call is done once, and says nothing of the training.
    """
    if not samples:
        return None
    last, first = samples[-1], None
    if lately_seconds is not None:
        first = next(
            (s for s in reversed(samples) if s.seconds <= last.seconds - lately_seconds), None
        )
        if first is None:
            return None

    def since(name: str) -> float:
        return getattr(last, name) - (getattr(first, name) if first is not None else 0.0)

    whole = last.seconds - (first.seconds if first is not None else last.first_call_seconds)
    compiling = max(since("compile_seconds"), 0.0)
    # Calls of several threads overlap, and then last longer than the run.
    in_calls = min(max(since("call_seconds"), 0.0), whole)
    compiling = min(compiling, in_calls)
    waiting = since("waiting_seconds")
    rest = max(whole - in_calls, 0.0)
    if not math.isnan(waiting):
        waiting = min(max(waiting, 0.0), rest)
        rest -= waiting
    return TimeShares(whole, in_calls - compiling, compiling, waiting, rest)


def judge_time(shares: TimeShares) -> Judgement:
    """Return what matters most about where the time goes."""
    whole = max(shares.whole, 1e-9)
    outside, compiling = shares.outside / whole, shares.compiling / whole
    waiting = shares.waiting / whole if shares.knows_waiting else 0.0
    if compiling >= _LARGE and compiling >= outside:
        return Judgement(f"{percent(compiling)} of the time is spent compiling", "", _COMPILE_LESS)
    if outside >= _MOST:
        what, advice = "data loading, eager operations or printing", _WORK_INSIDE
        if not shares.knows_waiting:
            what = "data loading, eager operations, printing, or waiting for results"
            advice = f"{_WAIT_LESS} {_WORK_INSIDE}"
        return Judgement(f"{percent(outside)} of the time is spent outside jit", what, advice)
    if waiting >= _MOST:
        words = f"{percent(waiting)} of the time the script waits for results"
        return Judgement(words, "the device is busy, as it should be", _DEVICE_IS_BUSY)
    words = f"{percent(shares.calls / whole + waiting)} of the time is spent in jitted calls"
    what = "waiting for their results included" if waiting >= _LITTLE else ""
    if outside >= _LARGE:
        return Judgement(f"{words}, {percent(outside)} outside", what, _WORK_INSIDE)
    return Judgement(words, what, "There is little to win outside of them.")


def shares_text(shares: TimeShares) -> str:
    """Return the parts on one line: "In jitted calls 38 % (3.2 s), outside jit 62 % (5.1 s)"."""
    return ", ".join(
        f"{part.name} {percent(part.share)} ({duration(part.seconds)})" for part in shares.parts
    )
