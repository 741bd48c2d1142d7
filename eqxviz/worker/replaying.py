"""Answering questions about the call that was kept, by replaying it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np

from eqxviz.analysis import compat, named_trees
from eqxviz.analysis.children import accessors
from eqxviz.analysis.graph import read_graph
from eqxviz.analysis.replay import At, EquationValues, KnownCall, NotReplayedError, Replay, Task
from eqxviz.analysis.replay.blame import Suspect, blame_task
from eqxviz.analysis.replay.rounding import columns_of, distance_of
from eqxviz.analysis.tracing import argument_names
from eqxviz.capturing import Held
from eqxviz.capturing.held import KeptCall
from eqxviz.capturing.jit import unobserved
from eqxviz.capturing.observer import Observer
from eqxviz.capturing.parameters import chosen, filter_options
from eqxviz.records import (
    Blame,
    CheckReplay,
    FindNonFinite,
    Graph,
    LoopTurns,
    Progress,
    Record,
    ReplayCheck,
    Replayed,
    ReplayEquation,
    ReplayState,
    Target,
)
from eqxviz.worker import cards
from eqxviz.worker.cancelling import is_cancelled
from eqxviz.worker.models import Models
from eqxviz.worker.values import PART_SECONDS

Question = ReplayEquation | CheckReplay | FindNonFinite
_KEEP = "Switch keeping on (Run menu), and let the run go on to a call."
_MOST_NAMED = 6


@dataclass
class _Work:
    """What is being found out for one asker."""

    request: Question
    kept: KeptCall
    task: Task[Any]


@dataclass
class _Prepared:
    """The kept call, ready to be replayed, and its graph."""

    kept: KeptCall
    replay: Replay
    graph: Graph
    title: str


@dataclass
class _Drawn:
    """The graph of a call that was replayed, which holds for calls of the same meaning."""

    function: int  # FunctionSeen.id
    n_compiles: int  # of that, as it was traced
    known: KnownCall
    graph: Graph


class Replaying:
    """Replays the kept call while the run is paused. One question of each asker is worked at."""

    def __init__(self, observer: Observer, models: Models, root: str) -> None:
        self._observer = observer
        self._models = models
        self._root = root
        self._prepared: _Prepared | None = None
        self._drawn: _Drawn | None = None
        self._works: WeakKeyDictionary[Any, _Work] = WeakKeyDictionary()
        self._opened: WeakKeyDictionary[Any, int] = WeakKeyDictionary()  # revisions, by asker

    def let_go(self) -> None:
        """Hold nothing of the kept call any longer."""
        self._prepared = None
        self._works.clear()
        self._opened.clear()

    def answer(self, request: Question, held: Held | None, asker: object) -> Record:
        """Return the answer to `request`, or how far it is.

        Raises:
            CardError: If the call was not kept, or cannot be replayed.
        """
        kept = self._kept(request.function, held)
        work = self._works.pop(asker, None)
        try:
            prepared = self._prepare(kept)
            if work is None or work.request != request or work.kept is not kept:
                task = _TASKS[type(request)](prepared, request)
                work = _Work(request, kept, task)
            if not work.task.step(PART_SECONDS, is_cancelled):
                self._works[asker] = work
                return Progress(work.task.n_done, work.task.n_total)
        except NotReplayedError as error:
            raise cards.error(
                "not-replayed", f"Call {kept.call:,} cannot be replayed", str(error),
                "Look at another equation, or at the arguments and the result of the call.",
            ) from error  # fmt: skip
        if isinstance(request, ReplayEquation):
            return self._replayed(prepared, request, work.task, asker)
        if isinstance(request, CheckReplay):
            return _checked(prepared, request, work.task)
        return _blame(work.task)

    def _kept(self, function: int, held: Held | None) -> KeptCall:
        """Return the kept call, if it is one of `function` that can be replayed."""
        kept = self._observer.keeper.kept
        row = self._observer.functions.get(function)
        name = row.seen.name if row is not None else f"function {function}"
        if kept is None:
            raise _not_kept(name, held if held is not None and held.function == function else None)
        if kept.function != function:
            other = self._observer.functions.get(kept.function)
            other_name = other.seen.name if other is not None else "another function"
            raise cards.error(
                ReplayState.OTHER_CALL, f"The kept call is not one of {name}",
                f"Only the latest call is kept: call {kept.call:,} of {other_name}.",
                f"Look at {other_name}, or stop after a call of {name}.",
            )  # fmt: skip
        if kept.why_not:
            is_gone = not jtu.tree_leaves((kept.args, kept.kwargs)) and kept.n_bytes > 0
            code = ReplayState.DONATED if is_gone else ReplayState.NOT_KEPT
            title = f"Call {kept.call:,} of {name} cannot be replayed"
            raise cards.error(code, title, kept.why_not, "Let the run go on to the next call.")
        return kept

    def _prepare(self, kept: KeptCall) -> _Prepared:
        prepared = self._prepared
        if prepared is not None and prepared.kept is kept:
            return prepared
        self._works.clear()
        row = self._observer.functions.get(kept.function)
        title = row.seen.name if row is not None else "the call"
        name = title.removesuffix(".__call__")
        fn = unobserved(kept.target)
        names = argument_names(kept.target, len(kept.args))
        root = self._root or None
        drawn, n_compiles = self._drawn, row.compiles if row is not None else 0
        if drawn is not None and (drawn.function, drawn.n_compiles) != (kept.function, n_compiles):
            drawn = None
        replay = Replay(
            fn, kept.args, kept.kwargs, argument_names=names, name=name, project_root=root,
            known=drawn.known if drawn is not None else None,
        )  # fmt: skip
        if drawn is None or drawn.known is not replay.known:
            graph = read_graph(
                replay.traced, fn, kept.args, kept.kwargs,
                title=title, names=names, project_root=root, name=name,
            )  # fmt: skip
            drawn = self._drawn = _Drawn(kept.function, n_compiles, replay.known, graph)
        self._prepared = _Prepared(kept, replay, drawn.graph, title)
        return self._prepared

    def _replayed(
        self,
        prepared: _Prepared,
        request: ReplayEquation,
        task: Task[dict[At, EquationValues]],
        asker: object,
    ) -> Replayed:
        (found,) = task.result.values()
        graph, row, kept = prepared.graph, request.equation, prepared.kept
        tree = named_trees({"inputs": tuple(found.inputs), "outputs": tuple(found.outputs)})
        primitive = graph.text(graph.equation_primitive[row])
        target = Target(f"{primitive} in call {kept.call:,} of {prepared.title}", "equation", 0)
        before = self._opened.pop(asker, None)
        if before is not None:
            self._models.release(before)
        opened = self._models.open(tree, "", target, (target,), self._root)
        self._opened[asker] = revision = opened.tree.revision
        index = self._models.opened(revision).index
        nodes = {index.path(node): node for node in range(len(index))}
        values = [*graph.inputs_of(row).tolist(), *graph.outputs_of(row).tolist()]
        paths = [f"inputs[{i}]" for i in range(len(graph.inputs_of(row)))]
        paths += [f"outputs[{i}]" for i in range(len(graph.outputs_of(row)))]
        return Replayed(
            request.function, kept.call, row,
            tuple(LoopTurns(loop.row, loop.n_turns) for loop in found.loops), found.turns, opened,
            np.array(values, np.int32),
            np.array([nodes.get(path, -1) for path in paths], np.int32),
            task.seconds, found.was_run,
        )  # fmt: skip


def _equation_task(prepared: _Prepared, request: ReplayEquation) -> Task[Any]:
    if not 0 <= request.equation < len(prepared.replay.rows):
        raise cards.error(
            "stale", f"The kept call has no equation {request.equation}",
            f"It has {len(prepared.replay.rows):,}: the graph that is shown is of another call.",
            "Draw the function anew.",
        )  # fmt: skip
    return prepared.replay.values([At(request.equation, request.iterations)])


def _check_task(prepared: _Prepared, request: CheckReplay) -> Task[Any]:
    _own_results(prepared)
    return prepared.replay.results()


def _blame_task(prepared: _Prepared, request: FindNonFinite) -> Task[Any]:
    kept = prepared.kept
    suspect = Suspect(
        prepared.replay, prepared.graph, _own_results(prepared), kept.function, kept.call
    )
    return blame_task(suspect, request.output)


_TASKS: dict[type[Record], Callable[[_Prepared, Any], Task[Any]]] = {
    ReplayEquation: _equation_task,
    CheckReplay: _check_task,
    FindNonFinite: _blame_task,
}


def _own_results(prepared: _Prepared) -> list[Any]:
    """Return the arrays that the kept call itself returned."""
    kept = prepared.kept
    results = prepared.replay.results_of(kept.result)
    if len(results) != len(prepared.replay.output_names):
        raise cards.error(
            ReplayState.NOT_KEPT, f"Call {kept.call:,} of {prepared.title} has no result yet",
            "It is under way, or it raised.", "Look at it after the call has returned.",
        )  # fmt: skip
    return results


def _checked(prepared: _Prepared, request: CheckReplay, task: Task[list[Any]]) -> ReplayCheck:
    own = _own_results(prepared)
    distances = [distance_of(*pair) for pair in zip(task.result, own, strict=True)]
    names = tuple(prepared.replay.output_names)
    call = prepared.kept.call
    epsilons = tuple(_epsilon(result) for result in own)
    return ReplayCheck(
        request.function, call, names, *columns_of(distances), task.seconds, epsilons
    )


def _epsilon(array: Any) -> float:
    """Return the distance from 1 to the next number of the array's dtype."""
    is_inexact = jnp.issubdtype(array.dtype, jnp.inexact)
    return float(jnp.finfo(array.dtype).eps) if is_inexact else 0.0


