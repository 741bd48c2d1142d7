"""What of a call has to be evaluated for what is asked of it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from eqxviz.analysis import compat
from eqxviz.analysis.replay.entering import (
    called,
    inputs_called_with,
    is_entered,
    is_left_out,
)
from eqxviz.analysis.replay.rows import Block, Rows


class Step(NamedTuple):
    """An equation that is evaluated, and the jaxprs that it enters for that."""

    row: int
    is_entered: bool  # what is nested in it is seen; else it is run as it is
    inside: Sequence["Plan"]  # one for each of `rows.inside(row)`; () where none of it is evaluated
    last_uses: Sequence[Any]  # variables that nothing reads after it
    is_asked: bool
    is_read: bool  # by another one, or it is returned


@dataclass(frozen=True, eq=False)
class Plan:
    """The equations of one jaxpr that are evaluated, in order."""

    block: Block
    steps: Sequence[Step]
    reads: frozenset[int]  # the inputs of the jaxpr that are read
    returns: Sequence[bool]  # of its outputs: whether it is wanted
    n_equations: int  # with those inside

    def all_steps(self) -> Iterator[Step]:
        """Yield its steps, and those inside them."""
        for step in self.steps:
            yield step
            for plan in step.inside:
                yield from plan.all_steps()


class Planner:
    """Makes plans for what is asked: the values of the rows `asked`, or all with `whole`."""

    def __init__(self, rows: Rows, asked: Collection[int], *, whole: bool = False) -> None:
        self._rows = rows
        self._asked = frozenset(asked)
        self._whole = whole
        self._around = {owner for row in asked for owner in rows.owners(row)}

    def plan(self, block: Block, returns: Sequence[bool]) -> Plan:
        """Return the plan of `block` where its outputs marked in `returns` are wanted."""
        jaxpr = block.jaxpr
        wanted = {
            var
            for var, is_wanted in zip(jaxpr.outvars, returns, strict=True)
            if is_wanted and not compat.is_literal(var)
        }
        steps, n_equations = list[Step](), 0
        for row in range(block.stop - 1, block.first - 1, -1):
            equation = self._rows.equation(row)
            if not self._is_needed(row, equation, wanted):
                continue
            entered = is_entered(self._rows, row)
            returned = [var in wanted for var in equation.outvars]
            inside = self._inside(row, returned) if entered else ()
            made = set(equation.outvars)
            is_read = not made.isdisjoint(wanted)
            read = {v for v in self._read(row, equation, inside) if not compat.is_literal(v)}
            last_uses = [*((read | made) - wanted)]
            steps.append(Step(row, entered, inside, last_uses, row in self._asked, is_read))
            n_equations += 1 + sum(plan.n_equations for plan in inside)
            wanted |= read
        inputs = frozenset(i for i, var in enumerate(jaxpr.invars) if var in wanted)
        return Plan(block, steps[::-1], inputs, returns, n_equations)

    def _is_needed(self, row: int, equation: Any, wanted: Collection[Any]) -> bool:
        if is_left_out(equation):
            return False
        if self._whole or row in self._asked or row in self._around or row in self._rows.in_place:
            return True
        return any(var in wanted for var in equation.outvars)

    def _inside(self, row: int, returns: Sequence[bool]) -> Sequence[Plan]:
        rows = self._rows
        if not rows.is_loop(row):
            everything = [True] * len(returns) if row in self._asked else returns
            chosen = called(rows, row)
            return [
                self.plan(block, everything) if chosen in (None, block) else _nothing_of(block)
                for block in rows.inside(row)
            ]
        if row not in self._around:
            return ()
        # Of a turn only what is asked is evaluated; the loop itself is run as a whole.
        return [self.plan(b, [False] * len(b.jaxpr.outvars)) for b in rows.inside(row)]

    def _read(self, row: int, equation: Any, inside: Sequence[Plan]) -> Sequence[Any]:
        """Return the variables that have to be known for an equation."""
        rows = self._rows
        if not inside or rows.is_loop(row) or row in self._asked:
            return equation.invars
        chosen = called(rows, row)
        if chosen is None:  # a branch
            read = {0} | {1 + i for plan in inside for i in plan.reads}
            return [equation.invars[i] for i in sorted(read)]
        bound = inputs_called_with(rows, row)
        plan = next(plan for plan in inside if plan.block is chosen)
        return [equation.invars[bound[i]] for i in plan.reads]


def _nothing_of(block: Block) -> Plan:
    return Plan(block, (), frozenset(), [False] * len(block.jaxpr.outvars), 0)
