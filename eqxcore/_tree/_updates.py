"""Changes to a whole PyTree at once."""

from typing import Any

import jax.tree_util as jtu
from jaxtyping import PyTree

from eqxcore._filters import prefix_error
from eqxcore._types import summary

_UPDATES_ADVICE = (
    "Updates have the structure of the model, with `None` for what is not changed: give what "
    "`filter_grad` returned, or the first of the two that `optim.update` returns."
)


def _is_none(node: Any) -> bool:
    return node is None


def _note(nodes: list[Any], steps: list[Any], updates: PyTree) -> str:
    """Return which of `steps` cannot be added to which of `nodes`."""
    paths = [path for path, _ in jtu.tree_leaves_with_path(updates, is_leaf=_is_none)]
    for path, node, step in zip(paths, nodes, steps, strict=True):
        try:
            _ = node if step is None else node + step
        except (TypeError, ValueError):
            return (
                f"`updates{jtu.keystr(path)}` is {summary(step)}, and is to be added to "
                f"{summary(node)}. Updates are arrays of the model's shapes, and `None` for what "
                "is no array: compute them for `filter(model, is_inexact_array)`."
            )
    return "The updates do not fit the model."


def apply_updates(model: PyTree, updates: PyTree) -> PyTree:
    """Return `model` with `updates` added to its leaves, those left as they are where it is `None`.

    Raises:
        ValueError: If `updates`, with `None` as a leaf, is no prefix of `model`.
    """
    steps, structure = jtu.tree_flatten(updates, is_leaf=_is_none)
    try:
        nodes = structure.flatten_up_to(model)
    except ValueError:
        raise prefix_error("updates", updates, model, _is_none, _UPDATES_ADVICE) from None
    try:
        return structure.unflatten(
            node if step is None else node + step for node, step in zip(nodes, steps, strict=True)
        )
    except (TypeError, ValueError) as error:
        error.add_note(_note(nodes, steps, updates))
        raise
