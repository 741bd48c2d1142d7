"""Evaluating a call equation by equation, with the origins of all that is not finite."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from eqxviz.analysis import compat
from eqxviz.analysis.replay.ahead import wanted_by
from eqxviz.analysis.replay.births import Birth, Traced, birth_of
from eqxviz.analysis.replay.codes import INF, NAN
from eqxviz.analysis.replay.entering import (
    NotReplayedError,
    called,
    inputs_called_with,
    why_not_run,
)
from eqxviz.analysis.replay.equations import evaluated
from eqxviz.analysis.replay.loops import Loop
from eqxviz.analysis.replay.origins import (
    CONSTANT,
    carried_origins,
    dense_numbers,
    execution_of,
    numbers_of,
    several,
)
from eqxviz.analysis.replay.plans import Plan, Planner, Step
from eqxviz.analysis.replay.programs import is_on_default_device, programs
from eqxviz.analysis.replay.rows import Constant, Made, Rows, Source
from eqxviz.analysis.replay.traced import ScanShape, WhileShape, literal
from eqxviz.records import LoopTurns

_jnp: Any = jnp
_ALL_TURNS = 1 << 30
_UNREAD = Traced(None, None)
_Turns = tuple[int, ...]
# Yields after each part of the work, so that others have a turn; returns what was computed.
Parts = Generator[None, None, list[Traced]]


class _Place(NamedTuple):
    """An equation, and where in the call it is executed."""

    row: int
    turns: _Turns


@dataclass
class OriginSearch:
    """Evaluates a call; `births` says by execution where something not finite began."""

    rows: Rows
    n_executed: int = 0
    reached: set[int] = field(default_factory=set[int])  # rows
    plans: dict[int, Plan] = field(default_factory=dict[int, Plan])  # of turns, by their block
    births: dict[int, Birth] = field(default_factory=dict[int, Birth])
    # By row: the numbers that any execution of it has passed on.
    carried: dict[int, set[int]] = field(default_factory=dict[int, set[int]])
    # By loop and turns of those around it: how often it turned.
    n_turns: dict[tuple[int, _Turns], int] = field(default_factory=dict[tuple[int, _Turns], int])

    def plan_for(self, results: Sequence[Source]) -> Plan:
        """Return what has to be evaluated for these of `rows.outputs`."""
        root, made = self.rows.blocks[0], {each for each in results if isinstance(each, Made)}
        sources = map(root.source, root.jaxpr.outvars)
        wanted = [isinstance(source, Made) and source in made for source in sources]
        return Planner(self.rows, ()).plan(root, wanted)

    def run_call(self, results: Sequence[Source], plan: Plan, given: Sequence[Traced]) -> Parts:
        """Evaluate `plan` on the call's arguments in parts, and return the results it is for."""
        root = self.rows.blocks[0]
        returned = yield from self.run(plan, given)
        sources = map(root.source, root.jaxpr.outvars)
        made = {s: x for s, x in zip(sources, returned, strict=True) if isinstance(s, Made)}

        def result(source: Source) -> Traced:
            if isinstance(source, Made):
                return made[source]
            if isinstance(source, Constant):
                return _constant(source.value)
            return given[source.index]

        return [result(source) for source in results]

    def loops_around(self, row: int, turns: _Turns) -> tuple[LoopTurns, ...]:
        """Return the loops around an equation, with how often each turned around it."""
        pairs = enumerate(self.rows.loops(row))
        return tuple(LoopTurns(loop, self.n_turns[loop, turns[:depth]]) for depth, loop in pairs)

    def run(self, plan: Plan, given: Sequence[Traced], turns: _Turns = ()) -> Parts:
        """Evaluate `plan` in parts, and return what its jaxpr returns.

        `given` is what it takes; of the outermost block, the arguments of the call. What is not
        wanted, or not read, is `_UNREAD`.
        """
        block, jaxpr, made = plan.block, plan.block.jaxpr, dict[Any, Traced]()

        def read(var: Any) -> Traced:
            if compat.is_literal(var):
                return _constant(literal(var))
            source = block.source(var)
            if isinstance(source, Made):
                return made.get(var, _UNREAD)
            if isinstance(source, Constant):
                return _constant(source.value, var.aval)
            return given[source.index]

        for step in plan.steps:
            equation, place = self.rows.equation(step.row), _Place(step.row, turns)
            self.reached.add(step.row)
            inputs = [read(var) for var in equation.invars]
            outputs = yield from self._step(step, equation, place, inputs)
            if passed := {n for each in outputs for n in several(each.numbers)}:
                self.carried.setdefault(step.row, set()).update(passed)
            made.update(zip(equation.outvars, outputs, strict=True))
            for var in step.last_uses:
                made.pop(var, None)
            yield
        wanted = zip(jaxpr.outvars, plan.returns, strict=True)
        return [read(var) if is_wanted else _UNREAD for var, is_wanted in wanted]

    def _step(self, step: Step, equation: Any, place: _Place, inputs: list[Traced]) -> Parts:
        row = step.row
        if equation.effects and (why := why_not_run(equation, "")):
            raise NotReplayedError(why)
        if not step.is_entered:
            return (yield from self._evaluated(equation, place, inputs))
        if self.rows.is_loop(row):
            return (yield from self._loop(place, inputs))
        block = called(self.rows, row)
        if block is not None:
            inputs = [inputs[i] for i in inputs_called_with(self.rows, row)]
        else:
            branches = self.rows.inside(row)
            which, *inputs = inputs
            block = branches[int(np.clip(int(np.asarray(which.value)), 0, len(branches) - 1))]
        plan = next(plan for plan in step.inside if plan.block is block)
        return (yield from self.run(plan, inputs, place.turns))

    def _plan_turns(self, row: int, values: Sequence[Any]) -> Generator[None]:
        """Plan all that the jaxprs of a loop return, and compile what it takes."""
        for block in self.rows.inside(row):
            if block.index in self.plans:
                continue
            wanted = [True] * len(block.jaxpr.outvars)
            plan = self.plans[block.index] = Planner(self.rows, ()).plan(block, wanted)
            if all(map(is_on_default_device, values)):
                for _ in programs.compiled(wanted_by(self.rows, plan, with_codes=True)):
                    yield

    def _evaluated(self, equation: Any, place: _Place, inputs: list[Traced]) -> Parts:
        """Evaluate an equation that is not entered."""
        values = [each.value for each in inputs]
        made = yield from evaluated(equation, values)
        self.n_executed += 1
        execution = self.n_executed
        numbers = yield from carried_origins(
            equation, values, [each.numbers for each in inputs], made, execution
        )
        outputs = [Traced(*pair) for pair in zip(made, numbers, strict=True)]
        if any(execution_of(n) == execution for each in numbers for n in several(each)):
            self.births[execution] = birth_of(
                equation, place.row, place.turns, execution, inputs, outputs
            )
        return outputs

    def _loop(self, place: _Place, inputs: list[Traced]) -> Parts:
        """Run a loop compiled, and by equations from the first turn that makes NaN or Inf.

        Where all that it returns is finite, nothing in it is to blame.
        """
        values = [each.value for each in inputs]
        whole = Loop(self.rows, place.row, values, with_codes=True)
        yield from whole.run_to(_ALL_TURNS)
        self.n_turns[place] = whole.turn
        outputs = whole.results()
        if all(numbers_of(each, CONSTANT) is None for each in outputs):
            return [Traced(each, None) for each in outputs]
        first = _first_bad(whole.codes)
        yield from self._plan_turns(place.row, values)
        until = Loop(self.rows, place.row, values)
        yield from until.run_to(first)
        is_scan = self.rows.primitive(place.row) == "scan"
        run = self._scan if is_scan else self._while
        return (yield from run(place, inputs, until, whole.turn))

    def _scan(self, place: _Place, inputs: list[Traced], until: Loop, n_turns: int) -> Parts:
        shape = ScanShape(self.rows, place.row)
        constants, carry, stacked = shape.split(inputs)
        plan = self.plans[shape.body.index]
        stacked = [_on_host(each) for each in stacked]
        n_carried = len(carry)
        carry = _as_given(carry, _carry_at(until, shape)) if until.turn else carry
        rows = [_on_host(Traced(x, None)).value for x in until.results()[n_carried:]]
        made: dict[int, list[Traced]] = {}
        for turn in range(until.turn, n_turns):
            at = shape.place(turn)
            given = [*constants, *carry, *(_row(each, at) for each in stacked)]
            returned = yield from self.run(plan, given, (*place.turns, turn))
            carry, made[at] = returned[:n_carried], returned[n_carried:]
        return [
            *carry,
            *(_filled(x, {at: m[i] for at, m in made.items()}) for i, x in enumerate(rows)),
        ]

    def _while(self, place: _Place, inputs: list[Traced], until: Loop, n_turns: int) -> Parts:
        shape = WhileShape(self.rows, place.row)
        of_condition, of_body, state = shape.split(inputs)
        condition, body = self.plans[shape.condition.index], self.plans[shape.body.index]
        state = _as_given(state, until.results()) if until.turn else state
        for turn in range(until.turn, n_turns):
            turns = (*place.turns, turn)
            yield from self.run(condition, [*of_condition, *state], turns)
            state = yield from self.run(body, [*of_body, *state], turns)
        return state


