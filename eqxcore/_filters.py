"""Telling leaves apart, and splitting and joining PyTrees by that."""

import dataclasses
import functools as ft
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
from jaxtyping import PyTree

from eqxcore._types import summary

_BOOL = frozenset({bool})
# Concrete types first: for them the slower instance check of `jax.Array` is never reached.
_ARRAY_TYPES = (np.ndarray, np.generic, jax.Array)
_SCALAR_TYPES = (float, complex, bool, int)

PREFIX_ADVICE = "Give it that node, or one leaf for all that is below."
_SPEC_ADVICE = "Give it that node, or one `True`, `False` or function for all that is below."
_COMBINE_ADVICE = "Combine the parts of one `partition`, or trees that differ in their leaves only."


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
    name: str,
    prefix: PyTree,
    pytree: PyTree,
    is_leaf: Callable[[Any], bool] | None = None,
    advice: str = PREFIX_ADVICE,
) -> ValueError:
    """Return the error that says where `prefix`, called `name`, is no prefix of `pytree`."""
    path, found, expected = _first_difference(prefix, pytree, is_leaf, ())
    if found == "None":
        advice += " `None` is an empty node, and no leaf."
    return ValueError(
        f"The structure of `{name}` must be a prefix of that of the PyTree it is used with; at "
        f"`{name}{jtu.keystr(path)}` it has {found} where the PyTree has {expected}. {advice}"
    )


def _first_difference(
    prefix: PyTree, pytree: PyTree, is_leaf: Callable[[Any], bool] | None, path: tuple[Any, ...]
) -> tuple[tuple[Any, ...], str, str]:
    """Return where a prefix ceases to be one, what it has there, and what the PyTree has."""
    level = None
    if is_leaf is None or not is_leaf(prefix):
        level = jtu.default_registry.flatten_one_level_with_keys(prefix)
    if level is None:
        return path, "", ""
    children, metadata = list(level[0]), level[1]
    other = jtu.default_registry.flatten_one_level_with_keys(pytree)
    if type(prefix) is not type(pytree) or other is None:
        return path, summary(prefix), summary(pytree)
    other_children = list(other[0])
    if len(children) != len(other_children) or (
        not _same(metadata, other[1]) and isinstance(prefix, (dict, tuple))
    ):
        return path, summary(prefix), summary(pytree)
    if not _same(metadata, other[1]):
        return path, *_other_settings(prefix, pytree, {str(key) for key, _ in children})
    for (key, child), (_, other_child) in zip(children, other_children, strict=True):
        found = _first_difference(child, other_child, is_leaf, (*path, key))
        if found[1]:
            return found
    return path, "", ""


def _other_settings(prefix: Any, pytree: Any, children: set[str]) -> tuple[str, str]:
    """Return two nodes of one type with what it is outside their children that tells them apart."""
    names = [f.name for f in dataclasses.fields(prefix)] if dataclasses.is_dataclass(prefix) else []
    different = [
        name
        for name in names
        if f".{name}" not in children
        and not _same(getattr(prefix, name, None), getattr(pytree, name, None))
    ]
    cls = type(prefix).__name__

    def shown(node: Any) -> str:
        settings = (f"{name}={summary(getattr(node, name, None))}" for name in different[:3])
        return f"a {cls} with {', '.join(settings)}" if different else f"a {cls} of its own"

    return shown(prefix), shown(pytree)


def _same(left: Any, right: Any) -> bool:
    try:
        return left is right or (type(left) is type(right) and bool(left == right))
    except ValueError:  # arrays in them
        return False


def prefix_pairs(
    name: str, prefix: PyTree, pytree: PyTree, advice: str = PREFIX_ADVICE
) -> tuple[list[tuple[Any, PyTree]], Any]:
    """Return each leaf of `prefix` beside the subtree it governs, and the structure of `prefix`.

    Raises:
        ValueError: If `prefix`, called `name` in the message, is no prefix of `pytree`.
    """
    leaves, structure = jtu.tree_flatten(prefix)
    try:
        governed = structure.flatten_up_to(pytree)
    except ValueError:
        raise prefix_error(name, prefix, pytree, advice=advice) from None
    return list(zip(leaves, governed, strict=True)), structure


