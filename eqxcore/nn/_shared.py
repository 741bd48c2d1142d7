"""One part of a PyTree in several places of it."""

from collections.abc import Callable
from typing import Any

import jax.tree_util as jtu
from jaxtyping import PyTree

from eqxcore._module import Module
from eqxcore._pretty import tree_pformat
from eqxcore._transforms import filter_eval_shape
from eqxcore._tree import tree_at


class SharedNode:
    """Stands where a shared node has been taken out. All are equal, as are models made alike."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SharedNode)

    def __hash__(self) -> int:
        return hash(SharedNode)

    def __repr__(self) -> str:
        return "SharedNode"


class Shared(Module):
    """A PyTree some nodes of which are others of its nodes, as the weights of two layers may be.

    In a PyTree the same array in two places is two leaves, which are trained apart. Here the second
    is taken out, and put in its place again by a call::

        shared = Shared(
            (embedding, linear),
            where=lambda pair: pair[1].weight,  # will be
            get=lambda pair: pair[0].weight,  # this one
        )
        embedding, linear = shared()
    """

    pytree: PyTree
    where: Callable
    get: Callable

    def __init__(self, pytree: PyTree, where: Callable, get: Callable):
        """Take out the nodes at `where`.

        Args:
            pytree: With all its nodes.
            where: Returns the node to take out, or a sequence of them, as for `tree_at`.
            get: Returns what to put there, computed from `pytree`; as many as `where`.

        Raises:
            ValueError: If what `get` returns differs from what it replaces in structure, or in
                the shape or dtype of an array.
        """
        new = filter_eval_shape(get, pytree)
        old = filter_eval_shape(where, pytree)
        if not _alike(new, old):
            raise ValueError(
                "Every node being shared together must have the same pytree structure, shape+dtype "
                "of arrays, etc., as each other. `get(pytree)` is\n"
                f"{tree_pformat(new, struct_as_array=True)}\nand `where(pytree)` is\n"
                f"{tree_pformat(old, struct_as_array=True)}\nWhat `get` returns takes the place of "
                "what `where` returns: let it convert (`.T`, `.astype(...)`) where they differ."
            )
        self.pytree = tree_at(where, pytree, replace_fn=lambda _: SharedNode())
        self.where = where
        self.get = get

    def __call__(self) -> PyTree:
        """Return the PyTree with all its nodes."""
        return tree_at(self.where, self.pytree, self.get(self.pytree))


def _alike(new: Any, old: Any) -> bool:
    new_leaves, new_structure = jtu.tree_flatten(new)
    old_leaves, old_structure = jtu.tree_flatten(old)
    return new_structure == old_structure and all(
        type(x) is type(y) and bool(x == y) for x, y in zip(new_leaves, old_leaves, strict=True)
    )
