"""Replacing nodes of a PyTree out of place."""

import dataclasses
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import jax.tree_util as jtu
from jaxtyping import PyTree

from eqxcore._tree._paths import leaf_name
from eqxcore._types import sentinel, summary


class _Leaf:
    """Stands for leaf number `index` of a PyTree; being a leaf is all that can be done with it."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index


class _Picked(NamedTuple):
    """What `where` returned, for the PyTree itself and for the same PyTree made of `_Leaf`s."""

    real: Sequence[Any]
    marked: Sequence[Any]
    single: bool


def tree_at(
    where: Callable[[PyTree], Any | Sequence[Any]],
    pytree: PyTree,
    replace: Any | Sequence[Any] = sentinel,
    replace_fn: Callable[[Any], Any] = sentinel,
    is_leaf: Callable[[Any], bool] | None = None,
) -> PyTree:
    """Return `pytree` with the nodes that `where` picks replaced; `pytree` itself stays as it is.

    Nothing is initialised or checked anew: a Module may get leaves its `__init__` would refuse.

    Args:
        where: Takes `pytree` and returns one node of it, or several in a sequence. It is called a
            second time with placeholders for leaves, so it must not look at them. A node picked
            twice gets the later replacement.
        replace: The new node, or as many as `where` picks.
        replace_fn: Called with each picked node, returns its replacement. Give either this or
            `replace`.
        is_leaf: As in `jax.tree_util.tree_flatten`; `lambda x: x is None` makes each `None` a node
            of its own.

    Raises:
        ValueError, TypeError: If `where` picks something that is no node of `pytree`, or picks by
            the leaves' values, or if the replacements do not match it in number.
    """
    _check_arguments(where, replace, replace_fn)
    leaves, structure = jtu.tree_flatten(pytree, is_leaf)
    marked_tree = structure.unflatten(map(_Leaf, range(len(leaves))))
    try:
        real = where(pytree)
    except (AttributeError, LookupError, TypeError) as error:
        error.add_note(_failure_note(error, where, pytree))
        raise
    try:
        marked = where(marked_tree)
        if not _is_same_pick(leaves, real, marked, is_leaf):
            _restore_order(pytree, marked_tree)
            marked = where(marked_tree)
    except (AttributeError, TypeError) as error:
        error.add_note(_placeholder_note(error, pytree, is_leaf))
        raise

    if type(marked) is _Leaf:
        _check_leaf(leaves, real, marked, pytree, is_leaf)
        leaves[marked.index] = replace if replace_fn is sentinel else replace_fn(real)
        return structure.unflatten(leaves)

    if type(marked) is tuple and not marked and _occurrences(marked_tree, [marked])[id(marked)] > 1:
        # Python has one empty tuple only; as leaves they are told apart by where they stand.
        def stop(node: Any) -> bool:
            return (type(node) is tuple and not node) or (is_leaf is not None and is_leaf(node))

        given: Any = {"replace": replace} if replace_fn is sentinel else {"replace_fn": replace_fn}
        return tree_at(where, pytree, **given, is_leaf=stop)

    picked = _as_sequence(marked_tree, real, marked)
    for one_real, one_marked in zip(picked.real, picked.marked, strict=True):
        if type(one_marked) is _Leaf:
            _check_leaf(leaves, one_real, one_marked, pytree, is_leaf)
    _check_nodes(marked_tree, picked)
    if replace_fn is sentinel:
        new = [replace] if picked.single else _as_replacements(replace, len(picked.marked))
    else:
        new = [replace_fn(node) for node in picked.real]

    replacements = {id(node): i for i, node in enumerate(picked.marked)}
    pieces, outer = jtu.tree_flatten(marked_tree, lambda node: id(node) in replacements)
    return outer.unflatten(
        new[replacements[id(piece)]] if id(piece) in replacements else leaves[piece.index]
        for piece in pieces
    )


def _check_arguments(where: Any, replace: Any, replace_fn: Any) -> None:
    if (replace is sentinel) == (replace_fn is sentinel):
        raise ValueError(
            "Precisely one of `replace` and `replace_fn` must be specified; "
            f"{'neither was' if replace is sentinel else 'both were'}. Give `replace` the new "
            "node, or `replace_fn` a function from the old one."
        )
    if not callable(where):
        raise TypeError(
            f"`where` must be a function that takes the PyTree and returns nodes of it, such as "
            f"`lambda m: m.layers[0].weight`; it is {summary(where)}."
        )


def _is_same_pick(
    leaves: list[Any], real: Any, marked: Any, is_leaf: Callable[[Any], bool] | None
) -> bool:
    """Return whether `where` picked of the placeholders those that stand for what it picked."""
    picked = jtu.tree_leaves(real, is_leaf=is_leaf)
    placeholders = jtu.tree_leaves(marked)
    return len(picked) == len(placeholders) and all(
        type(placeholder) is _Leaf and leaves[placeholder.index] is leaf
        for leaf, placeholder in zip(picked, placeholders, strict=True)
    )


def _restore_order(pytree: PyTree, marked_tree: PyTree) -> None:
    """Put the keys of all dictionaries in the order they have in `pytree`; JAX sorts them."""
    todo = [(pytree, marked_tree)]
    while todo:
        node, marked = todo.pop()
        if type(marked) is _Leaf:
            continue
        if isinstance(marked, dict) and not isinstance(marked, OrderedDict):
            for key in node:
                marked[key] = marked.pop(key)
        level = jtu.default_registry.flatten_one_level(node)
        marked_level = jtu.default_registry.flatten_one_level(marked)
        if level is not None and marked_level is not None:
            todo += zip(level[0], marked_level[0], strict=True)


def _occurrences(marked_tree: PyTree, nodes: Sequence[Any]) -> Counter[int]:
    """Return how often each of `nodes` is met in `marked_tree` outside all others, by its `id`."""
    ids = set(map(id, nodes))
    found = jtu.tree_leaves(marked_tree, is_leaf=lambda node: id(node) in ids)
    return Counter(id(node) for node in found if id(node) in ids)


def _as_sequence(marked_tree: PyTree, real: Any, marked: Any) -> _Picked:
    """Return what `where` picked as sequences of one length, after checking that it can be one."""
    if _occurrences(marked_tree, [marked]):
        return _Picked([real], [marked], single=True)
    for leaf in jtu.tree_leaves(marked, is_leaf=lambda node: node is None):
        if type(leaf) is not _Leaf and not _occurrences(marked_tree, [leaf]):
            raise TypeError(
                f"`where` returned {summary(leaf)}, which is not a node of the PyTree. It must "
                "return nodes as they are: no static field of a Module, no constant, nothing "
                "computed. (To change a static field, make a new Module.)"
                + (" Does `where` lack its `return`?" if marked is None else "")
            )
    if not isinstance(marked, Collection):
        raise TypeError(
            f"`where` returned an object of type `{type(marked).__name__}`, which is neither a "
            "node of the PyTree nor a sequence of nodes. Return the node itself, or a tuple."
        )
    if isinstance(marked, Mapping):
        raise ValueError(
            "`where` does not specify an element or elements of `pytree`: it returned a "
            f"`{type(marked).__name__}` with the keys {list(marked)!r:.80}, which is not a node "
            "of the PyTree. Return several nodes in one flat tuple."
        )
    if not isinstance(real, Collection) or len(real) != len(marked):
        raise ValueError(
            "`where` must use just the PyTree structure of `pytree`: it returned "
            f"{_number(real)} for the PyTree and {_number(marked)} for the same structure with "
            "other leaves. Decide by the structure, or by values you hold outside the PyTree."
        )
    return _Picked(list(real), list(marked), single=False)


def _number(picked: Any) -> str:
    return f"{len(picked)} nodes" if isinstance(picked, Collection) else "one node"


def _as_replacements(replace: Any, count: int) -> Sequence[Any]:
    if not isinstance(replace, Collection):
        raise TypeError(
            f"`where` returned a sequence of {count} nodes, so `replace` must be a sequence of "
            f"{count} replacements; it is {summary(replace)}, of type `{type(replace).__name__}`. "
            "Give a tuple, or use `replace_fn`."
        )
    if len(replace) != count:
        raise ValueError(
            "`where` must return a sequence of leaves of the same length as `replace`: it "
            f"returned {count} nodes, and `replace` holds {len(replace)}. Give as many."
        )
    return list(replace)


def _check_leaf(
    leaves: list[Any],
    real: Any,
    marked: _Leaf,
    pytree: PyTree,
    is_leaf: Callable[[Any], bool] | None,
) -> None:
    if leaves[marked.index] is not real:
        name = leaf_name(pytree, marked.index, is_leaf)
        raise ValueError(
            "`where` must use just the PyTree structure of `pytree`: it returned an object of type "
            f"`{type(real).__name__}` for the PyTree, but the leaf at {name} for the same "
            "structure with other leaves. Decide by the structure, or by values you hold outside "
            "the PyTree."
        )


def _check_nodes(marked_tree: PyTree, picked: _Picked) -> None:
    """Raise `ValueError` unless each picked node stands in one place, and none within another."""
    counts = _occurrences(marked_tree, picked.marked)
    for i, node in enumerate(picked.marked):
        count = counts[id(node)]
        if count == 1:
            continue
        which = "what it returned" if picked.single else f"element {i} of what it returned"
        if count > 1:
            raise ValueError(
                "`where` does not uniquely identify a single element of `pytree`: "
                f"{which} is `{node!r}`, which stands in {count} places. Make each a leaf of its "
                "own: `tree_at(..., is_leaf=lambda x: x is None)`."
            )
        if _occurrences(marked_tree, [node]):
            raise ValueError(
                f"`where` does not specify an element or elements of `pytree`: {which} (of type "
                f"`{type(node).__name__}`) lies inside another node it returned. Replace the outer "
                "node alone, or first one and then the other."
            )
        raise ValueError(
            f"`where` does not specify an element or elements of `pytree`: {which} (of type "
            f"`{type(node).__name__}`) is not a node of the PyTree. Return nodes as they stand in "
            "the PyTree, several of them in one flat tuple."
        )


def _failure_note(error: Exception, where: Any, pytree: PyTree) -> str:
    """Return what to add to an error that `where` raised when it was given the PyTree."""
    note = f"`tree_at` called `where`, {summary(where)}, with the PyTree, {summary(pytree)}."
    node = getattr(error, "obj", None)
    if dataclasses.is_dataclass(node):
        names = ", ".join(f"`{each.name}`" for each in dataclasses.fields(node))
        return f"{note} The fields of a `{type(node).__name__}` are {names or 'none'}."
    if isinstance(error, LookupError):
        return f"{note} Pick a node that is there."
    return f"{note} The order is `tree_at(where, pytree, replace)`."


def _placeholder_note(
    error: AttributeError | TypeError, pytree: PyTree, is_leaf: Callable[[Any], bool] | None
) -> str:
    """Return what to add to an error that `where` raised when it was given placeholders."""
    leaf = error.obj if isinstance(error, AttributeError) else None
    at = f" at {leaf_name(pytree, leaf.index, is_leaf)}" if type(leaf) is _Leaf else ""
    return (
        f"`where` was called with a placeholder for each leaf and used one{at} for more than "
        "picking it. It may walk the nodes of the PyTree, but not compute with a leaf or look "
        "inside it; use `replace_fn` to compute the new leaf from the old."
    )
