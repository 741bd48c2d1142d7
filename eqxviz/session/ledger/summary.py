"""What there is to say of the compilations of a run as a whole: the total, and the alarms."""

from collections.abc import Iterable

from eqxviz.records import CompileEvent, Problem
from eqxviz.records.recompiles import ALARM, has_settled
from eqxviz.session import formatting
from eqxviz.session.compilations import duration
from eqxviz.session.run_view import RunView

OUTSIDE = "outside of calls of jitted functions"
OUTSIDE_EXPLAINED = (
    "Outside of calls of jitted functions JAX compiles operations that are called by themselves, "
    "such as jnp.ones, the backward halves of gradients, and what is lowered and compiled by hand."
)


def compile_summary(run: RunView) -> str:
    """Return the total in words: "2.1 s of this 8.4 s run were compiling, in 5 compilations".

    Threads that compile at the same time share that time. What was compiled outside of the calls
    seen is in the total, and told apart.
    """
    totals = run.ledger.totals
    n_outside, outside = (
        (totals.outside_compiles, totals.outside_seconds) if totals is not None else (0, 0.0)
    )
    n = len(run.compiles) + n_outside
    if not n:
        return "Nothing was compiled yet"
    spent = formatting.seconds(_union_seconds(run.compiles) + outside)
    whole = formatting.seconds(run.status.elapsed_seconds)
    times = "one compilation" if n == 1 else f"{n:,} compilations"
    text = f"{spent} of this {whole} run were compiling, in {times}"
    if n_outside:
        text += f", {n_outside:,} of them ({formatting.seconds(outside)}) {OUTSIDE}"
    return text


def _union_seconds(events: Iterable[CompileEvent]) -> float:
    total, reached = 0.0, 0.0
    for start, length in sorted((event.start_seconds, duration(event)) for event in events):
        total += max(start + length - max(start, reached), 0.0)
        reached = max(reached, start + length)
    return total


def alarms(run: RunView, listed: Iterable[Problem]) -> dict[int, Problem]:
    """Return the functions of `run` that compile at every step, each with the problem that says so.

    One that was dismissed, and so is not `listed` any more, does not count.
    """
    said = [p for p in run.problems if p.code == ALARM and p.function in run.functions]
    return {p.function: p for p in said if any(p is other for other in listed)}


def settled_alarms(run: RunView, listed: Iterable[Problem]) -> list[Problem]:
    """Return the alarms of `run` about functions that compile no more."""
    return [
        problem
        for function, problem in alarms(run, listed).items()
        if has_settled(*run.ledger.progress(function))
    ]
