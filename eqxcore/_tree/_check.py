"""One level of a PyTree at a time, and the check that it is a tree."""

from typing import Any

import jax.tree_util as jtu
from jaxtyping import PyTree

from eqxcore._tree._paths import path_name


def tree_flatten_one_level(pytree: PyTree) -> tuple[list[PyTree], Any]:
    """Return the immediate subnodes of `pytree`, and the structure that holds them.

    A leaf is returned as its own only subnode.

    Raises:
        ValueError: If `pytree` is one of its own subnodes.
    """
    met = False

    def is_subnode(node: Any) -> bool:
        nonlocal met
        if node is not pytree:
            return True
        if met:
            raise ValueError(
                f"PyTree node of type `{type(pytree).__name__}` is immediately self-referential: "
                "it contains itself. A PyTree must be a tree; take the reference out."
            )
        met = True
        return False

    return jtu.tree_flatten(pytree, is_leaf=is_subnode)


def tree_check(pytree: Any) -> None:
    """Return nothing if no node with subnodes is met twice in `pytree`, nor within itself.

    Transformations copy a node that is met twice, and the copies go their own ways. Leaves and
    empty nodes may be met any number of times.

    Raises:
        ValueError: If a node is met twice; the message names both places.
    """
    _check(pytree, (), {}, {})


def _check(
    node: Any,
    path: tuple[Any, ...],
    met: dict[int, tuple[tuple[Any, ...], Any]],
    around: dict[int, tuple[Any, ...]],
) -> None:
    """Check the subtree `node` at `path`, given the nodes `met` before and those `around` it."""
    level = jtu.default_registry.flatten_one_level_with_keys(node)
    if level is None:
        return
    children = list(level[0])
    if not children:
        return
    kind = type(node).__name__
    if id(node) in around:
        raise ValueError(
            f"PyTree node of type `{kind}` is self-referential: the node at "
            f"{path_name(around[id(node)])} is met again inside itself, at {path_name(path)}. "
            "A PyTree must be a tree, in which no node contains itself; take the reference out."
        )
    if id(node) in met:
        raise ValueError(
            f"PyTree node of type `{kind}` appears in the PyTree multiple times: at "
            f"{path_name(met[id(node)][0])} and at {path_name(path)}. Flattening and unflattening, "
            "as every JAX transformation does, turns it into two independent copies. Store it in "
            "one place and tie the other to it by `nn.Shared`, or make two nodes."
        )
    # The node is kept alive too: the id of one that a custom node makes on the fly may be reused.
    met[id(node)] = (path, node)
    around[id(node)] = path
    for key, child in children:
        _check(child, (*path, key), met, around)
    del around[id(node)]
