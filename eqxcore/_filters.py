"""Telling leaves apart, and splitting and joining PyTrees by that."""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
from jaxtyping import PyTree

# Concrete types first: for them the slower instance check of `jax.Array` is never reached.
_ARRAY_TYPES = (np.ndarray, np.generic, jax.Array)
_SCALAR_TYPES = (float, complex, bool, int)


def is_array(element: Any) -> bool:
    """Return `True` if `element` is a JAX array or a NumPy array or scalar."""
    return isinstance(element, _ARRAY_TYPES)


def is_array_like(element: Any) -> bool:
    """Return `True` if `element` is an array, a Python number, or offers `__jax_array__`."""
    return isinstance(element, (*_ARRAY_TYPES, *_SCALAR_TYPES)) or _offers_array(element)


def is_inexact_array(element: Any) -> bool:
    """Return `True` if `element` is a JAX or NumPy array of floating or complex numbers."""
    # JAX's `issubdtype`, since NumPy's does not count `bfloat16` among the floats.
    return isinstance(element, _ARRAY_TYPES) and jnp.issubdtype(element.dtype, jnp.inexact)


def is_inexact_array_like(element: Any) -> bool:
    """Return `True` if `element` is an inexact array, a Python float or complex, or offers one."""
    if isinstance(element, _ARRAY_TYPES):
        return jnp.issubdtype(element.dtype, jnp.inexact)
    if _offers_array(element):
        return is_inexact_array(element.__jax_array__())
    return isinstance(element, (float, complex))


def _offers_array(element: Any) -> bool:
    # A class that defines the method does not itself stand for an array.
    return not isinstance(element, type) and callable(getattr(element, "__jax_array__", None))


def prefix_error(
    name: str, prefix: PyTree, pytree: PyTree, is_leaf: Callable[[Any], bool] | None = None
) -> ValueError:
    """Return the error that says where `prefix`, called `name`, is no prefix of `pytree`."""
    try:
        jtu.tree_map(lambda *_: None, prefix, pytree, is_leaf=is_leaf)
    except ValueError as error:
        detail = str(error).replace("tree_map tree", name)
        return ValueError(
            f"{detail}\n`{name}` must have a structure that is a prefix of the structure of the "
            "PyTree it is used with: a node is allowed where the PyTree has the same node, and a "
            "leaf anywhere."
        )
    return ValueError(f"`{name}` is not a prefix of the PyTree it is used with.")


def prefix_pairs(name: str, prefix: PyTree, pytree: PyTree) -> tuple[list[tuple[Any, PyTree]], Any]:
    """Return each leaf of `prefix` beside the subtree it governs, and the structure of `prefix`.

    Raises:
        ValueError: If `prefix`, called `name` in the message, is no prefix of `pytree`.
    """
    leaves, structure = jtu.tree_flatten(prefix)
    try:
        governed = structure.flatten_up_to(pytree)
    except ValueError:
        raise prefix_error(name, prefix, pytree) from None
    return list(zip(leaves, governed, strict=True)), structure


def _verdicts(rule: Callable[..., object], leaves: list[Any]) -> list[Any]:
    verdicts = list(map(rule, leaves))
    for leaf, verdict in zip(leaves, verdicts, strict=True):
        if verdict is None:
            raise ValueError(
                f"A function in `filter_spec` returned `None` for a leaf of type "
                f"`{type(leaf).__name__}`. It must return a boolean; is its `return` missing?"
            )
    return verdicts


