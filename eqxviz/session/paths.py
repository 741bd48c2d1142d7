"""Where a node of a tree is, as code: Python, a `tree_at` lambda, JAX's keys.

What is copied must mean the node when it is pasted. Where that cannot be (a key without a literal,
a child that only JAX can reach) the text still says where the node is, with the reason.

The children of a tree called "" are variables: each is the root of its own paths.
"""

import ast
import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eqxviz.records import ModelTree
    from eqxviz.session.outline.unfolding import Nodes

VARIABLES = "variables"  # what a tree of several variables is called
MOST_PATHS = 10_000  # of many nodes at once
_KEY_LIMIT = 80  # a longer key was shortened when the tree was made
_FLAT = re.compile(r"<(\d+)>")
_NAME = re.compile(r"[^\W\d]\w*")
_SEQUENCES = ("list", "tuple")


def node_name(tree: "ModelTree", node: int) -> str:
    """Return what a row calls a node: its key, and the root by its name."""
    key = tree.strings[int(tree.key[node])] if node else tree.name or VARIABLES
    return key.removeprefix(".")


def class_name(tree: "ModelTree", node: int) -> str:
    """Return the class of a node, "" where it has none, or where its name has said it."""
    kind = int(tree.type[node])
    is_said = not node and not tree.name
    return tree.strings[int(tree.type_name[kind])] if kind >= 0 and not is_said else ""


@dataclass(frozen=True)
class Written:
    """A path as text, and why it is no code that leads to the node; "" where it is."""

    text: str
    fault: str = ""

    @property
    def copied(self) -> str:
        """What is put on the clipboard: the code, or as a comment why there is none."""
        return f"# {self.text}: {self.fault}" if self.fault else self.text


def python_path(tree: "ModelTree", node: int) -> Written:
    """Return `model.layers[0].weight`."""
    return expression(_root(tree, node), tree, node)


def expression(root: str, tree: "ModelTree", node: int) -> Written:
    """Return the path of `node` from what is called `root`: `root.layers[0].weight`."""
    text, fault = root, "" if root else "it is several variables, and not one object"
    for step in _steps(tree, node):
        key = step.text
        if _is_name(key):
            text += key
        elif key.startswith("."):
            text = f"getattr({text}, {key[1:]!r})"
        else:
            text += key
            fault = fault or _fault_of_item(key)
    return Written(text, fault)


def tree_at_lambda(tree: "ModelTree", node: int) -> Written:
    """Return `lambda model: model.layers[0].weight`, which `tree_at` takes as its `where`."""
    name = _argument_name(_root(tree, node))
    path = expression(name, tree, node)
    fault = path.fault
    if not fault and _is_static_field(tree, node):
        fault = "a static field is part of the structure: tree_at replaces only leaves and subtrees"
    return Written(f"lambda {name}: {path.text}", fault)


def key_path(tree: "ModelTree", node: int) -> Written:
    """Return the path as JAX prints it: `(GetAttrKey(name='layers'), SequenceKey(idx=0))`."""
    keys: list[str] = []
    fault = "" if _root(tree, node) else "it is several variables, and not one PyTree"
    for step in _steps(tree, node):
        key, why = _jax_key(step)
        keys.append(key)
        fault = fault or why
    if not fault and _is_static_field(tree, node):
        fault = "a static field is no part of the PyTree: JAX gives it no key path"
    inside = ", ".join(keys) + ("," if len(keys) == 1 else "")
    return Written(f"({inside})", fault)


def python_paths(tree: "ModelTree", nodes: "Nodes") -> str:
    """Return the Python paths of `nodes`, a line each; at most `MOST_PATHS`, and how many not."""
    lines = [python_path(tree, node).copied for node in nodes[:MOST_PATHS].tolist()]
    if len(nodes) > MOST_PATHS:
        lines.append(f"# and {len(nodes) - MOST_PATHS:,} more")
    return "\n".join(lines)


def breadcrumbs(tree: "ModelTree", node: int) -> tuple[tuple[str, int], ...]:
    """Return `(text, node)` of the root, ... and `node` itself: `model`, `.layers`, `[0]`."""
    crumbs = [(tree.strings[int(tree.key[n])], n) for n in _way(tree, node)]
    return ((tree.name or VARIABLES, 0), *crumbs)


