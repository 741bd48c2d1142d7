"""The programs that a replay takes, compiled before they are needed."""

from collections.abc import Generator, Iterator

from eqxviz.analysis import compat
from eqxviz.analysis.replay import equations, loops
from eqxviz.analysis.replay.entering import is_entered, is_left_out
from eqxviz.analysis.replay.plans import Plan
from eqxviz.analysis.replay.programs import Wanted, programs
from eqxviz.analysis.replay.rows import Rows
from eqxviz.analysis.replay.tasks import Task


def wanted_by(rows: Rows, plan: Plan, *, with_codes: bool = False) -> Iterator[Wanted]:
    """Yield the programs that evaluating a plan takes, for arrays on the default device.

    `with_codes` says whether its loops are to tell what in them is not finite.
    """
    for step in plan.all_steps():
        if not step.is_entered:
            yield from _alone(rows, step.row)
        elif rows.is_loop(step.row):
            yield loops.ahead(rows, step.row, with_codes=with_codes)


def n_wanted_by(plan: Plan) -> int:
    """Return about how many programs those are, equal ones counted again."""
    return sum(not step.inside for step in plan.all_steps())


def compiling_ahead(rows: Rows, *, is_urgent: bool) -> Task[None]:
    """Return the task to compile whatever questions about the call take.

    What is not urgent leaves the processor to others.
    """

    def wanted() -> Iterator[Wanted]:
        unseen = set[int]()  # what is nested in them is not evaluated
        for row in range(len(rows)):
            if rows.block(row).owner in unseen:
                unseen.add(row)
            elif not is_entered(rows, row):
                unseen.add(row)
                if not is_left_out(rows.equation(row)):
                    yield from _alone(rows, row)
            elif rows.is_loop(row):
                for with_codes in (False, True):
                    yield loops.ahead(rows, row, with_codes=with_codes)

    def parts() -> Generator[int, None, None]:
        yield from programs.compiled(wanted(), is_urgent=is_urgent)

    return Task(parts(), len(rows))


def task_for(jaxpr: compat.OpenJaxpr) -> Task[None]:
    """Return the task to compile ahead what replays of a call take, where nobody waits for it."""
    return compiling_ahead(Rows(jaxpr), is_urgent=False)


def _alone(rows: Rows, row: int) -> Iterator[Wanted]:
    """Yield the program of an equation that is not entered, if it has one."""
    program = equations.ahead(rows.equation(row))
    if program is not None:
        yield program
