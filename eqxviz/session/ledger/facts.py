"""Everything known about a jitted function, and about one of its compilations."""

import math

from eqxviz.records import CacheUse, CompileEvent, Executable, Problem
from eqxviz.session import formatting
from eqxviz.session.compilations import STAGES, duration, place_text, stage_seconds
from eqxviz.session.details import Details
from eqxviz.session.facts import Fact
from eqxviz.session.ledger.columns import flops_text
from eqxviz.session.ledger.words import cause_line, reasons
from eqxviz.session.run_view import RunView
from eqxviz.session.selection import Selection

_MOST_REASONS = 6
_CACHE = {
    CacheUse.MISS: "not in the persistent cache",
    CacheUse.HIT: "read from the persistent cache",
}
_MEMORY = (
    ("argument_bytes", "Arguments"),
    ("output_bytes", "Outputs"),
    ("temp_bytes", "Temporary"),
    ("alias_bytes", "Aliased"),
    ("code_bytes", "Code"),
)


def selection_of(event: CompileEvent) -> Selection:
    """Return what selects a compilation."""
    return Selection(kind="compile", function=event.function, compile=event.id)


def function_details(run: RunView, function: int) -> Details:
    """Return what is known about a jitted function of the run."""
    seen, row = run.functions[function], run.ledger.row(function)
    facts = [Fact("Jitted by", row.flavour), source_fact("Source", seen.file, seen.line)]
    if row.calls:
        facts.append(Fact("Calls", f"{row.calls:,}"))
        facts.append(Fact("Time in calls", formatting.seconds(row.call_seconds)))
    if math.isfinite(row.later_median):
        facts.append(Fact("Later runs", f"{formatting.seconds(row.later_median)} in the median"))
        facts.append(Fact("Later runs", f"{formatting.seconds(row.later_worst)} at worst"))
    facts.append(Fact("Compiled", f"{row.compiles:,} ×"))
    for stage in STAGES:
        spent = float(getattr(row, f"{stage}_seconds"))
        facts.append(Fact(stage.capitalize(), formatting.seconds(spent)))
    if row.cache_hits:
        facts.append(Fact("Cache hits", f"{row.cache_hits:,}"))
    for reason in reasons(run.ledger.events(function))[:_MOST_REASONS]:
        facts.append(Fact("Again by", f"{reason.n_compiles:,} × {cause_line(reason.cause)}"))
    if row.executable is not None:
        facts += executable_facts(row.executable)
    return Details(seen.name, "", tuple(facts))


def compile_details(run: RunView, event: CompileEvent) -> Details:
    """Return what is known about one compilation of the run."""
    facts = (*cause_facts(event), *compile_facts(run, event))
    return Details(compile_title(run, event), "", facts)


def compile_title(run: RunView, event: CompileEvent) -> str:
    """Return "make_step, call 1,240"."""
    return f"{run.functions[event.function].name}, call {event.call:,}"


def compile_facts(run: RunView, event: CompileEvent) -> tuple[Fact, ...]:
    """Return where and when a compilation was made, how long it took, and what came of it."""
    seen = run.functions[event.function]
    facts = [
        Fact("Function", seen.name, Selection(kind="function", function=event.function)),
        source_fact("Called at", event.file, event.line),
        Fact("At", f"{formatting.seconds(event.start_seconds)} from the start of the run"),
        Fact("Took", f"{formatting.seconds(duration(event))}: {stages_text(event)}"),
    ]
    if event.cache is not CacheUse.NONE:
        facts.append(Fact("Cache", _CACHE[event.cache]))
    earlier = run.ledger.event(event.nearest)
    if earlier is not None:
        words = f"call {earlier.call:,}, at {formatting.seconds(earlier.start_seconds)}"
        facts.append(Fact("Compared with", words, selection_of(earlier)))
    answer = run.ledger.executables.get(event.id)
    if isinstance(answer, Executable):
        facts += executable_facts(answer)
    elif isinstance(answer, Problem):
        facts.append(Fact("Memory", f"{answer.title}. {answer.why}"))
    return tuple(facts)


def cause_facts(event: CompileEvent) -> tuple[Fact, ...]:
    """Return why a compilation was made."""
    if event.nearest < 0:
        return (Fact("Because", "it is the first compilation of the function"),)
    return tuple(Fact("Because", cause_line(cause)) for cause in event.causes)


def executable_facts(executable: Executable) -> tuple[Fact, ...]:
    """Return what XLA says of a program: its memory and its FLOPs."""
    facts = [
        Fact(title, formatting.n_bytes(n))
        for name, title in _MEMORY
        if (n := int(getattr(executable, name))) > 0
    ]
    if flops := flops_text(executable.flops):
        counted = ", a loop's body once" if executable.has_loop else ""
        facts.append(Fact("FLOPs", f"{flops}{counted}"))
    return tuple(facts)


def stages_text(event: CompileEvent) -> str:
    """Return "trace 12.0 ms, lower 3.1 ms, compile 1.20 s"."""
    return ", ".join(
        f"{stage} {formatting.seconds(stage_seconds(event, stage))}" for stage in STAGES
    )


def source_fact(name: str, file: str, line: int) -> Fact:
    """Return a line of the user's code, which a click selects."""
    if not file:
        return Fact(name, "not known")
    return Fact(name, place_text(file, line), Selection(kind="source", file=file, line=line))
