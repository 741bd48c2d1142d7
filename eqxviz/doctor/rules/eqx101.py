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

import ast
from collections.abc import Iterator
from typing import Any

import jax
import jax.tree_util as jtu
import numpy as np

from eqxviz.analysis import compat
from eqxviz.doctor.code.expressions import Reader, UnknownError
from eqxviz.doctor.code.failure import UNKNOWN, Failure
from eqxviz.doctor.code.writing import library_in
from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.seen import OptimiserUse
from eqxviz.doctor.watching.optimisers import PARAMETERS
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


def diagnose(failure: Failure) -> Iterator[Problem]:
    """Yield a problem where an optimiser failed because of leaves that it cannot optimise."""
    call = failure.innermost
    made = call.node.func if call is not None else None
    if call is None or call.args is None or not isinstance(made, ast.Attribute):
        return
    if made.attr not in PARAMETERS or not _is_optimiser(call.reader, made.value):
        return
    names = PARAMETERS[made.attr]
    given = {**dict(zip(names, call.args, strict=False)), **call.kwargs}
    trees = {name: each.value for name, each in given.items()}
    texts = {name: each.text for name, each in given.items()}
    use = OptimiserUse(made.attr, call.at, trees, texts, None, failure.error)
    parameter, odd = _odd_leaves(use) if trees.get("params") is not UNKNOWN else ("", [])
    if odd:
        yield _problem(use, parameter, odd)


def _is_optimiser(reader: Reader, node: ast.expr) -> bool:
    try:
        owner = reader.value(node)
    except UnknownError:
        return False
    return any(each.__name__ == "GradientTransformation" for each in type(owner).__mro__)


def _odd_leaves(use: OptimiserUse) -> tuple[str, list[tuple[str, str]]]:
    """Return the parameter that holds them, and path and kind of leaves that are none."""
    trees = ("params",) if use.method == "init" or use.error is not None else ()
    for parameter in trees:
        tree = use.trees.get(parameter)
        found = [
            (jtu.keystr(keys), _kind_of(leaf))
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


def _kind_of(leaf: Any) -> str:
    """Return what a leaf is, in words: "an int32 array", "a str", "a function (custom_jvp)"."""
    dtype = getattr(leaf, "dtype", None)
    name = f"{dtype} array" if dtype is not None else type(leaf).__name__
    if dtype is None and callable(leaf) and name != "function":
        name = f"function ({name})"
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _problem(use: OptimiserUse, parameter: str, odd: list[tuple[str, str]]) -> Problem:
    text = use.texts.get(parameter, parameter)
    library = library_in(use.at.file)
    model = _unfiltered(text, library)
    named = [f"`{model}{path}` is {kind}" for path, kind in odd[:_MOST_NAMED]]
    more = len(odd) - _MOST_NAMED
    told = "; ".join(named) + (f"; and {more} more" if more > 0 else "")
    fix = "Give it the floating-point arrays alone."
    if not library:
        fix = "Hold what is no parameter apart from the parameters, or mask it by `optax.masked`."
    return Problem(
        CODE,
        Severity.ERROR if use.error is not None else Severity.WARNING,
        f"{TITLE}: `{text}`",
        f"An optimiser can change floating-point arrays only, and {told}.",
        fix,
        *use.at,
        fix_code=f"{library}.filter({model}, {library}.is_inexact_array)" if library else "",
    )


def _unfiltered(text: str, library: str) -> str:
    """Return what `text` filters, or itself: another filter is to take the place of the first."""
    try:
        call: Any = ast.parse(text, mode="eval").body
    except SyntaxError:
        return text
    if isinstance(call, ast.Call) and ast.unparse(call.func) == f"{library}.filter" and call.args:
        return ast.unparse(call.args[0])
    return text