def _leaf_paths(
    filter_spec: PyTree, index: int, subtree: PyTree, is_leaf: Callable[[Any], bool] | None
) -> list[tuple[Any, ...]]:
    """Return the paths of the leaves of `subtree`, which leaf `index` of `filter_spec` governs."""
    prefix = jtu.tree_leaves_with_path(filter_spec)[index][0]
    return [(*prefix, *path) for path, _ in jtu.tree_leaves_with_path(subtree, is_leaf)]


def _verdicts(
    rule: Callable[..., object], leaves: list[Any], paths: Callable[[], list[Any]]
) -> list[Any]:
    """Return what `rule` says of each leaf; `paths` gives where they are, for a message."""
    verdicts = list(map(rule, leaves))
    if _BOOL.issuperset(map(type, verdicts)):
        return verdicts
    checked = []
    for path, leaf, verdict in zip(paths(), leaves, verdicts, strict=True):
        what = f"A function in `filter_spec` returned {summary(verdict)} for {summary(leaf)}"
        if verdict is None:
            raise ValueError(
                f"{what}, the leaf at {jtu.keystr(path) or 'the root'}. It must return `True` or "
                "`False`; is its `return` missing?"
            )
        try:
            checked.append(bool(verdict))
        except (TypeError, ValueError) as error:
            error.add_note(
                f"{what}, the leaf at {jtu.keystr(path) or 'the root'}. It must return `True` or "
                "`False`: decide by the type, shape or dtype of the leaf, not by its values."
            )
            raise
    return checked


def _masked(
    pytree: PyTree,
    filter_spec: PyTree[bool | Callable[[Any], bool]],
    is_leaf: Callable[[Any], bool] | None,
) -> tuple[Callable[[Iterator[Any]], PyTree], list[Any], list[Any]]:
    """Return a function that rebuilds the tree, its leaves, and what the spec says of each."""
    if callable(filter_spec) and jtu.all_leaves([filter_spec]):
        # One rule for the whole tree: by far the commonest spec.
        leaves, structure = jtu.tree_flatten(pytree, is_leaf)
        paths = ft.partial(_leaf_paths, filter_spec, 0, pytree, is_leaf)
        return structure.unflatten, leaves, _verdicts(filter_spec, leaves, paths)
    for rule in jtu.tree_leaves(filter_spec):
        if not isinstance(rule, bool) and not callable(rule):
            raise _wrong_rule(filter_spec, rule)
    pairs, spec_structure = prefix_pairs("filter_spec", filter_spec, pytree, _SPEC_ADVICE)
    leaves: list[Any] = []
    mask: list[Any] = []
    structures = []
    for i, (rule, subtree) in enumerate(pairs):
        some, structure = jtu.tree_flatten(subtree, is_leaf)
        leaves += some
        if callable(rule):
            paths = ft.partial(_leaf_paths, filter_spec, i, subtree, is_leaf)
            mask += _verdicts(rule, some, paths)
        else:
            mask += [rule] * len(some)
        structures.append(structure)

    def rebuild(new_leaves: Iterator[Any]) -> PyTree:
        return spec_structure.unflatten(
            structure.unflatten([next(new_leaves) for _ in range(structure.num_leaves)])
            for structure in structures
        )

    return rebuild, leaves, mask


def _wrong_rule(filter_spec: PyTree, rule: Any) -> ValueError:
    """Return the error for a leaf of `filter_spec` that says nothing of leaves."""
    path = next(path for path, each in jtu.tree_leaves_with_path(filter_spec) if each is rule)
    return ValueError(
        f"`filter_spec` must consist of booleans and callables only; `filter_spec"
        f"{jtu.keystr(path)}` is {summary(rule)}, of type `{type(rule).__name__}`. Use `True` or "
        "`False`, or a function that takes a leaf and returns one of them."
    )


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


def _cannot_combine(index: int, first: PyTree, other: PyTree, stop: Any) -> ValueError:
    path, found, expected = _first_difference(first, other, stop, ())
    at = jtu.keystr(path)
    return ValueError(
        f"The PyTrees to combine must have one structure; `pytrees[0]{at}` is {found} and "
        f"`pytrees[{index}]{at}` is {expected}. {_COMBINE_ADVICE}"
    )


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
    for i, other in enumerate(others, start=1):
        try:
            candidates = structure.flatten_up_to(other)
        except ValueError:
            raise _cannot_combine(i, first, other, stop) from None
        leaves = [
            candidate if leaf is None else leaf
            for leaf, candidate in zip(leaves, candidates, strict=True)
        ]
    return structure.unflatten(leaves)
