"""What the jitted functions of a run have cost, added up as the compilations arrive."""

import bisect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eqxviz.records import (
    CacheUse,
    CompileEvent,
    Executable,
    FunctionSeen,
    FunctionTotals,
    Problem,
    Record,
)

STAGES = ("trace", "lower", "compile")


@dataclass(frozen=True)
class LedgerRow:
    """What one jitted function cost. Times are in seconds, NaN where there is none yet."""

    function: int  # FunctionSeen.id
    name: str
    file: str
    line: int
    flavour: str
    is_user: bool
    calls: int
    compiles: int
    trace_seconds: float
    lower_seconds: float
    compile_seconds: float
    call_seconds: float  # inside calls, compiling included
    first_run_seconds: float  # what was left of the calls that compiled
    later_median: float
    later_worst: float
    cache_hits: int
    executable: Executable | None  # of the latest compilation that was asked about

    @property
    def stage_seconds(self) -> float:
        """All that compiling took."""
        return self.trace_seconds + self.lower_seconds + self.compile_seconds

    @property
    def place(self) -> str:
        """Where the function is, "train.py:12"."""
        return place_text(self.file, self.line)


class _Sums:
    """The compilations of one function."""

    def __init__(self) -> None:
        self.events: list[CompileEvent] = []
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self.cache_hits = 0

    def add(self, event: CompileEvent) -> None:
        self.events.append(event)
        for stage in STAGES:
            self.seconds[stage] += stage_seconds(event, stage)
        self.cache_hits += event.cache is CacheUse.HIT


class Ledger:
    """The compilations of a run, by function.

    `functions` and `compiles` grow as the run goes on; what is new is taken in whenever the ledger
    is asked, so that each compilation is looked at once.
    """

    def __init__(self, functions: Mapping[int, FunctionSeen], compiles: list[CompileEvent]) -> None:
        self._functions = functions
        self._compiles = compiles
        self.totals: FunctionTotals | None = None
        self._sums: dict[int, _Sums] = {}
        self._n_taken = 0
        self.executables: dict[int, Executable | Problem] = {}  # what was answered, by event

    def catch_up(self) -> None:
        """Take in the compilations that have arrived."""
        for event in self._compiles[self._n_taken :]:
            self._sums.setdefault(event.function, _Sums()).add(event)
        self._n_taken = len(self._compiles)

    def events(self, function: int = -1) -> list[CompileEvent]:
        """Return the compilations of a function, or all (-1), in order; not to be changed."""
        if function < 0:
            return self._compiles
        self.catch_up()
        sums = self._sums.get(function)
        return sums.events if sums is not None else []

    def event(self, id: int) -> CompileEvent | None:
        """Return the compilation of that id, None if it has not arrived."""
        events = self._compiles
        at = bisect.bisect_left(events, id, key=lambda event: event.id)
        return events[at] if at < len(events) and events[at].id == id else None

    def add_answer(self, event: int, answer: Record) -> None:
        """Keep what was answered when it was asked what XLA says of a compilation."""
        if isinstance(answer, (Executable, Problem)):
            self.executables[event] = answer

    def unasked(self) -> int | None:
        """Return a user's function's latest compilation that was not asked about, None for none."""
        self.catch_up()
        latest = (sums.events[-1].id for id, sums in self._sums.items() if self._is_user(id))
        return next((event for event in latest if event not in self.executables), None)

    def _is_user(self, function: int) -> bool:
        return function in self._functions and self._functions[function].is_user

    def progress(self, function: int) -> tuple[int, int, int]:
        """Return its calls, the latest of them that compiled, and how often it was compiled."""
        events = self.events(function)
        calls, *_ = self._totals().get(function, _NO_TOTALS)
        return int(calls), events[-1].call if events else 0, len(events)

    def row(self, function: int) -> LedgerRow:
        """Return what one function has cost so far."""
        self.catch_up()
        return self._row(function, self._totals().get(function, _NO_TOTALS))

    def rows(self) -> list[LedgerRow]:
        """Return a row for every function seen: the user's own first, then by time spent."""
        self.catch_up()
        totals = self._totals()
        rows = [self._row(id, totals.get(id, _NO_TOTALS)) for id in self._functions]
        return sorted(rows, key=lambda row: (not row.is_user, -row.call_seconds, row.function))

    def _totals(self) -> dict[int, tuple[float, ...]]:
        totals = self.totals
        if totals is None:
            return {}
        columns = (
            *(totals.calls, totals.seconds, totals.first_run_seconds),
            *(totals.later_run_median, totals.later_run_worst),
        )
        values = zip(*(column.tolist() for column in columns), strict=True)
        return dict(zip(totals.function.tolist(), values, strict=True))

    def _row(self, function: int, totals: tuple[float, ...]) -> LedgerRow:
        seen = self._functions[function]
        sums = self._sums.get(function) or _Sums()
        calls, spent, first, median, worst = totals
        trace, lower, compiling = (sums.seconds[stage] for stage in STAGES)
        return LedgerRow(
            function=function,
            name=seen.name,
            file=seen.file,
            line=seen.line,
            flavour=str(seen.flavour),
            is_user=seen.is_user,
            calls=int(calls),
            compiles=len(sums.events),
            trace_seconds=trace,
            lower_seconds=lower,
            compile_seconds=compiling,
            call_seconds=spent,
            first_run_seconds=first if sums.events else math.nan,
            later_median=median,
            later_worst=worst,
            cache_hits=sums.cache_hits,
            executable=self._executable(sums.events),
        )

    def _executable(self, events: list[CompileEvent]) -> Executable | None:
        if not self.executables:
            return None
        answers = (self.executables.get(event.id) for event in reversed(events))
        return next((answer for answer in answers if isinstance(answer, Executable)), None)


_NO_TOTALS = (0, 0.0, math.nan, math.nan, math.nan)


def duration(event: CompileEvent) -> float:
    """Return how long a compilation took, from the trace to the executable, in seconds."""
    return sum(stage_seconds(event, stage) for stage in STAGES)


def stage_seconds(event: CompileEvent, stage: str) -> float:
    """Return how long a stage took; reading the persistent cache is in place of compiling."""
    seconds = float(getattr(event, f"{stage}_seconds"))
    return seconds + event.cache_load_seconds if stage == "compile" else seconds


def place_text(file: str, line: int) -> str:
    """Return "train.py:12", "" for no place."""
    return f"{Path(file).name}:{line}" if file else ""
