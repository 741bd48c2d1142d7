"""The nodes of any PyTree, breadth-first, at any depth and width."""

import itertools
from collections.abc import Sequence
from typing import Any, cast

import jax.tree_util as jtu
import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.modules import field_names, is_module_class, static_fields
from eqxviz.analysis.short_text import short_text
from eqxviz.records import NodeKind

MAX_NODES = 8_000_000
_CONTAINERS = (list, tuple, dict)


class Walk:
    """The nodes of one PyTree, as lists by node id; node 0 is the root.

    The children of a node are neighbours. A leaf's kind is STATIC_LEAF here, whatever it is.
    """

    def __init__(self, root: Any, name: str) -> None:
        self.name = name
        self.values: list[Any] = [root]
        self.parents: list[int] = [-1]
        self.keys: list[str] = [""]
        self.kinds: list[int] = []
        self.first_child: list[int] = []
        self.n_children: list[int] = []
        self._static: set[int] = set()  # nodes that are static fields
        self._holders: dict[int, int] = {}  # id of an object with children -> its latest node
        self._leaf_types: set[type] = set()
        self._item_keys: list[str] = []  # "[0]", "[1]", ...
        self._visit_all()

    def path(self, node: int) -> str:
        """Return `node` as the user would write it: `model.layers[0].weight`."""
        keys: list[str] = []
        while node > 0:
            keys.append(self.keys[node])
            node = self.parents[node]
        return self.name + "".join(reversed(keys))

    def _visit_all(self) -> None:
        # The lists hold no tuples of their own: the collector would walk a million of them again
        # and again while they are made.
        values, kinds, leaf_types = self.values, self.kinds, self._leaf_types
        node = 0
        while node < len(values):
            value, start = values[node], len(values)
            if node in self._static:
                kinds.append(NodeKind.STATIC_FIELD)
            elif value is None:
                kinds.append(NodeKind.NONE)
            elif type(value) in leaf_types:
                kinds.append(NodeKind.STATIC_LEAF)
            else:
                kinds.append(self._visit(node, value))
            self.first_child.append(start)
            self.n_children.append(len(values) - start)
            node += 1

    def _visit(self, node: int, value: object) -> int:
        """Append the children of a node of unknown type; return its kind."""
        cls = type(value)
        if cls is list or cls is tuple:
            self._append_items(node, cast(list[Any], value))
            kind = NodeKind.CONTAINER
        else:
            children = self._children(node, value)
            if children is None:
                self._leaf_types.add(cls)
                return NodeKind.STATIC_LEAF
            self._append(node, value, children)
            container = issubclass(cls, _CONTAINERS)
            kind = NodeKind.CONTAINER if container else NodeKind.NODE
            kind = NodeKind.MODULE if is_module_class(cls) else kind
        if len(self.values) > MAX_NODES:
            raise ValueError(
                f"{self.name} has more than {MAX_NODES:,} nodes; eqxviz shows at most so many. "
                "Open a part of it, or look for a node that makes new children whenever it is "
                "flattened."
            )
        return kind

    def _append_items(self, node: int, items: Sequence[Any]) -> None:
        if items:
            self._refuse_cycle(node, items)
        self.values.extend(items)
        self.parents.extend([node] * len(items))
        while len(self._item_keys) < len(items):
            self._item_keys.append(f"[{len(self._item_keys)}]")
        self.keys.extend(self._item_keys[: len(items)])

    def _append(self, node: int, value: Any, children: Sequence[tuple[str, Any, bool]]) -> None:
        if children:
            self._refuse_cycle(node, value)
        for key, child, static in children:
            if static:
                self._static.add(len(self.values))
            self.values.append(child)
            self.parents.append(node)
            self.keys.append(key)

    def _children(self, node: int, value: Any) -> list[tuple[str, Any, bool]] | None:
        """Return `(key, child, is a static field)` of each child, None for a leaf."""
        try:
            pairs = compat.one_level(value)
        except (ValueError, TypeError) as error:
            if not isinstance(value, dict):
                raise ValueError(
                    f"{self.path(node)}, a {type(value).__name__}, cannot be flattened: {error}. "
                    "Its registered flatten function must return its children."
                ) from error
            # JAX refuses keys that have no order; the model is shown nevertheless.
            pairs = [(jtu.DictKey(k), v) for k, v in cast(dict[Any, Any], value).items()]
        if pairs is None:
            return None
        children = [(accessor(key), child, False) for key, child in pairs]
        return _with_static_fields(value, children)

    def _refuse_cycle(self, node: int, value: Any) -> None:
        """Raise `ValueError` if `value` holds itself, at whatever depth."""
        earlier = self._holders.get(id(value))
        self._holders[id(value)] = node
        above = self.parents[node] if earlier is not None else -1
        while above >= 0:
            if self.values[above] is value:
                raise ValueError(
                    f"{self.path(node)} is {self.path(above)} itself: a PyTree must not hold "
                    "itself. Remove that reference, or make it a static field."
                )
            above = self.parents[above]


def accessor(key: Any) -> str:
    """Return a PyTree key as Python writes it: `.weight`, `[0]`, `['loss']`."""
    if isinstance(key, jtu.DictKey):
        return f"[{short_text(key.key)}]"
    return str(key)


def accessors(path: Any) -> str:
    """Return a path of PyTree keys as Python writes it: `.layers[0].weight`."""
    return "".join(map(accessor, path))


def _with_static_fields(
    value: Any, children: list[tuple[str, Any, bool]]
) -> list[tuple[str, Any, bool]]:
    """Return `children` with the static fields of a dataclass put where they are declared."""
    names = field_names(value)
    keyed = {key[1:] for key, _, _ in children if key.startswith(".")}
    if not names or (children and not keyed):  # no dataclass, or one flattened without names
        return children
    static = dict(static_fields(value, keyed))
    merged: list[tuple[str, Any, bool]] = []
    waiting = iter(children)
    for name in names:
        if name in static:
            merged.append(("." + name, static[name], True))
        elif name in keyed:
            merged.extend(itertools.islice(waiting, 1))
    return [*merged, *waiting]


def levels(parents: np.ndarray) -> list[tuple[int, int]]:
    """Return the `(first, last + 1)` node of each depth of a breadth-first tree, root first."""
    bounds = [(0, min(1, len(parents)))]
    while bounds[-1][1] < len(parents):
        stop = bounds[-1][1]
        # `parents` rises: the next level ends at the first node whose parent lies past this one.
        bounds.append((stop, int(np.searchsorted(parents, stop, side="left"))))
    return bounds
