"""Names of the places in a PyTree, for messages."""

from collections.abc import Callable
from typing import Any

import jax.tree_util as jtu
from jaxtyping import PyTree


def path_name(path: tuple[Any, ...]) -> str:
    """Return `path` as one would write it after the PyTree's own name: `.layers[0].weight`."""
    return jtu.keystr(path) or "the root"


def leaf_name(pytree: PyTree, index: int, is_leaf: Callable[[Any], bool] | None = None) -> str:
    """Return the name of the place of leaf number `index` of `pytree`."""
    return path_name(jtu.tree_leaves_with_path(pytree, is_leaf)[index][0])
