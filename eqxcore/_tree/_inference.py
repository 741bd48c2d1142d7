"""Switching a model between training and inference."""

from typing import Any

import jax.tree_util as jtu
from jaxtyping import PyTree

from eqxcore._tree._at import tree_at
from eqxcore._tree._paths import path_name


def _is_none(node: Any) -> bool:
    return node is None


def tree_inference(pytree: PyTree, value: bool = True) -> PyTree:
    """Return `pytree` with each `inference` attribute of its nodes set to `value`.

    These flags switch layers such as `nn.Dropout` between training (`False`) and inference.

    Raises:
        TypeError: If such an attribute is no child of its node, such as a static field.
    """

    def flags(tree: PyTree) -> tuple[Any, ...]:
        return tuple(flag for _, flag, _ in _flagged(tree))

    try:
        return tree_at(flags, pytree, replace_fn=lambda _: value, is_leaf=_is_none)
    except TypeError:
        _refuse_fixed_flag(pytree)
        raise


def _flagged(tree: PyTree) -> list[tuple[Any, Any, Any]]:
    """Return all nodes with a flag that are not within a flag, each with its flag and children."""
    found: list[Any] = []
    todo = [tree]
    while todo:
        node = todo.pop()
        level = jtu.default_registry.flatten_one_level(node)
        if level is None:
            continue
        flag = getattr(node, "inference", level)
        if flag is not level:
            found.append((node, flag, level[0]))
        todo += [child for child in level[0] if child is not flag]
    return found


def _refuse_fixed_flag(pytree: PyTree) -> None:
    """Raise `TypeError` if there is a flag that cannot be replaced, and return otherwise."""
    # With each leaf an object of its own, no child can be mistaken for a flag that is equal.
    leaves, structure = jtu.tree_flatten(pytree, _is_none)
    marked = structure.unflatten(object() for _ in leaves)
    for node, flag, children in _flagged(marked):
        if any(child is flag for child in children):
            continue
        path = next(
            path
            for path, each in jtu.tree_leaves_with_path(marked, is_leaf=lambda n, at=node: n is at)
            if each is node
        )
        raise TypeError(
            f"`inference` of the `{type(node).__name__}` at {path_name(path)} is {flag!r}, which "
            "cannot be switched: it is not a child of that node, but a static field, a property "
            "or an attribute of the class. Declare it as an ordinary field, `inference: bool`."
        )