def _first_bad(codes: Sequence[NDArray[np.uint8]]) -> int:
    """Return the first turn in which anything made is not finite; 0 if it was so before."""
    every = np.concatenate([each for each in codes if len(each)])
    bad = np.flatnonzero((every & (NAN | INF)).any(axis=1))
    return int(bad[0]) if len(bad) else 0


def _carry_at(until: Loop, shape: ScanShape) -> Sequence[Any]:
    """Return what is carried into the turn that comes next."""
    return until.given()[shape.body.index][shape.carried.start : shape.carried.stop]


def _as_given(before: Sequence[Traced], now: Sequence[Any]) -> list[Traced]:
    """Return what is carried after turns in which nothing was made that is not finite.

    What is not finite in it has come in.
    """
    numbers = [min(several(n), default=None) for n in (each.numbers for each in before)]
    smallest = min((n for n in numbers if n is not None), default=CONSTANT)
    return [
        Traced(value, numbers_of(value, smallest if number is None else number))
        for value, number in zip(now, numbers, strict=True)
    ]


def _constant(value: Any, aval: Any = None) -> Traced:
    if not hasattr(value, "shape"):  # a plain number, of the type that is taken
        value = np.asarray(value, getattr(aval, "dtype", None))
    return Traced(value, numbers_of(value, CONSTANT))


def _on_host(each: Traced) -> Traced:
    """Return rows as NumPy's, of which one is taken without a program of its own."""
    if compat.is_key_dtype(each.value.dtype):
        return each
    return Traced(np.asarray(each.value), each.numbers)


def _row(each: Traced, at: int) -> Traced:
    value, numbers = each.value[at, ...], each.numbers  # an array, even of no axes
    if numbers is None or isinstance(numbers, int):
        return Traced(value, None if numbers is None else numbers_of(value, numbers))
    return Traced(value, numbers[at] if several(numbers[at]) else None)


def _filled(rows: Any, made: dict[int, Traced]) -> Traced:
    """Return `rows`, finite ones, with those that were made of the turns by equations."""
    if compat.is_key_dtype(rows.dtype):
        parts = [made[at].value if at in made else rows[at] for at in range(len(rows))]
        return Traced(_jnp.stack(parts), None)
    whole, numbers = np.array(rows), None
    for at, each in made.items():
        whole[at] = np.asarray(each.value)
    if any(each.numbers is not None for each in made.values()):
        numbers = dense_numbers(whole, None)
        for at, each in made.items():
            numbers[at] = dense_numbers(each.value, each.numbers)
    return Traced(whole, numbers)
