"""Runs made by hand, for tests of the ledger."""

from dataclasses import replace

from eqxviz.records import CacheUse, Cause, CauseKind, CompileEvent, FunctionSeen, JitFlavour
from eqxviz.session.run_view import RunView

STEP = Cause(CauseKind.STATIC_VALUE, "step", "1", "2")
SHAPE = Cause(CauseKind.SHAPE, "x", "f32[8,3]", "f32[7,3]")


def run_with(*events: CompileEvent) -> RunView:
    """Return a run of 10 s that has seen three functions, and `events`."""
    run = RunView("train.py", (), "", None)
    run.add(FunctionSeen(0, "evaluate", "/x/train.py", 20, JitFlavour.JAX, True))
    run.add(FunctionSeen(1, "make_step", "/x/train.py", 12, JitFlavour.EQXCORE, True))
    run.add(FunctionSeen(2, "_normal", "/lib/random.py", 9, JitFlavour.JAX, False))
    for event in events:
        run.add(event)
    run.status = replace(run.status, elapsed_seconds=10.0)
    return run


def compiled(
    id: int,
    function: int = 1,
    seconds: float = 0.1,
    *,
    start: float = 0.5,
    call: int = 1,
    thread: int = 0,
    nearest: int = -1,
    causes: tuple[Cause, ...] = (),
    cache: CacheUse = CacheUse.NONE,
    loaded: float = 0.0,
) -> CompileEvent:
    """Return a compilation, each of its stages `seconds` long."""
    return CompileEvent(
        id, function, call, thread, start, seconds, seconds, seconds, loaded, "/x/train.py", 50,
        cache, nearest, causes,
    )  # fmt: skip
