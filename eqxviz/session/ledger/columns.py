"""The columns of the ledger and of a function's compilations: what each says, and sorts by."""

import math

from eqxviz.records import CacheUse, CompileEvent, Executable
from eqxviz.session import formatting
from eqxviz.session.column import Cell, Column
from eqxviz.session.compilations import LedgerRow, duration, place_text, stage_seconds
from eqxviz.session.ledger.words import why_line

OF_THE_LATEST = "of its latest compilation"
CACHE_WORDS = {CacheUse.NONE: "", CacheUse.MISS: "missed", CacheUse.HIT: "hit"}


def _seconds(name: str, title: str, explanation: str, width: int = 74) -> Cell[LedgerRow]:
    def value(row: LedgerRow) -> float:
        return getattr(row, name)

    return Cell(
        Column(name, title, width, explanation, "number"),
        lambda row: formatting.seconds(value(row)),
        lambda row: _known(value(row)),
    )


def _bytes(name: str, title: str, explanation: str) -> Cell[LedgerRow]:
    def value(row: LedgerRow) -> int:
        return getattr(row.executable, name) if row.executable is not None else -1

    return Cell(
        Column(name, title, 80, f"{explanation}, {OF_THE_LATEST}", "number"),
        lambda row: formatting.n_bytes(value(row)) if value(row) >= 0 else "",
        value,
    )


def flops_of(executable: Executable | None) -> float:
    """Return the FLOPs that XLA counts, NaN where they are not known."""
    return executable.flops if executable is not None else math.nan


LEDGER: tuple[Cell[LedgerRow], ...] = (
    Cell(
        Column("name", "Function", 150, "The function that is jitted"),
        lambda row: row.name,
        lambda row: row.name,
    ),
    Cell(
        Column("calls", "Calls", 62, "How often it was called", "number"),
        lambda row: f"{row.calls:,}",
        lambda row: row.calls,
    ),
    Cell(
        Column("compiles", "Compiled", 76, "How often it was compiled", "number"),
        lambda row: f"{row.compiles:,} ×",
        lambda row: row.compiles,
    ),
    _seconds("stage_seconds", "Compiling", "Tracing, lowering and compiling together", 80),
    _seconds("trace_seconds", "Trace", "Running the Python code to get a jaxpr"),
    _seconds("lower_seconds", "Lower", "Turning the jaxpr into StableHLO"),
    _seconds("compile_seconds", "Compile", "XLA, or reading the persistent cache"),
    _seconds("first_run_seconds", "First runs", "What was left of the calls that compiled", 80),
    _seconds("later_median", "Later, median", "The runs that compiled nothing", 100),
    _seconds("later_worst", "Later, worst", "The longest run that compiled nothing", 92),
    _seconds("call_seconds", "Time in calls", "All calls together, compiling included", 96),
    Cell(
        Column("cache_hits", "Cache hits", 80, "Found in the persistent cache", "number"),
        lambda row: f"{row.cache_hits:,}" if row.cache_hits else "",
        lambda row: row.cache_hits,
    ),
    _bytes("argument_bytes", "Arguments", "Memory of the arguments"),
    _bytes("output_bytes", "Outputs", "Memory of what it returns"),
    _bytes("temp_bytes", "Temporary", "Memory that it needs while it runs"),
    _bytes("alias_bytes", "Aliased", "Outputs that take the place of donated arguments"),
    Cell(
        Column(
            "flops",
            "FLOPs",
            92,
            f"As XLA counts them, {OF_THE_LATEST}; a loop's body counts once",
            "number",
        ),
        lambda row: flops_text(flops_of(row.executable)),
        lambda row: _known(flops_of(row.executable)),
    ),
    Cell(
        Column("where", "Where", 140, "The file and the line of the function"),
        lambda row: row.place,
        lambda row: (row.file, row.line),
    ),
    Cell(
        Column("flavour", "Jitted by", 132, "What jits it"),
        lambda row: row.flavour,
        lambda row: row.flavour,
    ),
)
LEDGER_AT_FIRST = (
    *("name", "calls", "compiles", "stage_seconds", "first_run_seconds", "later_median"),
    *("later_worst", "where"),
)


def _stage(stage: str, title: str) -> Cell[CompileEvent]:
    def value(event: CompileEvent) -> float:
        return stage_seconds(event, stage)

    return Cell(
        Column(stage, title, 72, f"Time spent in this stage: {stage}", "number"),
        lambda event: formatting.seconds(value(event)),
        value,
    )


EVENTS: tuple[Cell[CompileEvent], ...] = (
    Cell(
        Column("why", "Why", 260, "What differs from the nearest earlier compilation"),
        why_line,
        why_line,
    ),
    Cell(
        Column("call", "Call", 58, "The how-manieth call of the function", "number"),
        lambda event: f"{event.call:,}",
        lambda event: event.call,
    ),
    Cell(
        Column("time", "At", 66, "When it began, from the start of the run", "number"),
        lambda event: formatting.seconds(event.start_seconds),
        lambda event: event.start_seconds,
    ),
    Cell(
        Column("total", "Took", 66, "Tracing, lowering and compiling together", "number"),
        lambda event: formatting.seconds(duration(event)),
        duration,
    ),
    _stage("trace", "Trace"),
    _stage("lower", "Lower"),
    _stage("compile", "Compile"),
    Cell(
        Column("cache", "Cache", 64, "What the persistent compilation cache had"),
        lambda event: CACHE_WORDS[event.cache],
        lambda event: event.cache.value,
    ),
    Cell(
        Column("line", "Called at", 110, "The line that made the call"),
        lambda event: place_text(event.file, event.line),
        lambda event: (event.file, event.line),
    ),
)
EVENTS_AT_FIRST = ("why", "call", "time", "total", "line")


def flops_text(flops: float) -> str:
    """Return a number of FLOPs with its unit, "" where it is not known."""
    return formatting.flops(flops) if math.isfinite(flops) else ""


def _known(value: float) -> float:
    """Return `value`, or what sorts before all others where it is not known."""
    return value if math.isfinite(value) else -1.0
