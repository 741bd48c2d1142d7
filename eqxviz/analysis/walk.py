"""The nodes of any PyTree, breadth-first, a part at a time."""

import contextlib
import gc
from array import array
from bisect import bisect_right
from collections.abc import Callable, Generator
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eqxviz.analysis.catalogue import Catalogue, kind_of_class
from eqxviz.analysis.children import ChildReader, Children
from eqxviz.analysis.short_text import error_text
from eqxviz.records import NodeKind

MAX_NODES = 8_000_000
MAX_DEPTH = 2_000
_STEP = 512  # nodes between two looks at the clock
_MOST_LOOKED_AT = 2_000_000


class Walk:
    """The nodes of one PyTree by node id; node 0 is the root. `advance` visits them.

    The children of a node are neighbours, and known when it has been visited: there are more
    `values` than visited nodes until the walk is complete. A node that JAX cannot flatten is one of
    the `problems`; if it cannot be looked into, it has no children.
    """

    def __init__(self, root: Any, name: str) -> None:
        self.name = name
        self.values: list[object] = [root]
        self.keys = array("i", [-1])  # as in `Children`; `key_texts` has the text ids
        self.looks = array("i")  # numbers of the catalogue, one a visited node
        self.inner = array("i")  # the visited nodes that have children ...
        self.starts = array("i")  # ... and the first child of each
        self.problems: list[tuple[int, str]] = []  # node, what is wrong with it
        self.catalogue = Catalogue()
        self._reader = ChildReader(self.catalogue.text)
        self._statics = bytearray(1)  # 1 for a node that is a static field
        self._holders: dict[int, int] = {}  # id of an object with children -> its latest node
        self._depth, self._level_end = 0, 1

    def __len__(self) -> int:
        """The number of visited nodes."""
        return len(self.looks)

    @property
    def is_complete(self) -> bool:
        """Whether every node has been visited."""
        return len(self.looks) == len(self.values)

    def advance(self, n_nodes: int, seconds: float = float("inf")) -> None:
        """Visit at most `n_nodes` more, for about `seconds` at most."""
        stop, deadline = len(self.looks) + n_nodes, perf_counter() + seconds
        with _collector_paused():
            while len(self.looks) < min(stop, len(self.values)):
                first = len(self.looks)
                if first == self._level_end:
                    self._depth, self._level_end = self._depth + 1, len(self.values)
                self._visit(first, min(first + _STEP, self._level_end, stop))
                if perf_counter() > deadline:
                    break

    def finish(self) -> "Walk":
        """Visit all nodes that are left; return the walk."""
        self.advance(MAX_NODES)
        return self

    def parent(self, node: int) -> int:
        """Return the parent of `node`, -1 for the root."""
        return self.inner[bisect_right(self.starts, node) - 1] if node > 0 else -1

    def path(self, node: int) -> str:
        """Return `node` as the user would write it: `model.layers[0].weight`."""
        keys: list[str] = []
        while node > 0:
            keys.append(self.catalogue.text_of(int(self.key_texts(node, node + 1)[0])))
            node = self.parent(node)
        return self.name + "".join(reversed(keys))

    def key_texts(self, first: int, stop: int) -> NDArray[np.int32]:
        """Return the text ids of the accessors of these nodes."""
        return self._reader.key_texts(self.keys[first:stop])

    def n_children(self, first: int, stop: int) -> NDArray[np.int32]:
        """Return how many children each of these visited nodes has."""
        a, b = bisect_right(self.inner, first - 1), bisect_right(self.inner, stop - 1)
        starts = self.starts[a : b + 1]
        if b == len(self.starts):
            starts.append(len(self.values))
        found = np.zeros(stop - first, np.int32)
        found[np.array(self.inner[a:b], np.int32) - first] = np.diff(np.array(starts, np.int32))
        return found

    def _visit(self, first: int, stop: int) -> None:
        catalogue, looks, statics = self.catalogue, self.looks, self._statics
        describers = catalogue.describers
        for node, value in enumerate(self.values[first:stop], first):
            describe = describers.get(type(value))
            try:
                if statics[node]:
                    look = catalogue.look_of_static_field(value)
                elif describe is not None:
                    look = describe(value)
                else:
                    look = self._look_into(node, value)
            except Exception as error:  # noqa: BLE001 - reading a leaf is the user's code as well
                why = f"Reading it raised {error_text(error)}. Its class alone is shown."
                self.problems.append((node, why))
                look = catalogue.look_of_unreadable(value, bool(statics[node]))
            looks.append(look)

    def _look_into(self, node: int, value: object) -> int:
        """Append the children of a node that may have some; return its look."""
        catalogue, cls = self.catalogue, type(value)
        if value is None:
            return catalogue.look_of_inner(cls, NodeKind.NONE)
        try:
            children = self._reader.children(value)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - flattening is the user's code
            why = (
                f"It cannot be flattened: {error_text(error)}. JAX cannot use it. The flatten "
                f"function that {cls.__name__} is registered with must return its children."
            )
            return self._cut_off(node, cls, why)
        if children is None:
            return catalogue.look_of_leaf(value)
        why = self._why_not_deeper(node, value, children) if children.values else ""
        if why:
            return self._cut_off(node, cls, why)
        if children.problem:
            self.problems.append((node, children.problem))
        look = catalogue.look_of_inner(cls, kind_of_class(cls), bool(children.problem))
        if children.values:
            self.inner.append(node)
            self.starts.append(len(self.values))
            self.values.extend(children.values)
            self.keys.extend(children.keys)
            self._statics.extend(children.statics)
        return look

    def _cut_off(self, node: int, cls: type, why: str) -> int:
        self.problems.append((node, why))
        return self.catalogue.look_of_inner(cls, kind_of_class(cls), True)

    def _why_not_deeper(self, node: int, value: Any, children: Children) -> str:
        """Return why the children of `node` are not to be walked, "" if they are."""
        earlier = self._holders.get(id(value))
        self._holders[id(value)] = node
        above = self.parent(node) if earlier is not None else -1
        while above >= 0:
            if self.values[above] is value:
                return (
                    f"It is {self.path(above)} itself: a PyTree must not hold itself, and JAX "
                    "cannot flatten this one. Remove that reference, or make it a static field."
                )
            above = self.parent(above)
        if self._depth >= MAX_DEPTH:
            return (
                f"The tree is cut off here: it is more than {MAX_DEPTH:,} nodes deep, which JAX "
                "cannot flatten either. Make it flatter; a chain of equal layers can be stacked "
                "and run with jax.lax.scan."
            )
        if len(self.values) + len(children.values) > MAX_NODES:
            return (
                f"The tree is cut off here: it has more than {MAX_NODES:,} nodes. Open a part of "
                "it, or look for a node that makes new children whenever it is flattened."
            )
        return ""


@contextlib.contextmanager
def _collector_paused() -> Generator[None]:
    """Keep the garbage collector from walking a large model again and again meanwhile."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def has_leaf(root: Any, is_wanted: Callable[[Any], bool]) -> bool:
    """Whether one of the leaves of a PyTree `is_wanted`; the first one ends the search.

    What cannot be flattened has no leaves, and a tree that has no end is given up. Raises what the
    flattening of the root itself raises.
    """
    reader = ChildReader(Catalogue().text)
    waiting: list[Any] = [root]
    seen: dict[int, Any] = {}  # each object is looked into once: cycles end here
    for _ in range(_MOST_LOOKED_AT):
        if not waiting:
            break
        value = waiting.pop()
        try:
            children = (
                reader.children(value) if value is not None else Children((), array("i"), b"")
            )
        except (Exception, SystemExit):
            if value is root:
                raise
            continue
        if children is None:
            if is_wanted(value):
                return True
        elif id(value) not in seen:
            seen[id(value)] = value
            leaves = [v for v, s in zip(children.values, children.statics, strict=True) if not s]
            waiting.extend(reversed(leaves))
    return False