def keys_to(tree: "ModelTree", node: int) -> tuple[str, ...]:
    """Return the keys from the root down to `node`: what another version of the tree is asked."""
    return tuple(tree.strings[int(tree.key[n])] for n in _way(tree, node))


def node_with_keys(tree: "ModelTree", keys: tuple[str, ...]) -> int:
    """Return the node that `keys_to` gives these keys, -1 if there is none (yet)."""
    import numpy as np

    node = 0
    for key in keys:
        below = tree.children(node)
        ids = _text_ids(tree, key)
        found = np.flatnonzero(np.isin(tree.key[below.start : below.stop], ids))
        if not len(found):
            return -1
        node = below.start + int(found[0])
    return node


@dataclass(frozen=True)
class _Step:
    """One key on the way down, and what kind of thing it is a key of."""

    text: str
    node: int
    holder: str  # the type of the node above: "dict"
    is_container: bool


def _steps(tree: "ModelTree", node: int) -> Iterator[_Step]:
    from eqxviz.records import NodeKind

    for below in _way(tree, node)[0 if tree.name else 1 :]:
        above = int(tree.parent[below])
        kind = int(tree.type[above])
        holder = tree.strings[int(tree.type_name[kind])] if kind >= 0 else ""
        is_container = int(tree.kind[above]) == NodeKind.CONTAINER
        yield _Step(tree.strings[int(tree.key[below])], below, holder, is_container)


def _text_ids(tree: "ModelTree", text: str) -> list[int]:
    """Return the ids of `text`; a search in bytes, for a tree may hold a million texts."""
    data, wanted = tree.strings.data.tobytes(), text.encode("utf-8", "replace")
    offsets, ids = tree.strings.offsets, list[int]()
    start = data.find(wanted)
    while start >= 0:
        i = int(offsets.searchsorted(start, "right")) - 1
        if int(offsets[i]) == start and int(offsets[i + 1]) == start + len(wanted):
            ids.append(i)
        start = data.find(wanted, start + max(1, len(wanted)))
    return ids


def _way(tree: "ModelTree", node: int) -> list[int]:
    """Return the nodes from below the root down to `node`."""
    way: list[int] = []
    while node > 0:
        way.append(node)
        node = int(tree.parent[node])
    return way[::-1]


def _root(tree: "ModelTree", node: int) -> str:
    """Return what paths to `node` begin with: the tree's name, or that of its variable."""
    way = _way(tree, node) if not tree.name else []
    return tree.strings[int(tree.key[way[0]])] if way else tree.name


def _jax_key(step: _Step) -> tuple[str, str]:
    """Return a key as JAX prints it, and why it cannot be known."""
    key = step.text
    if flat := _FLAT.fullmatch(key):
        return f"FlattenedIndexKey(key={flat[1]})", ""
    if key.startswith("."):
        return f"GetAttrKey(name={key[1:]!r})", ""
    fault, inside = _fault_of_item(key), key[1:-1]
    if fault:
        return f"DictKey(key={inside})", fault
    # Other nodes choose the class of their keys themselves; whole numbers are mostly positions.
    is_sequence = step.holder in _SEQUENCES if step.is_container else inside.isdecimal()
    return (f"SequenceKey(idx={inside})" if is_sequence else f"DictKey(key={inside})"), ""


def _fault_of_item(key: str) -> str:
    """Return why `key`, written as `[...]`, is no code; "" if it is."""
    if _FLAT.fullmatch(key):
        return "its class gives JAX its children without names: Python has no path to them"
    if not (key.startswith("[") and key.endswith("]")):
        return f"the key {key} is of a class of its own: no code is known that leads there"
    inside = key[1:-1]
    try:
        ast.literal_eval(inside)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return f"the key {inside} has no literal in Python"
    if len(inside) >= _KEY_LIMIT and ("..." in inside or "…" in inside):
        return "the key is too long and was shortened"
    return ""


def _is_name(key: str) -> bool:
    name = key[1:]
    return key.startswith(".") and name.isidentifier() and not keyword.iskeyword(name)


def _argument_name(name: str) -> str:
    """Return a name for the argument of a lambda: that of the tree, if it can be one."""
    for part in reversed(_NAME.findall(name)):
        if not keyword.iskeyword(part):
            return part
    return "tree"


def _is_static_field(tree: "ModelTree", node: int) -> bool:
    from eqxviz.records import NodeKind

    return int(tree.kind[node]) == NodeKind.STATIC_FIELD
