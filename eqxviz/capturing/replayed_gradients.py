"""Gradients that a kept call has taken within: computed anew, by tracing it once more."""

import time
from typing import Any

import jax
import jax.tree_util as jtu
import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.leaves import is_array
from eqxviz.analysis.norms import norm_of
from eqxviz.analysis.tracing import argument_names, flattened
from eqxviz.capturing.gradients import Taken, collected
from eqxviz.capturing.held import KeptCall
from eqxviz.capturing.model_place import Place
from eqxviz.records import ReplayedGradients


class NoGradientsError(Exception):
    """Raised when they cannot be computed; the text says why."""


def replayed_gradients(kept: KeptCall, place: Place, leaves: int, step: int) -> ReplayedGradients:
    """Return the norms of the gradients that `kept` took of the model at `place`.

    The function is traced, and its gradient functions with it; what the rest of it computes is
    left out by XLA. Of several gradient functions the latest of those that cover most counts.

    Raises:
        NoGradientsError: If none is taken of the model, or not by the function itself: in a loop,
            or in another jitted function.
    """
    began = time.perf_counter()
    function = getattr(kept.target, "__wrapped__", kept.target)
    names = argument_names(function, len(kept.args))
    call = flattened(function, kept.args, kept.kwargs, names, "", names_modules=False)
    given = jtu.tree_leaves([function, *kept.args, *kept.kwargs.values()])
    arrays = [leaf for leaf in given if is_array(leaf)]
    shapes = [place.tree.shape(node) or () for node in place.nodes.tolist()]
    at: list[int] = []
    name = ""

    def norms(*given: Any) -> list[Any]:
        nonlocal at, name
        with collected() as taken:
            call.function(*given)
        inner = compat.trace_of(given[0]) if given else None
        found, name = _best(taken, place, shapes, inner)
        at = list(found)
        return [norm_of(gradient) for gradient in found.values()]

    with compat.own_settings(x64=False):
        computed = jax.jit(norms)(*arrays)
    gradient = np.full(len(shapes), -1, np.float32)
    gradient[at] = [np.asarray(norm) for norm in computed]
    return ReplayedGradients(leaves, step, name, gradient, time.perf_counter() - began)


def _best(
    taken: list[Taken], place: Place, shapes: list[tuple[int, ...]], outermost: Any
) -> tuple[dict[int, Any], str]:
    best: dict[int, Any] = {}
    name, is_inner = "", False
    for each in taken:
        found = place.gradients_in(each.result, shapes)
        if any(compat.trace_of(x) not in (None, outermost) for x in found.values()):
            is_inner = True
        elif found and len(found) >= len(best):
            best, name = found, each.name
    if best:
        return best, name
    if is_inner:
        raise NoGradientsError(
            "The gradient is taken within a loop, or in another jitted function, from where it "
            "cannot be brought out. Take it in the step function itself, or return it."
        )
    raise NoGradientsError(
        "No gradient of the model is taken in the kept call by jax.grad, value_and_grad, "
        "filter_grad or filter_value_and_grad."
    )
