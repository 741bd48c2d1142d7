"""The programs that a replay takes, compiled before they are needed."""

from collections.abc import Generator, Iterator

from eqxviz.analysis import compat
from eqxviz.analysis.replay import equations, loops
from eqxviz.analysis.replay.plans import Plan, Planner
from eqxviz.analysis.replay.programs import Wanted, programs
from eqxviz.analysis.replay.rows import Rows
from eqxviz.analysis.replay.tasks import Task


def wanted_by(rows: Rows, plan: Plan) -> Iterator[Wanted]:
    """Yield the programs that evaluating a plan takes, for arrays on the default device."""
    for step in plan.all_steps():
        if step.is_entered:
            if rows.is_loop(step.row):
                yield loops.ahead(rows, step.row)
        else:
            wanted = equations.ahead(rows.equation(step.row))
            if wanted is not None:
                yield wanted


def n_wanted_by(plan: Plan) -> int:
    """Return about how many programs those are, equal ones counted again."""
    return sum(not step.inside for step in plan.all_steps())


def compiling_ahead(rows: Rows, *, is_urgent: bool) -> Task[None]:
    """Return the task to compile what evaluating each outer equation takes, and each loop.

    What is not urgent leaves the processor to others.
    """
    root = rows.blocks[0]
    plan = Planner(rows, (), whole=True).plan(root, [True] * len(root.jaxpr.outvars))

    def parts() -> Generator[int, None, None]:
        yield from programs.compiled(wanted_by(rows, plan), is_urgent=is_urgent)

    return Task(parts(), n_wanted_by(plan))


def task_for(jaxpr: compat.OpenJaxpr) -> Task[None]:
    """Return the task to compile ahead what replays of a call take, where nobody waits for it."""
    return compiling_ahead(Rows(jaxpr), is_urgent=False)
