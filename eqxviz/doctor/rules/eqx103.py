"""Two places that held one object have drifted apart during training.

What EQX102 warns of has happened: the places were one object when training began, the training step
returned a copy for each, their gradients differed, and so do they by now. What was meant to be tied
is not.

Store the object once, or tie the places with `eqx.nn.Shared`; see EQX102. A checkpoint of such a
model holds two different arrays: choose one of them when you load it.
"""

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from eqxviz.analysis import compat
from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.finding.shared import SharedObject, shared_objects, tying_code
from eqxviz.doctor.seen import Call
from eqxviz.doctor.watching.trees import named_arguments, seen_tree
from eqxviz.records import Problem, Severity

CODE = "EQX103"
TITLE = "Places that held one object have drifted apart"


def find(evidence: Evidence) -> Iterator[Problem]:
    """Yield a problem for each object of which a later call was given differing copies."""
    for shared in shared_objects(evidence):
        function = evidence.functions.get(shared.seen.function)
        if function is None or len(function.calls) < 2:
            continue
        call = function.calls[-1]
        apart = _apart(shared, call)
        if apart is not None:
            yield _problem(shared, call, function.name, *apart)


def _apart(shared: SharedObject, call: Call) -> tuple[str, str, float] | None:
    """Return the first two places whose arrays differ, and by how much at most."""
    given = dict(named_arguments(call.target, call.args, dict(call.kwargs)))
    if shared.seen.name not in given:
        return None
    now = seen_tree(given[shared.seen.name], shared.seen.name, call.at)
    if len(now.tree) != len(shared.seen.tree):
        return None
    first, *others = shared.nodes
    before = _arrays(now.nodes.object_at(first))
    for path, node in zip(shared.paths[1:], others, strict=True):
        differences = [
            _difference(a, b)
            for a, b in zip(before, _arrays(now.nodes.object_at(node)), strict=True)
        ]
        if max(differences, default=0.0) > 0:
            return shared.paths[0], path, max(differences)
    return None


def _arrays(value: Any) -> list[Any]:
    leaves = jax.tree.leaves(value)
    return [leaf for leaf in leaves if isinstance(leaf, (jax.Array, np.ndarray))]


def _difference(a: Any, b: Any) -> float:
    if a.shape != b.shape or not compat.is_inexact_dtype(a.dtype):
        return 0.0
    return float(np.max(np.abs(np.asarray(a) - np.asarray(b)), initial=0.0))


def _problem(shared: SharedObject, call: Call, function: str, a: str, b: str, by: float) -> Problem:
    return Problem(
        CODE,
        Severity.ERROR,
        f"{TITLE}: `{a}` and `{b}`",
        f"They were one object when `{function}` was first called. In call {call.number} their "
        f"arrays differ by up to {by:.3g}: each place is trained by itself.",
        "Store it once and use it where it is needed, or tie the places with `eqx.nn.Shared`.",
        *shared.made_at,
        fix_code=tying_code(shared),
    )