def _blame(task: Task[Blame]) -> Blame:
    return replace(task.result, seconds=task.seconds)


def _not_kept(name: str, held: Held | None) -> cards.CardError:
    """Return the card of a call that was not kept, and say what of it is gone."""
    gone = _donated(held) if held is not None else []
    if gone:
        named = ", ".join(gone[:_MOST_NAMED]) + (" and others" if len(gone) > _MOST_NAMED else "")
        return cards.error(
            ReplayState.DONATED, f"The arguments of {name} were donated, and are gone",
            f"Calls were not kept, and JAX used the memory of {named} for the result.",
            f"{_KEEP} While calls are kept, what they would donate is copied first.",
        )  # fmt: skip
    return cards.error(
        ReplayState.NOT_KEPT, f"No call of {name} was kept",
        "A replay needs the arguments of the call; keeping them was off as it was made.", _KEEP,
    )  # fmt: skip


def _donated(held: Held) -> list[str]:
    """Return what of a call is deleted, by path; before it, the parameters that it donates."""
    if held.target is None:
        return []
    names = argument_names(held.target, len(held.args))
    arguments = [*zip(names, held.args, strict=True), *held.kwargs.items()]
    gone = [
        f"{name}{accessors(keys)}"
        for name, value in arguments
        for keys, leaf in jtu.tree_flatten_with_path(value)[0]
        if isinstance(leaf, jax.Array) and not compat.is_tracer(leaf) and leaf.is_deleted()
    ]
    return gone or _to_be_donated(held, names)


def _to_be_donated(held: Held, names: list[str]) -> list[str]:
    """Return the parameters that each call of what waits donates."""
    target: Any = held.target
    asked = str(filter_options(target).get("donate", "none"))
    if asked != "none":
        spared = 1 if asked.endswith("except-first") else 0
        return [*names[spared:], *held.kwargs]
    options = compat.jit_options(unobserved(target))
    function = getattr(target, "__wrapped__", target)
    numbers, named = chosen(function, options, "donate")
    positions = {n if n >= 0 else n + len(names) for n in numbers}
    # JAX tells those that are given by place by their names, too.
    found = [*(name for i, name in enumerate(names) if i in positions), *sorted(named)]
    return list(dict.fromkeys(found))
