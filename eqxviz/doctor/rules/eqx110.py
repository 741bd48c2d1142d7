"""A function compiles anew at nearly every call.

A jitted function is compiled once for each shape and dtype of its arrays, and for each value of
what is static. Where one of them changes from call to call, each call is traced and compiled again,
which takes seconds where the computation itself takes milliseconds. The usual causes: a Python
number under `filter_jit` (a step count), arrays that grow, batches of varying length, a function,
optimiser or class that is made anew in the loop, `jax.jit` itself called in the loop.

The problem names what changed in the latest call. Pass numbers as arrays, pad to one shape, and
make functions once, before the loop:

    loss, model = make_step(model, x, y, jnp.asarray(step))
"""

from collections.abc import Iterator

from eqxviz.doctor.evidence import Evidence
from eqxviz.records import Problem
from eqxviz.records.recompiles import ALARM

CODE = ALARM
TITLE = "Compiles anew at nearly every call"


def find(evidence: Evidence) -> Iterator[Problem]:
    """Yield what capture itself alarms of, once for each function."""
    told: set[int] = set()
    for problem in evidence.told:
        if problem.code == ALARM and problem.function not in told:
            told.add(problem.function)
            yield problem
