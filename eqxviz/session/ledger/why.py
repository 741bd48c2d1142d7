"""Why a function was compiled again: what changed, what to do about it, and where to look."""

from dataclasses import dataclass

from eqxviz.records import CompileEvent
from eqxviz.records.recompiles import fix, sentence
from eqxviz.session.facts import Fact
from eqxviz.session.ledger.facts import (
    compile_facts,
    compile_title,
    executable_facts,
    selection_of,
    source_fact,
)
from eqxviz.session.ledger.words import Reason, reasons
from eqxviz.session.run_view import RunView
from eqxviz.session.selection import Selection

MOST_CAUSES = 24


@dataclass(frozen=True)
class Told:
    """One cause in words; `remedy` is "" if a cause before has the same one."""

    kind: str  # "shape", "11 × static value, the latest:"
    sentence: str  # what stands between backticks is code
    remedy: str


@dataclass(frozen=True)
class Why:
    """What is to be said of one compilation, or of all compilations of a function."""

    function: int
    title: str
    lead: str
    links: tuple[tuple[str, Selection], ...]
    told: tuple[Told, ...]
    n_untold: int  # causes that there is no room for
    facts: tuple[Fact, ...]


def why_compiled(run: RunView, event: CompileEvent) -> Why:
    """Return why one compilation was made, and what it took."""
    earlier = run.ledger.event(event.nearest)
    if event.nearest < 0:
        lead = "The first compilation of this function: there was nothing to reuse."
    elif not event.causes:
        lead = "It was compiled before; what differs is not known."
    else:
        n = len(event.causes)
        what = "this differs" if n == 1 else f"these {n:,} things differ"
        lead = f"Compiled again: {what} from the nearest earlier compilation."
    links = [*_link("The call at", event.file, event.line)]
    if earlier is not None:
        links.append((f"The earlier one, call {earlier.call:,}", selection_of(earlier)))
    return Why(
        event.function,
        compile_title(run, event),
        lead,
        tuple(links),
        _told(run, event.function, [Reason(cause, 0) for cause in event.causes]),
        max(len(event.causes) - MOST_CAUSES, 0),
        compile_facts(run, event),
    )


def why_again(run: RunView, function: int) -> Why:
    """Return what made a function compile again and again, the most frequent cause first."""
    seen, events = run.functions[function], run.ledger.events(function)
    counted = reasons(events)
    n_again = sum(event.nearest >= 0 for event in events)
    if not events:
        lead = "It was seen, and not compiled yet."
    elif not n_again:
        lead = "It was compiled once, and has been reused since."
    else:
        again = "once" if n_again == 1 else f"{n_again:,} times"
        lead = f"Compiled again {again}. What changed, the most frequent first:"
    executable = run.ledger.row(function).executable
    return Why(
        function,
        seen.name,
        lead,
        tuple(_link("Its code at", seen.file, seen.line)),
        _told(run, function, counted),
        max(len(counted) - MOST_CAUSES, 0),
        tuple(executable_facts(executable)) if executable is not None else (),
    )


def _link(words: str, file: str, line: int) -> list[tuple[str, Selection]]:
    place = source_fact("", file, line)
    return [(f"{words} {place.value}", place.link)] if place.link is not None else []


def _told(run: RunView, function: int, counted: list[Reason]) -> tuple[Told, ...]:
    flavour = run.functions[function].flavour
    told: list[Told] = []
    for reason in counted[:MOST_CAUSES]:
        times = f"{reason.n_compiles:,} × " if reason.n_compiles else ""
        latest = ", the latest:" if reason.n_compiles > 1 else ""
        said, remedy = sentence(reason.cause), fix(reason.cause, flavour)
        is_new = all(remedy != other.remedy for other in told)
        told.append(
            Told(
                f"{times}{reason.cause.kind.value}{latest}",
                said[:1].upper() + said[1:],
                remedy if is_new else "",
            )
        )
    return tuple(told)
