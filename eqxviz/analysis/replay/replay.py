"""Replaying a call equation by equation, by the rows of its graph."""

import contextlib
from collections.abc import Callable, Collection, Generator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from eqxviz.analysis import compat
from eqxviz.analysis.array_data import why_unreadable
from eqxviz.analysis.compat import tree_util
from eqxviz.analysis.leaves import is_array
from eqxviz.analysis.replay.ahead import compiling_ahead, n_wanted_by, wanted_by
from eqxviz.analysis.replay.entering import NotReplayedError, is_entered
from eqxviz.analysis.replay.evaluation import Evaluation, FoundError, Turns, Unknown
from eqxviz.analysis.replay.meaning import CallMeaning
from eqxviz.analysis.replay.plans import Plan, Planner
from eqxviz.analysis.replay.programs import is_on_default_device, programs
from eqxviz.analysis.replay.rows import Argument, Constant, Made, Rows, Source
from eqxviz.analysis.replay.tasks import Task
from eqxviz.analysis.sources import Sources
from eqxviz.analysis.tracing import Trace, flattened
from eqxviz.analysis.tracing import argument_names as names_in_signature
from eqxviz.analysis.user_code import UserCode
from eqxviz.records import Interner

_jnp: Any = jnp


class At(NamedTuple):
    """An equation, and the turn of each loop around it, outermost first, from 0.

    Those left out are the first turns.
    """

    row: int
    turns: Turns = ()


class LoopAround(NamedTuple):
    """A loop around an equation, and how often it turned."""

    row: int
    n_turns: int


@dataclass(frozen=True, eq=False)
class EquationValues:
    """What an equation read and made in one turn of the loops around it; None for no array."""

    inputs: Sequence[Any]
    outputs: Sequence[Any]
    turns: Turns  # of all loops around it
    loops: tuple[LoopAround, ...]  # outermost first, as far as it was come
    was_run: bool = True  # False: in a branch that was not taken, or a turn that was not made


@dataclass(frozen=True, eq=False)
class Flags:
    """Codes of equations: RAN, NAN and INF are their bits, of all their outputs together.

    Of the outermost equations and those inside calls there is one turn; for those inside a loop it
    tells of all turns together. Of a loop there are its turns, and of a while one more: the last
    look at its condition.
    """

    rows: Sequence[int]
    codes: NDArray[np.uint8]  # turns, rows
    n_turns: int
    _columns: dict[int, int]

    def of(self, row: int) -> NDArray[np.uint8]:
        """Return the codes of a row, one a turn."""
        return self.codes[:, self._columns[row]]


class KnownCall(NamedTuple):
    """What is known of a call but its arrays: it holds for all calls of the same meaning."""

    meaning: CallMeaning
    traced: Trace
    rows: Rows


