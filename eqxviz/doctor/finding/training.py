"""What is trained, as far as it was seen: its arrays before and after some steps."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import numpy as np

from eqxviz.analysis.forwarding import input_variables, unchanged_inputs
from eqxviz.analysis.gradient_flow import Flow, gradient_flow
from eqxviz.analysis.leaves import is_array, is_deleted
from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.seen import Call, Function
from eqxviz.doctor.watching.differentiating import Differentiation, Leaf, leaves_of
from eqxviz.doctor.watching.traces import SeenTrace

_MOST_COMPARED = 1 << 20  # elements
_MOST_LOOKED_AT = 8  # arrays, to see whether anything is trained


@dataclass(eq=False)
class Training:
    """A differentiation, and what became of what is differentiated.

    `first` and `latest` are its arrays, in the order of its leaves, None where they are not known;
    `names` are what the user calls the leaves, then the constants ("" where that is not known).
    """

    of: Differentiation
    names: list[str]
    first: Sequence[Any]
    latest: Sequence[Any]
    is_optimised: bool  # an optimiser was given its gradients
    n_steps: int  # between first and latest
    constants: Sequence[tuple[Any, Any]]  # each at first and at last
    kept: frozenset[int] = frozenset()  # leaves that the step returns as they are

    @property
    def leaves(self) -> list[Leaf]:
        return self.of.leaves

    @property
    def root(self) -> str:
        """What the user calls the PyTree that is differentiated: "model"."""
        return self.names[0][: len(self.names[0]) - len(self.leaves[0].path)]

    @cached_property
    def flow(self) -> Flow:
        """How the leaves, then the constants, take part in what is differentiated."""
        return gradient_flow(self.of.jaxpr)

    def is_reached(self, index: int) -> bool:
        """Whether the gradient reaches a leaf."""
        return bool(self.flow.reached >> index & 1)

    def is_marked(self, index: int) -> bool:
        """Whether a leaf is given to `stop_gradient` as it is."""
        return bool(self.flow.marked >> index & 1)

    def has_changed(self, index: int) -> bool:
        """Whether an array is known to have changed."""
        before, after = self.first[index], self.latest[index]
        return _are_there(before, after) and not _is_same(before, after)

    def shrinking(self, index: int) -> float | None:
        """Return the factor by which all of an array was multiplied, if it shrank by one."""
        before, after = self.first[index], self.latest[index]
        if not _are_there(before, after) or np.iscomplexobj(before):
            return None
        if before.size < 2:
            return None  # any change of one number is by a factor
        a, b = (_flat(each)[:_MOST_COMPARED].astype(np.float64) for each in (before, after))
        most = np.max(np.abs(a), initial=0.0)
        if most == 0:
            return None
        factor = float(a @ b / (a @ a))
        is_scaled = bool(np.max(np.abs(b - factor * a)) <= 1e-5 * most)
        return factor if is_scaled and 0 < factor < 1 else None

    @cached_property
    def is_training(self) -> bool:
        """Whether it is seen to be trained: an optimiser gets its gradients, or it changes."""
        if self.is_optimised:
            return True
        sizes = [(math.prod(leaf.shape), i) for i, leaf in enumerate(self.leaves)]
        reached = [i for _, i in sorted(sizes) if self.is_reached(i)]
        return any(map(self.has_changed, reached[:_MOST_LOOKED_AT]))


def trainings(evidence: Evidence) -> Iterator[Training]:
    """Yield what is differentiated, with what became of it."""
    optimised = _optimised(evidence)
    for function in evidence.functions.values():
        traced = evidence.traces.of(function)
        if traced is None or not traced.differentiations:
            continue
        inputs = input_variables(traced.jaxpr)
        unchanged = unchanged_inputs(traced.jaxpr)
        for each in traced.differentiations:
            if each.leaves:
                yield _in_call(each, function, traced, inputs, unchanged, optimised)
    for eager in evidence.differentiated:
        found = eager.traced()
        if found is not None and found.leaves:
            first, latest = (jax.tree.leaves(each) for each in (eager.first, eager.latest))
            latest = latest if len(latest) == len(first) else [None] * len(first)
            names = _names(found, {}, [])
            is_optimised = _paths(found.leaves) in optimised
            constants = [(each, each) for each in found.jaxpr.consts]
            n_steps = eager.n_calls - 1
            yield Training(found, names, first, latest, is_optimised, n_steps, constants)


def _in_call(
    each: Differentiation,
    function: Function,
    traced: SeenTrace,
    inputs: Mapping[Any, int],
    unchanged: set[int],
    optimised: set[frozenset[str]],
) -> Training:
    names = _names(each, inputs, traced.input_names)
    at = [inputs.get(var) if var is not None else None for var in each.variables]
    at, of_constants = at[: len(each.leaves)], at[len(each.leaves) :]
    call, last = function.calls[0], function.calls[-1]
    given = _arrays_of(call)
    later = _arrays_of(last) if last is not call else []
    n_steps = last.number - call.number
    if len(later) != len(given):
        later, n_steps = [None] * len(given), 0
    first = [given[i] if i is not None and i < len(given) else None for i in at]
    latest = [later[i] if i is not None and i < len(later) else None for i in at]
    constants = [
        (given[i], later[i]) if i is not None and i < len(given) else (const, const)
        for i, const in zip(of_constants, each.jaxpr.consts, strict=True)
    ]
    if not n_steps:
        latest, n_steps = _returned(each, call, traced.output_names), 1
    kept = frozenset(i for i, source in enumerate(at) if source in unchanged)
    is_optimised = _paths(each.leaves) in optimised
    return Training(each, names, first, latest, is_optimised, n_steps, constants, kept)


def _names(of: Differentiation, inputs: Mapping[Any, int], input_names: Sequence[str]) -> list[str]:
    """Return what the user calls the leaves, and then the constants."""
    names: list[str] = []
    for i, var in enumerate(of.variables):
        at = inputs.get(var) if var is not None else None
        if at is not None and at < len(input_names):
            names.append(input_names[at])
        else:
            names.append((of.text or "model") + of.leaves[i].path if i < len(of.leaves) else "")
    return names


def _optimised(evidence: Evidence) -> set[frozenset[str]]:
    """Return the paths of the arrays in each PyTree of gradients that an optimiser was given."""
    updates = [use.trees.get("updates") for use in evidence.optimisers if use.method == "update"]
    return {_paths(list(leaves_of(tree))) for tree in updates} - {frozenset()}


def _paths(leaves: Sequence[Leaf]) -> frozenset[str]:
    return frozenset(leaf.path for leaf in leaves if leaf.dtype is not None)


def _arrays_of(call: Call) -> list[Any]:
    """Return the arrays of a call in the order of the inputs of its trace."""
    roots = [call.target, *call.args, *call.kwargs.values()]
    return [leaf for leaf in jax.tree.leaves(roots) if is_array(leaf)]


def _returned(of: Differentiation, call: Call, output_names: Sequence[str]) -> list[Any]:
    """Return the leaves as a call returns them; None for each where it returns no such tree."""
    arrays = [leaf for leaf in jax.tree.leaves(call.result) if is_array(leaf)]
    by_name = dict(zip(output_names, arrays, strict=False))
    first = of.leaves[0].path if of.leaves else ""
    for name in output_names:
        if not first or not name.endswith(first):
            continue
        root = name[: len(name) - len(first)]
        found = [by_name.get(root + leaf.path) for leaf in of.leaves]
        pairs = zip(found, of.leaves, strict=True)
        if all(array is not None and array.shape == leaf.shape for array, leaf in pairs):
            return found
    return [None] * len(of.leaves)


def _are_there(*arrays: Any) -> bool:
    kinds = (jax.Array, np.ndarray)
    is_there = all(isinstance(each, kinds) and not is_deleted(each) for each in arrays)
    return is_there and len({tuple(each.shape) for each in arrays}) == 1


def _is_same(a: Any, b: Any) -> bool:
    if a is b:
        return True
    first, second = _flat(a), _flat(b)
    head = slice(4096)
    is_head = np.array_equal(first[head], second[head], equal_nan=True)
    return is_head and np.array_equal(first, second, equal_nan=True)


def _flat(array: Any) -> np.ndarray:
    return np.asarray(array).reshape(-1)
