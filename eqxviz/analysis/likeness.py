"""Whether an object is worth opening as a model."""

import types

import jax

from eqxviz.analysis.leaves import is_array
from eqxviz.analysis.modules import is_layer_class, is_module
from eqxviz.analysis.short_text import short_text
from eqxviz.analysis.walk import Walk, has_leaf


def is_model_like(value: object) -> bool:
    """Whether `value` is a Module, or a PyTree with at least one array.

    What `filter_jit` and its like return is a Module by its class only: a function.
    """
    return not why_not_a_model(value)


def why_not_a_model(value: object) -> str:
    """Return why `value` has nothing to show as a model, "" if it has.

    Raises what the flattening of `value` itself raises: it has nothing to show either.
    """
    if isinstance(value, types.ModuleType):
        return f"{value.__name__} is a Python module, not a model in it."
    if isinstance(value, type):
        return f"{value.__name__} is a class; a model is an instance of it."
    if is_module(value) and is_layer_class(type(value)):
        return ""
    if has_leaf(value, is_array):
        return ""
    text = short_text(value)
    if is_module(value) and callable(value):
        return f"{text} is a function without arrays of its own, made by {_maker(value)}."
    if jax.tree_util.all_leaves([value]):
        return f"{text}, of type {type(value).__name__}, is no PyTree that holds arrays."
    return f"{text} is a PyTree without a single array."


def has_arrays(value: object) -> bool:
    """Whether `value` is a PyTree with at least one array. What cannot be flattened has none."""
    try:
        return has_leaf(value, is_array)
    except (Exception, SystemExit):  # noqa: BLE001 - flattening is the user's code
        return False


def n_nodes(value: object, most: int) -> int:
    """Return the number of nodes of a PyTree; they are counted up to `most`."""
    walk = Walk(value, "")
    walk.advance(most)
    return len(walk)


def _maker(value: object) -> str:
    """Return the package that made a wrapper: `equinox`."""
    return type(value).__module__.split(".", 1)[0]
