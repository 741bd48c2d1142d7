"""The arguments of a call by name, and which of them is the model."""

import inspect
from typing import Any

from eqxviz.analysis.likeness import has_arrays, n_nodes
from eqxviz.analysis.modules import is_module
from eqxviz.capturing import Held

# The largest of a call's arguments is opened; of those that are larger than this, the first.
_MOST_NODES = 50_000


def arguments(call: Held) -> dict[str, Any]:
    """Return the arguments of `call` by the names of their parameters."""
    if call.target is None:
        return {}
    try:
        return inspect.signature(call.target).bind(*call.args, **call.kwargs).arguments
    except (TypeError, ValueError):
        return {f"argument_{i}": arg for i, arg in enumerate(call.args)} | call.kwargs


def with_arrays(values: dict[str, Any]) -> dict[str, Any]:
    """Return those of `values` that hold arrays."""
    return {name: value for name, value in values.items() if has_arrays(value)}


def best_of(values: dict[str, Any]) -> str:
    """Return the name of the model among `values`: a module, or else the largest."""
    return max(values, key=lambda name: _weight(values[name]))


def _weight(value: Any) -> tuple[bool, int]:
    return is_module(value), n_nodes(value, _MOST_NODES)
