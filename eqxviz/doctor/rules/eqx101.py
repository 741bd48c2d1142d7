"""An optimiser gets a model that was not filtered.

Optax can optimise floating-point arrays only. A model is a PyTree with other leaves as well:
activation functions, integer arrays, flags. Given to `optim.init`, a function raises a `TypeError`;
an integer or boolean array gets moments of its own, which fails later, or trains what is none of
the optimiser's business.

Give the optimiser the floating-point arrays alone, when it is initialised and when it is updated:

    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
    updates, opt_state = optim.update(grads, opt_state, eqx.filter(model, eqx.is_inexact_array))

`eqx.is_array` is not enough: integer arrays pass it.
"""

from collections.abc import Iterator
from typing import Any

import jax
import jax.tree_util as jtu
import numpy as np

from eqxviz.analysis import compat
from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.seen import OptimiserUse
from eqxviz.records import Problem, Severity

CODE = "EQX101"
TITLE = "Optimiser given an unfiltered model"

_MOST_NAMED = 3


def find(evidence: Evidence) -> Iterator[Problem]:
    """Yield a problem for each line that hands an optimiser leaves which it cannot optimise."""
    seen: set[Any] = set()
    for use in evidence.optimisers:
        if use.at in seen:
            continue
        parameter, odd = _odd_leaves(use)
        if odd:
            seen.add(use.at)
            yield _problem(use, parameter, odd)


def _odd_leaves(use: OptimiserUse) -> tuple[str, list[tuple[str, str]]]:
    """Return the parameter that holds them, and path and type of leaves that are no parameters."""
    trees = ("params",) if use.method == "init" or use.error is not None else ()
    for parameter in trees:
        tree = use.trees.get(parameter)
        found = [
            (jtu.keystr(keys), _type_of(leaf))
            for keys, leaf in jtu.tree_flatten_with_path(tree)[0]
            if not _is_parameter(leaf) and (use.error or _is_in_state(keys, use.result))
        ]
        if found:
            return parameter, found
    return "", []


def _is_in_state(keys: Any, state: Any) -> bool:
    """Whether the optimiser keeps something of the leaf; `optax.masked` leaves some out."""
    n = len(keys)
    return any(path[-n:] == keys for path, _ in jtu.tree_flatten_with_path(state)[0] if n)


def _is_parameter(leaf: Any) -> bool:
    if isinstance(leaf, (float, complex)):
        return True
    is_array = isinstance(leaf, (jax.Array, np.ndarray, np.generic)) or hasattr(leaf, "dtype")
    return is_array and compat.is_inexact_dtype(leaf.dtype)


def _type_of(leaf: Any) -> str:
    dtype = getattr(leaf, "dtype", None)
    return str(dtype) if dtype is not None else type(leaf).__name__


def _problem(use: OptimiserUse, parameter: str, odd: list[tuple[str, str]]) -> Problem:
    text = use.texts.get(parameter, parameter)
    named = [f"`{text}{path}` is {_article(kind)}" for path, kind in odd[:_MOST_NAMED]]
    more = len(odd) - _MOST_NAMED
    told = "; ".join(named) + (f"; and {more} more" if more > 0 else "")
    return Problem(
        CODE,
        Severity.ERROR if use.error is not None else Severity.WARNING,
        f"{TITLE}: `{text}`",
        f"An optimiser can change floating-point arrays only, and {told}.",
        "Give it the floating-point arrays alone.",
        *use.at,
        fix_code=f"eqx.filter({text}, eqx.is_inexact_array)",
    )


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