def _masked(
    pytree: PyTree,
    filter_spec: PyTree[bool | Callable[[Any], bool]],
    is_leaf: Callable[[Any], bool] | None,
) -> tuple[Callable[[Iterator[Any]], PyTree], list[Any], list[Any]]:
    """Return a function that rebuilds the tree, its leaves, and what the spec says of each."""
    if callable(filter_spec) and jtu.all_leaves([filter_spec]):
        # One rule for the whole tree: by far the commonest spec.
        leaves, structure = jtu.tree_flatten(pytree, is_leaf)
        return structure.unflatten, leaves, _verdicts(filter_spec, leaves)
    for rule in jtu.tree_leaves(filter_spec):
        if not isinstance(rule, bool) and not callable(rule):
            raise ValueError(
                "`filter_spec` must consist of booleans and callables only; it holds "
                f"{rule!r} of type `{type(rule).__name__}`. Use `True` or `False`, or a function "
                "that takes a leaf and returns one of them."
            )
    pairs, spec_structure = prefix_pairs("filter_spec", filter_spec, pytree)
    leaves: list[Any] = []
    mask: list[Any] = []
    structures = []
    for rule, subtree in pairs:
        some, structure = jtu.tree_flatten(subtree, is_leaf)
        leaves += some
        mask += _verdicts(rule, some) if callable(rule) else [rule] * len(some)
        structures.append(structure)

    def rebuild(new_leaves: Iterator[Any]) -> PyTree:
        return spec_structure.unflatten(
            structure.unflatten([next(new_leaves) for _ in range(structure.num_leaves)])
            for structure in structures
        )

    return rebuild, leaves, mask


def filter(
    pytree: PyTree,
    filter_spec: PyTree[bool | Callable[[Any], bool]],
    inverse: bool = False,
    replace: Any = None,
    is_leaf: Callable[[Any], bool] | None = None,
) -> PyTree:
    """Return `pytree` with the leaves that `filter_spec` refuses replaced by `replace`.

    Args:
        filter_spec: `True` keeps a leaf or subtree, `False` replaces it, a function is asked for
            every leaf. One of these, or a PyTree of them that is a prefix of `pytree`.
        inverse: Keep what would be replaced, and the other way round.
        is_leaf: As in `jax.tree_util.tree_flatten`.

    Raises:
        ValueError: If `filter_spec` holds anything else, or is no prefix of `pytree`.
    """
    rebuild, leaves, mask = _masked(pytree, filter_spec, is_leaf)
    inverse = bool(inverse)
    return rebuild(
        leaf if bool(keep) is not inverse else replace
        for keep, leaf in zip(mask, leaves, strict=True)
    )


def partition(
    pytree: PyTree,
    filter_spec: PyTree[bool | Callable[[Any], bool]],
    replace: Any = None,
    is_leaf: Callable[[Any], bool] | None = None,
) -> tuple[PyTree, PyTree]:
    """Return what `filter_spec` keeps of `pytree`, and what it refuses, as two PyTrees.

    Both have the structure of `pytree`, with `replace` in the place of the other's leaves;
    `combine` puts them together again. The arguments are those of `filter`.
    """
    rebuild, leaves, mask = _masked(pytree, filter_spec, is_leaf)
    pairs = list(zip(mask, leaves, strict=True))
    return (
        rebuild(iter([leaf if keep else replace for keep, leaf in pairs])),
        rebuild(iter([replace if keep else leaf for keep, leaf in pairs])),
    )


def _is_none(node: Any) -> bool:
    return node is None


def combine(*pytrees: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> PyTree:
    """Return one PyTree whose leaves are the first of `pytrees` to be not `None` there.

    Undoes `partition`. The structure is that of the first PyTree, with `None` as a leaf.

    Raises:
        TypeError: If no PyTree is given.
        ValueError: If the structures differ.
    """
    if not pytrees:
        raise TypeError("`combine` needs at least one PyTree; it was called with none.")
    first, *others = pytrees
    if is_leaf is None:
        stop = _is_none
    else:

        def stop(node: Any) -> bool:
            return node is None or is_leaf(node)

    leaves, structure = jtu.tree_flatten(first, stop)
    for i, other in enumerate(others):
        try:
            candidates = structure.flatten_up_to(other)
        except ValueError:
            raise prefix_error(f"pytrees[{i}]", first, other, stop) from None
        leaves = [
            candidate if leaf is None else leaf
            for leaf, candidate in zip(leaves, candidates, strict=True)
        ]
    return structure.unflatten(leaves)
