"""A training loop computes outside of jit.

Outside of a jitted function JAX carries out one operation at a time: Python calls it, JAX looks up
a compiled program for it, memory is taken for its result. That takes some ten microseconds for each
operation, whatever it computes, and nothing can be fused. Within a jitted function all of them are
one program.

Often only the loss and its gradient are jitted, and the optimiser's update is forgotten: it is a
dozen operations for each array of the model. Put everything that a step computes into one function
and jit that:

    @eqx.filter_jit
    def step(model, opt_state, x, y):
        loss, grads = eqx.filter_value_and_grad(loss_fn)(model, x, y)
        updates, opt_state = optim.update(grads, opt_state, eqx.filter(model, eqx.is_array))
        return eqx.apply_updates(model, updates), opt_state, loss

The same goes for preparing batches with `jnp`, for metrics and for averages of the parameters: jit
the function that does it, prepare batches with NumPy, or do it in the step.
"""

import math
from collections.abc import Iterator

from eqxviz.doctor.code.jitting import jitted_function, jitted_lines
from eqxviz.doctor.code.source import text_of
from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.finding.eager_work import EagerWork, Kind, Site, eager_work
from eqxviz.records import Problem, Severity

CODE = "EQX105"
TITLE = "Numerical work outside jit"

_MOST_NAMED = 3
_WORDS = {
    Kind.GRADIENT: "a loss and its gradient",
    Kind.UPDATE: "the optimiser's update",
    Kind.BY_HAND: "new parameters from the gradients",
}
_FIXES = {
    Kind.OTHER: "Jit the function that does it, or put it into the jitted step.",
    Kind.GRADIENT: "Put loss, gradient and update into one function, and jit that.",
    Kind.UPDATE: "Put loss, gradient and update into one function, and jit that.",
    Kind.BY_HAND: "Put the gradient and the new parameters into one function, and jit that.",
}


def find(evidence: Evidence) -> Iterator[Problem]:
    """Yield a problem for what a training loop computes outside of jit, if that is much."""
    work = eager_work(evidence)
    if work is None:
        return
    main = work.main
    yield Problem(
        CODE,
        Severity.WARNING,
        f"{TITLE}: `{text_of(main.at)}`",
        " ".join(_sentences(evidence, work)),
        _FIXES[main.kind],
        *main.at,
        fix_code=_fix_code(evidence, work),
        function=work.function,
    )


def _sentences(evidence: Evidence, work: EagerWork) -> Iterator[str]:
    main = work.main
    what = f", {_WORDS[main.kind]} among them" if main.kind in _WORDS else ""
    called = main.called[1]
    where = f"in `{called}`, which this line calls" if called else "at this line"
    others = [each for each in work.sites if each is not main][:_MOST_NAMED]
    also = "".join(
        f", {_counted(each)} by `{text_of(each.at)}` (line {each.at.line})" for each in others
    )
    yield (
        f"At each step {work.n_operations} operations are carried out one by one{what}: "
        f"{_counted(main)} {where}{also}."
    )
    if not math.isnan(work.share):
        yield f"They take {work.share:.0%} of the loop's time, {_ms(work.seconds)} a step."
    jitted = sorted({f"`{each.name}`" for each in evidence.functions.values()})
    if work.function < 0:
        yield "Nothing that the loop calls is jitted."
    else:
        yield f"Jitted is only {' and '.join(jitted[:_MOST_NAMED])}."


def _counted(site: Site) -> str:
    return f"{site.n_typical_operations:.0f}"


def _fix_code(evidence: Evidence, work: EagerWork) -> str:
    main = work.main
    if main.called[1]:
        return jitted_function(*main.called)
    if main.kind is Kind.OTHER:
        return jitted_lines(main.at, [])
    calls = [call.places for call in evidence.turns.calls if call.function == work.function]
    here = main.at.file, main.function
    beside = [
        each.at for each in (calls[-1] if calls else ()) if (each.file, each.function) == here
    ]
    return jitted_lines(main.at, [*beside, *(site.at for site in work.sites)])


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:.{0 if seconds > 1e-2 else 2}f} ms"