class Replay:
    """A call that can be evaluated again, equation by equation.

    Equations are named by their rows in the graph that `graph_of` draws of the same call. The work
    is done in the `Task`s that are returned; each evaluates no more than it needs for its answer,
    and lets go of each value after its last use. Where `known` is of a call of the same meaning,
    nothing is traced.

    Raises, when it is made:
        NotReplayedError: If an array of the call is gone.
        Exception: Whatever `fn` raises while it is traced.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        argument_names: Sequence[str] | None = None,
        name: str = "",
        project_root: str | None = None,
        known: KnownCall | None = None,
    ) -> None:
        names = names_in_signature(fn, len(args)) if argument_names is None else argument_names
        call = flattened(fn, args, kwargs, names, name)
        arrays = [x for x in tree_util.tree_leaves([fn, *args, *kwargs.values()]) if is_array(x)]
        for path, array in zip(call.input_names, arrays, strict=True):
            if why := why_unreadable(array):
                raise NotReplayedError(f"{path}: {why} The call cannot be replayed without it.")
        meaning = CallMeaning(fn, args, kwargs, names, name)
        if known is None or not known.meaning.is_of(meaning):
            jaxpr = compat.trace(call.function, call.shapes, ",".join(call.roots))
            traced = Trace(jaxpr, call.input_names, call.output_names)
            known = KnownCall(meaning, traced, Rows(jaxpr))
        self.known, self.traced, self.rows = known, known.traced, known.rows
        self.input_names, self.output_names = self.traced.input_names, self.traced.output_names
        self.inputs: list[Any] = [
            _as_taken(x, v.aval) for x, v in zip(arrays, self.traced.jaxpr.invars, strict=True)
        ]
        self._user_code = UserCode(project_root)

    def results_of(self, result: Any) -> list[Any]:
        """Return the arrays in what the call itself returned, in the order of `output_names`."""
        return [leaf for leaf in tree_util.tree_leaves(result) if is_array(leaf)]

    def is_opaque(self, row: int) -> bool:
        """Whether what is nested in an equation is not seen in a replay."""
        return bool(self.rows.inside(row)) and not is_entered(self.rows, row)

    def values(self, asked: Collection[At]) -> Task[dict[At, EquationValues]]:
        """Return the task to find what these equations read and made."""
        rows = self.rows
        full = {at: (at.row, self._full(at.row, at.turns)) for at in asked}
        for at in asked:
            if opaque := [owner for owner in rows.owners(at.row) if self.is_opaque(owner)]:
                raise NotReplayedError(
                    f"What {rows.primitive(opaque[0])} runs is not seen in a replay; only what it "
                    f"reads and makes as a whole. Choose equation {opaque[0]} itself."
                )
        met: dict[tuple[int, Turns], tuple[Sequence[Any], Sequence[Any]]] = {}

        def meet(row: int, turns: Turns, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
            if (row, turns) in wanted:
                _refuse_unknown([*inputs, *outputs])
                met[row, turns] = inputs, outputs

        wanted = set(full.values())
        evaluation = Evaluation(rows, list(wanted), meet, self._line_of)
        plan = self._plan({row for row, _ in wanted}, returns=False)

        def parts() -> Generator[int, None, dict[At, EquationValues]]:
            yield from self.prepared(plan)
            yield from evaluation.run(plan, self._given())
            return {
                at: self._equation_values(key, met.get(key), evaluation) for at, key in full.items()
            }

        return Task(parts(), self.amount_of(plan))

    def flags(self, loop: int = -1, turns: Turns = ()) -> Task[Flags]:
        """Return the task to find which equations made what is not finite.

        Of all equations; or of those inside the scan or while `loop`, for each of its turns, while
        the loops around it are at `turns`.
        """
        rows = self.rows
        whole = loop < 0
        wanted = [] if whole else [(loop, self._full(loop, turns))]
        evaluation = Evaluation(rows, wanted, _no_one, self._line_of)
        plan = self._plan([] if whole else [loop], returns=False, whole=whole)
        if whole:
            evaluation.codes = {}
        else:
            evaluation.coded = wanted[0]

        def parts() -> Generator[int, None, Flags]:
            yield from self.prepared(plan, with_codes=whole)
            with contextlib.suppress(FoundError):
                yield from evaluation.run(plan, self._given())
            if evaluation.codes is None:
                below, codes = sorted(rows.below(loop)), evaluation.turn_codes
                n_turns = evaluation.n_turns.get(wanted[0], 0)
            else:
                below, found = range(len(rows)), evaluation.codes
                codes = np.array([[int(found.get(row, 0)) for row in below]], np.uint8)
                n_turns = 1
            return Flags(below, codes, n_turns, {row: i for i, row in enumerate(below)})

        return Task(parts(), self.amount_of(plan))

    def results(self) -> Task[list[Any]]:
        """Return the task to evaluate the whole call: its arrays, as `output_names` has them."""
        rows, root = self.rows, self.rows.blocks[0]
        evaluation = Evaluation(rows, [], _no_one, self._line_of)
        plan = self._plan([], returns=True)

        def parts() -> Generator[int, None, list[Any]]:
            yield from self.prepared(plan)
            made = yield from evaluation.run(plan, self._given())
            _refuse_unknown(made)
            sources = map(root.source, root.jaxpr.outvars)
            of = {s: x for s, x in zip(sources, made, strict=True) if isinstance(s, Made)}
            return [of[s] if isinstance(s, Made) else self._given_as(s) for s in rows.outputs]

        return Task(parts(), self.amount_of(plan))

    def warm(self) -> Task[None]:
        """Return the task to compile ahead what evaluating each equation takes."""
        return compiling_ahead(self.rows, is_urgent=True)

    def prepared(self, plan: Plan, *, with_codes: bool = False) -> Generator[int]:
        """Compile what a plan takes, several programs at a time; yield how many more are there."""
        # A program is made for where its inputs are, which is known when they are.
        if all(map(is_on_default_device, self.inputs)):
            yield from programs.compiled(wanted_by(self.rows, plan, with_codes=with_codes))

    def amount_of(self, plan: Plan) -> int:
        """Return how much work a plan is, with what is compiled for it."""
        return n_wanted_by(plan) + plan.n_equations

    def _full(self, row: int, turns: Turns) -> Turns:
        """Return a turn for each loop around `row`."""
        n = len(self.rows.loops(row))
        return (*turns[:n], *(0,) * (n - len(turns)))

    def _plan(self, asked: Collection[int], *, returns: bool, whole: bool = False) -> Plan:
        root = self.rows.blocks[0]
        planner = Planner(self.rows, asked, whole=whole)
        return planner.plan(root, [returns] * len(root.jaxpr.outvars))

    def _given(self) -> list[Any]:
        root = self.rows.blocks[0]
        return [self._given_as(root.source(var)) for var in root.jaxpr.invars]

    def _given_as(self, source: Source) -> Any:
        if isinstance(source, Argument):
            return self.inputs[source.index]
        assert isinstance(source, Constant)
        return source.value

    def _equation_values(
        self, key: tuple[int, Turns], met: Any, evaluation: Evaluation
    ) -> EquationValues:
        row, turns = key
        loops = list[LoopAround]()
        for depth, loop in enumerate(self.rows.loops(row)):
            n_turns = evaluation.n_turns.get((loop, turns[:depth]))
            if n_turns is not None:
                loops.append(LoopAround(loop, n_turns))
        inputs, outputs = met if met is not None else ((), ())
        return EquationValues(inputs, outputs, turns, tuple(loops), met is not None)

    def _line_of(self, equation: Any) -> str:
        strings = Interner()
        sources = Sources(self._user_code, strings)
        if sources.of(equation) < 0:
            return ""
        file, line, _ = sources.rows[0]
        return f" at {strings.texts()[file]}:{line}"


def _as_taken(array: Any, aval: Any) -> Any:
    """Return an argument as a call takes it: NumPy's arrays become JAX's."""
    return array if isinstance(array, jax.Array) else _jnp.asarray(array, aval.dtype)


def _refuse_unknown(values: Sequence[Any]) -> None:
    for value in values:
        if isinstance(value, Unknown):
            raise NotReplayedError(value.why)


def _no_one(_row: int, _turns: Turns, _inputs: Sequence[Any], _outputs: Sequence[Any]) -> None:
    """Be told of nothing: what is wanted is not the values."""
