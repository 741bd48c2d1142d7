"""The compile ledger of a run: one row a function."""

from dataclasses import dataclass
from pathlib import Path

from eqxviz.session import formatting
from eqxviz.session.run_view import RunView


@dataclass(frozen=True)
class LedgerRow:
    """What one jitted function cost. Times are in seconds."""

    function: int  # FunctionSeen.id
    name: str
    place: str  # "train.py:12"
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


def ledger_rows(run: RunView) -> list[LedgerRow]:
    """Return a row for every function seen: the user's own first, then by time spent."""
    stages: dict[int, list[float]] = {}
    counts: dict[int, int] = {}
    for event in run.compiles:
        sums = stages.setdefault(event.function, [0.0, 0.0, 0.0])
        sums[0] += event.trace_seconds
        sums[1] += event.lower_seconds
        sums[2] += event.compile_seconds + event.cache_load_seconds
        counts[event.function] = counts.get(event.function, 0) + 1
    totals: dict[int, tuple[int, float]] = {}
    if run.totals is not None:
        for i, function in enumerate(run.totals.function):
            totals[int(function)] = int(run.totals.calls[i]), float(run.totals.seconds[i])
    rows: list[LedgerRow] = []
    for seen in run.functions.values():
        calls, spent = totals.get(seen.id, (0, 0.0))
        trace, lower, compiled = stages.get(seen.id, [0.0, 0.0, 0.0])
        place = f"{Path(seen.file).name}:{seen.line}" if seen.file else ""
        rows.append(
            LedgerRow(
                seen.id, seen.name, place, seen.file, seen.line, str(seen.flavour), seen.is_user,
                calls, counts.get(seen.id, 0), trace, lower, compiled, spent,
            )
        )  # fmt: skip
    return sorted(rows, key=lambda row: (not row.is_user, -row.call_seconds, row.function))


def compile_summary(run: RunView) -> str:
    """Return the total in words: "2.1 s of this 8.4 s run were compiling, in 5 compilations"."""
    spent = sum(
        e.trace_seconds + e.lower_seconds + e.compile_seconds + e.cache_load_seconds
        for e in run.compiles
    )
    n = len(run.compiles)
    if not n:
        return "Nothing was compiled yet"
    whole = formatting.seconds(run.status.elapsed_seconds)
    times = "one compilation" if n == 1 else f"{n:,} compilations"
    return f"{formatting.seconds(spent)} of this {whole} run were compiling, in {times}"
