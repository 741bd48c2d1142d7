"""A Python loop within a jitted function is unrolled.

While a function is traced, a Python `for` or `while` loop runs as ever: each turn adds its
equations to the program, and all of them are compiled. A loop over 16 layers of equal shapes, or
over 100 steps of time, makes a program 16 or 100 times as large as that of one turn, and the time
that it takes to compile grows with it, often more than in proportion.

`jax.lax.scan` traces and compiles one turn, and runs it as often as needed:

    def turn(state, x):
        state = cell(x, state)
        return state, state  # what the next turn gets, and what is collected

    state, states = jax.lax.scan(turn, state, xs)

For layers, make one of which each array has an axis more, and scan over that axis:

    self.blocks = eqx.filter_vmap(lambda key: Block(16, key))(jax.random.split(key, 12))
    ...
    arrays, static = eqx.partition(self.blocks, eqx.is_array)

    def turn(x, arrays):
        return eqx.combine(arrays, static)(x), None

    x, _ = jax.lax.scan(turn, x, arrays)

Where the turns do not need each other's results, `jax.vmap` computes them at once. What is saved is
an estimate: it takes each equation to cost as much as any other.
"""

from collections.abc import Iterator

from eqxviz.doctor.code.writing import library_in
from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.finding.loop_code import rolled_up
from eqxviz.doctor.finding.loops import UnrolledLoop, UnrolledLoops
from eqxviz.doctor.seen import Function
from eqxviz.doctor.watching.traces import SeenTrace
from eqxviz.records import CompileEvent, Problem, Severity

CODE = "EQX106"
TITLE = "An unrolled Python loop"


def find(evidence: Evidence) -> Iterator[Problem]:
    """Yield a problem for each loop that a traced function holds turn by turn."""
    told: dict[tuple[str, int, int], Problem] = {}
    sizes: dict[tuple[str, int, int], int] = {}
    for function in evidence.functions.values():
        traced = evidence.traces.of(function)
        if traced is None:
            continue
        loops = UnrolledLoops(evidence.user_code)
        for loop in loops.of(traced.jaxpr):
            key = loop.code.co_filename, loop.code.co_firstlineno, loop.start
            if loop.n_equations > sizes.get(key, 0):
                sizes[key] = loop.n_equations
                told[key] = _problem(evidence, function, traced, loop, loops.n_equations)
    yield from told.values()


def _problem(
    evidence: Evidence, function: Function, traced: SeenTrace, loop: UnrolledLoop, n_all: int
) -> Problem:
    n, n_turns = loop.n_equations, loop.n_turns
    per_turn = round(n / n_turns)
    why = (
        f"Each of its {n_turns} turns adds its own equations, about {per_turn:,}, to what is "
        f"traced and compiled: {n:,} of the {n_all:,} of `{function.name}`. "
    )
    library = library_in(loop.at.file)
    event = next((e for e in evidence.compiles if e.function == function.seen.id), None)
    if event is not None:
        why += _estimate(event, traced, n / n_all * (1 - 1 / n_turns))
    return Problem(
        CODE,
        Severity.WARNING,
        f"{TITLE}: {n_turns} turns in `{function.name}`",
        why.strip(),
        _fix(loop, library),
        *loop.at,
        fix_code=rolled_up(loop, library),
        function=function.seen.id,
    )


def _estimate(event: CompileEvent, traced: SeenTrace, share: float) -> str:
    """Return what a scan would save, as far as it can be told from the shares of equations."""
    trace = event.trace_seconds or traced.seconds
    total = trace + event.lower_seconds + event.compile_seconds
    if not event.compile_seconds:
        return ""  # read from the cache
    return (
        f"The first call took {total:.2g} s to trace ({trace:.2g} s), lower "
        f"({event.lower_seconds:.2g} s) and compile ({event.compile_seconds:.2g} s) it. A `scan` "
        f"compiles one turn: if each equation costs alike, that saves about {share * total:.2g} s, "
        "by estimate."
    )


def _fix(loop: UnrolledLoop, library: str) -> str:
    if loop.is_carried and loop.has_parts:
        return (
            "Hold the layers as one whose arrays have an axis more (`filter_vmap` over keys makes "
            "it) and run through that axis with `jax.lax.scan`."
        )
    if loop.is_carried:
        partition = f"; of a Module, carry the arrays (`{library}.partition`)" if library else ""
        return (
            "Write the loop as `jax.lax.scan` (or `jax.lax.fori_loop`), which compiles one turn"
            f"{partition}."
        )
    return (
        "The turns do not need each other's results: compute them at once with `jax.vmap`, or one "
        "after the other with `jax.lax.scan` or `jax.lax.map`, which compile one turn."
    )
