"""A run without a process: its function is drawn, and a test answers what is asked of it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from eqxviz.analysis import graph_of
from eqxviz.analysis.tree import nodes_of
from eqxviz.records import (
    Blame,
    FunctionSeen,
    Graph,
    Halt,
    HaltKind,
    JitFlavour,
    Keeping,
    LoopTurns,
    OpenedModel,
    Origin,
    Problem,
    Record,
    ReplayCheck,
    Replayed,
    ReplayEquation,
    RunState,
    Severity,
    Stage,
    StopKind,
    Target,
)
from eqxviz.session.graphs import GraphTab
from eqxviz.session.run_view import RunView
from eqxviz.session.session import Session
from eqxviz.worker.models import Opened
from eqxviz.worker.values import QUESTIONS

SCRIPT = "/x/train.py"
N_TURNS = 5


def step(x: jax.Array, weights: jax.Array) -> tuple[jax.Array, jax.Array]:
    """A loop with something to look at in it."""

    def turn(carry: jax.Array, weight: jax.Array) -> tuple[jax.Array, jax.Array]:
        carry = jnp.sin(carry) * weight
        return carry, carry.sum()

    out, sums = jax.lax.scan(turn, x, weights)
    return jnp.log(out).sum(), sums


@cache
def drawn() -> Graph:
    """Return the graph of `step`."""
    return graph_of(step, (jnp.ones(3), jnp.ones(N_TURNS)), {}, title="step", name="step")


def equation(primitive: str, graph: Graph | None = None) -> int:
    """Return the first equation of that primitive."""
    graph = graph or drawn()
    names = [graph.text(int(p)) for p in graph.equation_primitive]
    return names.index(primitive)


class ReplayWorker:
    """Answers about values by itself, and keeps what is asked about the run for the test."""

    def __init__(self) -> None:
        self.alive = True
        self.folder = Path("/nowhere")
        self.asked: list[Record] = []
        self.cancelled: list[int] = []
        self.unfinished: dict[Any, Any] = {}
        self._opened: dict[int, Opened] = {}
        self._answers: dict[int, Callable[[Record], None]] = {}

    def ask(self, request: Record, answered: Callable[[Record], None]) -> int:
        self.asked.append(request)
        number = len(self.asked)
        if type(request) in QUESTIONS:
            answered(QUESTIONS[type(request)](self, request))  # type: ignore[arg-type]  # as `Models`
        else:
            self._answers[number] = answered
        return number

    def cancel(self, request_id: int) -> None:
        self.cancelled.append(request_id)

    def kill(self) -> None:
        pass

    def detach(self) -> None:
        pass

    def opened(self, revision: int) -> Opened:
        return self._opened[revision]

    @property
    def last(self) -> Record:
        """What was asked last and is for the test to answer."""
        return self.asked[max(self._answers) - 1]

    def of(self, kind: type[Record]) -> list[Any]:
        """Return what was asked of a kind."""
        return [request for request in self.asked if isinstance(request, kind)]

    def answer(self, record: Record, to: type[Record] | None = None) -> None:
        """Answer the request that was made last, or the last of a kind."""
        kinds = self._answers if to is None else (
            n for n in self._answers if isinstance(self.asked[n - 1], to)
        )  # fmt: skip
        self._answers[max(kinds)](record)

    def replayed(
        self,
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        loops: tuple[LoopTurns, ...] = (),
        call: int = 41,
        was_run: bool = True,
    ) -> None:
        """Answer the latest `ReplayEquation` with these values."""
        asked = self.of(ReplayEquation)[-1]
        graph = drawn()
        revision = 100 + len(self.asked)
        index = nodes_of({"inputs": list(inputs), "outputs": list(outputs)}, "log")
        self._opened[revision] = Opened(revision, index, "")
        tree = index.tree(revision)
        paths = [tree.path(n) for n in range(len(tree))]
        names = [f"inputs'][{i}]" for i in range(len(inputs))]
        names += [f"outputs'][{i}]" for i in range(len(outputs))]
        nodes = [next((n for n, p in enumerate(paths) if p.endswith(name)), -1) for name in names]
        values = np.concatenate([graph.inputs_of(asked.equation), graph.outputs_of(asked.equation)])
        turns = (*asked.iterations, *(0,) * (len(loops) - len(asked.iterations)))
        target = Target("log", "Equation", 0)
        self.answer(
            Replayed(
                *(asked.function, call, asked.equation, loops, turns),
                OpenedModel("", target, (target,), tree, ""),
                values.astype(np.int32)[: len(nodes)], np.array(nodes, np.int32), 0.01, was_run,
            ),
            ReplayEquation,
        )  # fmt: skip


def begin(session: Session, *, keeps: bool = True, draws: bool = True) -> ReplayWorker:
    """Give `session` a run of `step`, paused after its 41st call, and return its process."""
    run = RunView(SCRIPT, (), "", None)
    run.add(FunctionSeen(0, "step", SCRIPT, 12, JitFlavour.JAX, True))
    worker = ReplayWorker()
    session.run, session._run_worker = run, worker  # type: ignore[assignment]  # no process
    session._on_run_begun()
    session.draws_at_pause = session.opens_at_pause = False
    if draws:
        tab = GraphTab("function:0", "step", function=0)
        tab.fill(drawn())
        session.graphs.append(tab)
        session.current_graph = 0
        session.graphs_changed.emit()
    if keeps:
        keep(session)
    pause(session, 41)
    return worker


def keep(session: Session, **changed: Any) -> None:
    """Let the run say that it keeps its calls."""
    tell(session, replace(Keeping(True, 0, 41, 28_300_000), **changed))


def tell(session: Session, record: Record) -> None:
    """Let the run say something of its own accord."""
    run = session.run
    assert run is not None
    session._on_event(run, record)


def pause(session: Session, step: int, halt: Halt | None = None) -> None:
    """Let the run pause before a call."""
    status = replace(
        session.run.status, state=RunState.PAUSED, step=step, at_function=0, at_file=SCRIPT,
        at_line=30, step_function=0, halt=halt,
    )  # fmt: skip
    tell(session, status)


def go_on(session: Session) -> None:
    """Let the run go on."""
    tell(session, replace(session.run.status, state=RunState.RUNNING, at_function=-1, halt=None))


def met_nan(kind: HaltKind = HaltKind.RETURN) -> Halt:
    """Return a pause at a stop for what is not finite."""
    return Halt(kind, "MainThread", 0, "loss is NaN at step 41", 41, stop_kind=StopKind.NONFINITE)


def blame(**changed: Any) -> Blame:
    """Return what is found of `step`: its logarithm of a negative number."""
    at = equation("log")
    made = Blame(
        *(0, 41, "[0]", Origin.EQUATION, "nan", at),
        primitive="log", stage=Stage.FORWARD,
        file=SCRIPT, line=20, text="    return jnp.log(out).sum(), sums",
        n_elements=3, n_nan=1, at=((1,),), road=(at, equation("reduce_sum")),
        why="log of a negative number is NaN: element [1] of f32[3] is -0.5",
        fix="Keep what goes into log above 0.",
    )  # fmt: skip
    return replace(made, **changed)


def missed(code: str) -> Problem:
    """Return why a call cannot be replayed."""
    return Problem(code, Severity.NOTE, "The call was donated", "Its arguments are gone.", "Keep.")


def not_kept() -> Problem:
    """Return that keeping was off."""
    title = "No call of step was kept"
    return Problem("not-kept", Severity.NOTE, title, "Keeping them was off.", "Keep calls.")


def check(relative: float = 1.2e-7, epsilon: float = 2**-23) -> ReplayCheck:
    """Return how the replay compares with call 41."""
    return ReplayCheck(
        *(0, 41, ("[0]", "[1]")), np.array([1e-8, 0.0]), np.array([relative, 0.0]),
        np.array([0, 0]), 0.1, (epsilon, epsilon),
    )  # fmt: skip
