"""The evaluation of a plan, equation by equation."""

from collections.abc import Callable, Generator, Sequence
from typing import Any, NamedTuple

import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.replay.codes import codes_of
from eqxviz.analysis.replay.entering import (
    NotReplayedError,
    called,
    inputs_called_with,
    why_not_run,
)
from eqxviz.analysis.replay.equations import evaluated
from eqxviz.analysis.replay.loops import Loop
from eqxviz.analysis.replay.plans import Plan, Step
from eqxviz.analysis.replay.rows import Rows
from eqxviz.analysis.replay.traced import literal

_ALL_TURNS = 1 << 30
_Values = list[Any]
# Yields how many more equations are done, after each; returns what was computed.
Parts = Generator[int, None, _Values]
Turns = tuple[int, ...]


class Unknown(NamedTuple):
    """Stands for an array that cannot be computed again."""

    why: str


class FoundError(Exception):
    """Raised to end an evaluation that has found what was asked for."""


class Evaluation:
    """Evaluates the plans for one question.

    `met` is told the inputs and outputs of each equation that is asked for, at each of the turns
    `wanted`. `n_turns` says how often each loop turned that holds such an equation, by its row and
    the turns around it. With `codes` an empty dict, those of each equation are put there, by row;
    of the loop `coded`, at the turns around it, those of all turns are put into `turn_codes`.
    """

    def __init__(
        self,
        rows: Rows,
        wanted: Sequence[tuple[int, Turns]],
        met: Callable[[int, Turns, Sequence[Any], Sequence[Any]], None],
        line_of: Callable[[Any], str],
    ) -> None:
        self.rows = rows
        self.n_turns: dict[tuple[int, Turns], int] = {}
        self.codes: dict[int, Any] | None = None
        self.coded: tuple[int, Turns] | None = None
        self.turn_codes = np.zeros((0, 0), np.uint8)
        self._wanted = [(row, turns, rows.loops(row)) for row, turns in wanted]
        self._met = met
        self._line_of = line_of

    def run(self, plan: Plan, given: Sequence[Any], turns: Turns = ()) -> Parts:
        """Evaluate a plan on the inputs of its jaxpr, and return the outputs that are wanted.

        Inputs that it does not read, and outputs that are not wanted, are None.
        """
        jaxpr = plan.block.jaxpr
        values = dict(zip(jaxpr.constvars, jaxpr.consts, strict=False))
        values |= {jaxpr.invars[i]: given[i] for i in plan.reads}
        del given

        def read(var: Any) -> Any:
            return literal(var) if compat.is_literal(var) else values.get(var)

        for step in plan.steps:
            equation = self.rows.equation(step.row)
            inputs = [read(var) for var in equation.invars]
            made = yield from self._step(step, equation, inputs, turns)
            if step.is_asked:
                self._met(step.row, turns, inputs, made)
            values.update(zip(equation.outvars, made, strict=True))
            del inputs, made
            for var in step.last_uses:
                values.pop(var, None)
            yield 1
        wanted = zip(jaxpr.outvars, plan.returns, strict=True)
        return [read(var) if is_wanted else None for var, is_wanted in wanted]

    def _step(self, step: Step, equation: Any, inputs: _Values, turns: Turns) -> Parts:
        row = step.row
        if not self.rows.is_loop(row) and step.inside:
            made = yield from self._enter(step, inputs, turns)
        elif unknown := next((x for x in inputs if isinstance(x, Unknown)), None):
            made = [unknown] * len(equation.outvars)
        elif step.is_entered:
            made = yield from self._loop(step, inputs, turns)
        elif equation.effects and (why := why_not_run(equation, self._line_of(equation))):
            made = [Unknown(why)] * len(equation.outvars)
        else:
            made = yield from self._run(equation, inputs)
        if self.codes is not None:
            known = [each for each in made if not isinstance(each, Unknown) and each is not None]
            self.codes[row] = codes_of(known) if len(known) == len(made) else 0
        return made

    def _run(self, equation: Any, inputs: _Values) -> Parts:
        try:
            return (yield from _counted(evaluated(equation, inputs)))
        except (compat.device_error(), ValueError) as error:
            if isinstance(error, ValueError) and "callback" not in equation.primitive.name:
                raise
            return [self._failed(equation, error)] * len(equation.outvars)

    def _failed(self, equation: Any, error: Exception) -> Unknown:
        """Return what stands for the outputs of an equation that the device could not compute.

        A callback that raises is told by JAX as a failure of the device, or as a ValueError.
        """
        said = str(error).strip().splitlines() or [type(error).__name__]
        told = said[0] if len(said) == 1 else f"{said[0]} ... {said[-1]}"
        return Unknown(
            f"{equation.primitive.name}{self._line_of(equation)} failed as it was run again, so "
            f"nothing that follows from it is known: {told}"
        )

    def _enter(self, step: Step, inputs: _Values, turns: Turns) -> Parts:
        """Evaluate what is called, or the branch that is taken."""
        block = called(self.rows, step.row)
        if block is not None:
            inputs = [inputs[i] for i in inputs_called_with(self.rows, step.row)]
        elif isinstance(inputs[0], Unknown):
            return [inputs[0]] * len(self.rows.equation(step.row).outvars)
        else:
            inside = self.rows.inside(step.row)
            index, *inputs = inputs
            block = inside[min(max(int(np.asarray(index)), 0), len(inside) - 1)]
        plan = next(plan for plan in step.inside if plan.block is block)
        return (yield from self.run(plan, inputs, turns))

    def _loop(self, step: Step, inputs: _Values, turns: Turns) -> Parts:
        """Run a loop, stopping at the turns of which something is asked."""
        row, n_outputs = step.row, len(self.rows.equation(step.row).outvars)
        is_coded = self.coded == (row, turns)
        with_codes = is_coded or self.codes is not None
        loop = Loop(self.rows, row, inputs, with_codes=with_codes)
        if not step.is_asked:
            inputs.clear()  # what is carried is let go of as the loop turns
        try:
            if step.inside:
                for turn in self._turns_asked(row, turns):
                    yield from _counted(loop.run_to(turn))
                    yield from self._turn(step, loop, (*turns, turn))
            if with_codes or step.is_read or step.is_asked or loop.length is None:
                yield from _counted(loop.run_to(_ALL_TURNS))
        except NotReplayedError as error:
            return [Unknown(str(error))] * n_outputs
        except compat.device_error() as error:
            return [self._failed(self.rows.equation(row), error)] * n_outputs
        self.n_turns[row, turns] = loop.turn if loop.length is None else loop.length
        if is_coded:
            self.turn_codes = loop.all_codes()
            raise FoundError
        if self.codes is not None:
            either = np.bitwise_or.reduce(loop.all_codes(), axis=0)
            self.codes |= dict(zip(loop.below, either.tolist(), strict=True))
        return loop.results()

    def _turns_asked(self, row: int, turns: Turns) -> list[int]:
        depth, found = len(turns), set[int]()
        for _, wanted, loops in self._wanted:
            if row in loops and wanted[:depth] == turns:
                found.add(wanted[depth])
        return sorted(found)

    def _turn(self, step: Step, loop: Loop, turns: Turns) -> Parts:
        """Evaluate the turn that comes next, equation by equation."""
        if loop.turn < turns[-1] or loop.turn == loop.length:
            return []
        given, condition = loop.given(), loop.condition
        # Whether a turn follows is known once it was made.
        yield from _counted(loop.run_to(turns[-1] + 1))
        for plan in step.inside:
            if plan.block is condition or loop.turn > turns[-1]:
                yield from self.run(plan, given.pop(plan.block.index), turns)
        return []


def _counted(parts: Generator[None, None, Any]) -> Generator[int, None, Any]:
    """Yield what `parts` yields as no equation that is done; return what it returns."""
    try:
        while True:
            next(parts)
            yield 0
    except StopIteration as stop:
        return stop.value
