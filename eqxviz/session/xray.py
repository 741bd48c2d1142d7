"""How filtering sees each node of a model tree: one word in each column, and why."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import GradientSeen, ModelTree, NodeFlag, NodeKind

Column = Literal["array", "differentiated", "jit", "optimiser", "gradient"]
Keys = NDArray[np.uint8]

COLUMNS: tuple[Column, ...] = ("array", "differentiated", "jit", "optimiser", "gradient")
TITLES: dict[Column, str] = {
    "array": "Array",
    "differentiated": "Differentiated",
    "jit": "Under jit",
    "optimiser": "Optimiser",
    "gradient": "Gradient",
}
# What a column says of a node, by its key, and the mark of it: a key of `marks.MARKS`, "" for none.
# Key 0 is what the column does not apply to; higher keys are what stands out.
WORDS: dict[Column, tuple[tuple[str, str], ...]] = {
    "array": (("", ""), ("no", ""), ("array", "traced")),
    "differentiated": (("", ""), ("no", ""), ("differentiated", "differentiated")),
    "jit": (
        *(("", ""), ("static field", "static_field"), ("static leaf", "static")),
        *(("refused", "problem"), ("traced", "traced")),
    ),
    "optimiser": (("", ""), ("unknown", "none"), ("no", ""), ("is state", ""), ("state", "")),
    "gradient": (
        *(("", ""), ("unknown", "none"), ("no gradient", "frozen")),
        ("gradient", "differentiated"),
    ),
}
_EXPLAINED = {
    NodeKind.NONE: "None is an empty subtree: there is no leaf here.",
    NodeKind.STATIC_FIELD: "A static field is no leaf: it is part of the PyTree's structure.",
}
_INNER = "Filtering looks at leaves; this node only holds some."


class State(NamedTuple):
    """What one column says of one node."""

    word: str  # "" where the column does not apply
    mark: str  # a key of `marks.MARKS`, "" for none
    why: str  # one or two sentences


@dataclass(frozen=True)
class GradientMarks:
    """What was seen of the gradients of a tree's leaves, by node: an index into `seen`, or -1."""

    seen: tuple[GradientSeen, ...]
    gets: NDArray[np.int32]  # the function that differentiates the leaf
    lacks: NDArray[np.int32]  # one that has the leaf in its argument, and holds it fixed


@dataclass(frozen=True)
class XRay:
    """The columns of one tree. Keys are computed once a column, for all nodes together."""

    tree: ModelTree
    gradients: GradientMarks | None = None
    _keys: dict[Column, Keys] = field(default_factory=dict[Column, Keys], repr=False)

    def keys(self, column: Column) -> Keys:
        """Return the key of each node: an index into `WORDS[column]`, to sort and search by."""
        if column not in self._keys:
            self._keys[column] = _KEYS[column](self)
        return self._keys[column]

    def state(self, node: int, column: Column) -> State:
        """Return what `column` says of `node`, and why."""
        word, mark = WORDS[column][int(self.keys(column)[node])]
        return State(word, mark, _WHY[column](self, node))

    @cached_property
    def is_refused(self) -> NDArray[np.bool_]:
        """Whether a node is a NumPy array that holds no numbers, which JAX does not take."""
        return self.has(NodeFlag.REFUSED)

    def is_kind(self, *kinds: NodeKind) -> NDArray[np.bool_]:
        """Return whether each node is of one of `kinds`."""
        return np.isin(self.tree.kind, np.array(kinds, np.uint8))

    def has(self, flag: NodeFlag) -> NDArray[np.bool_]:
        """Return whether each node has `flag`."""
        return (self.tree.flags & np.uint32(flag)) != 0


def _says(xray: XRay, node: int) -> str:
    """Return what a leaf is, to begin a sentence with: "float32[8,3]", "A function"."""
    tree = xray.tree
    leaf = int(tree.leaf[node])
    flags = int(tree.flags[node])
    name = tree.strings[int(tree.type_name[int(tree.type[node])])]
    if int(tree.kind[node]) == NodeKind.ARRAY:
        shape = ",".join(map(str, tree.shape(node) or ()))
        array = "array of PRNG keys" if flags & NodeFlag.PRNG_KEY else "array"
        whose = "A NumPy" if flags & NodeFlag.NUMPY else "An"
        return f"{whose} {array} {tree.strings[int(tree.leaf_dtype[leaf])]}[{shape}]"
    if flags & NodeFlag.CALLABLE:
        return f"A callable ({name})"
    return f"A value of type {name}"


def _no_leaf(xray: XRay, node: int) -> str:
    """Return why filtering says nothing of `node`, "" if it is a leaf."""
    kind = NodeKind(int(xray.tree.kind[node]))
    if kind in (NodeKind.ARRAY, NodeKind.STATIC_LEAF):
        return ""
    return _EXPLAINED.get(kind, _INNER)


def _array_keys(xray: XRay) -> Keys:
    keys = xray.is_kind(NodeKind.STATIC_LEAF, NodeKind.STATIC_FIELD).astype(np.uint8)
    keys[xray.is_kind(NodeKind.ARRAY) | xray.is_refused] = 2
    return keys


def _array_why(xray: XRay, node: int) -> str:
    what = _says(xray, node)
    if int(xray.tree.flags[node]) & NodeFlag.ABSTRACT:
        return f"{what}, of which only the shape is known; is_array counts the real one."
    if int(xray.tree.kind[node]) == NodeKind.ARRAY:
        return f"{what}: is_array counts JAX and NumPy arrays and NumPy scalars."
    if xray.is_refused[node]:
        return f"{what}: is_array counts every NumPy array, but JAX takes only numbers."
    return _no_leaf(xray, node) or f"{what} is no JAX or NumPy array: is_array is False."


def _differentiated_keys(xray: XRay) -> Keys:
    keys = (xray.keys("array") > 0).astype(np.uint8)
    keys[xray.is_kind(NodeKind.ARRAY) & xray.has(NodeFlag.INEXACT)] = 2
    return keys


def _differentiated_why(xray: XRay, node: int) -> str:
    tree, what = xray.tree, _says(xray, node)
    if xray.keys("differentiated")[node] == 2:
        return f"{what}: filter_grad differentiates floating-point and complex arrays."
    if int(tree.kind[node]) == NodeKind.ARRAY:
        kind = "keys" if int(tree.flags[node]) & NodeFlag.PRNG_KEY else "integers and booleans"
        return f"{what}: there is no gradient in {kind}; filter_grad gives None here."
    advice = " Store jnp.asarray(...) to train it." if _is_number(tree, node) else ""
    return _no_leaf(xray, node) or (
        f"{what} is no array of floating-point or complex numbers: filter_grad gives None "
        f"here.{advice}"
    )


def _is_number(tree: ModelTree, node: int) -> bool:
    kind = int(tree.type[node])
    return kind >= 0 and tree.strings[int(tree.type_name[kind])] in ("float", "complex")


def _jit_keys(xray: XRay) -> Keys:
    keys = np.zeros(len(xray.tree), np.uint8)
    keys[xray.is_kind(NodeKind.STATIC_FIELD)] = 1
    keys[xray.is_kind(NodeKind.STATIC_LEAF)] = 2
    keys[xray.is_refused] = 3
    keys[xray.is_kind(NodeKind.ARRAY)] = 4
    return keys


def _jit_why(xray: XRay, node: int) -> str:
    tree, what = xray.tree, _says(xray, node)
    kind, flags = NodeKind(int(tree.kind[node])), int(tree.flags[node])
    if kind == NodeKind.STATIC_FIELD:
        return (
            "A static field is part of the treedef: filter_jit compiles again for every value "
            "that compares unequal, and tree_map never sees it."
        )
    if kind == NodeKind.ARRAY and flags & NodeFlag.NUMPY:
        return (
            f"{what}: filter_jit traces it as it does a JAX array, and copies it to the device at "
            "each call."
        )
    if kind == NodeKind.ARRAY:
        return (
            f"{what}: filter_jit traces it; other values of this shape and dtype do not compile "
            "again."
        )
    if xray.is_refused[node]:
        return (
            f"{what} is a NumPy array without numbers: filter_jit does not hold it static, and JAX "
            "refuses to trace it. Hold its values as a tuple: they are static."
        )
    return _no_leaf(xray, node) or (
        f"{what} is no array: filter_jit holds this leaf static, and compiles again for every "
        "value that compares unequal."
    )


def _optimiser_keys(xray: XRay) -> Keys:
    tree = xray.tree
    keys = xray.is_kind(NodeKind.ARRAY).astype(np.uint8)
    if len(tree.state_node):
        keys[keys > 0] = 2
        keys[tree.state_param] = 4
        keys[tree.state_node] = 3
    return keys


def _optimiser_why(xray: XRay, node: int) -> str:
    tree, key = xray.tree, int(xray.keys("optimiser")[node])
    texts = tree.strings
    if key == 1:
        return (
            "No optimiser state is in view. Open it together with the model: "
            "FILE.py:model,opt_state."
        )
    if key == 2:
        return "No leaf of the optimiser state that is in view belongs to this array."
    if key == 3:
        row = int(np.searchsorted(tree.state_node, node))
        name, param = texts[int(tree.state_name[row])], int(tree.state_param[row])
        return f"The optimiser keeps it as {name} of {tree.path(param)}."
    if key == 4:
        names = dict.fromkeys(
            texts[int(name)] for name in tree.state_name[tree.state_param == node]
        )
        return f"The optimiser keeps {', '.join(names)} for it."
    return _no_leaf(xray, node) or "Optimisers keep state for arrays only."


def _gradient_keys(xray: XRay) -> Keys:
    keys = xray.is_kind(NodeKind.ARRAY).astype(np.uint8)
    marks = xray.gradients
    if marks is not None:
        keys[(marks.lacks >= 0) & (keys > 0)] = 2
        keys[(marks.gets >= 0) & (keys > 0)] = 3
    return keys


def _gradient_why(xray: XRay, node: int) -> str:
    key, marks = int(xray.keys("gradient")[node]), xray.gradients
    if key == 1 or (marks is None and key):
        return "No function that takes a gradient with respect to it was seen in a run."
    if key == 3 and marks is not None:
        return f"Receives a gradient in {place_of(marks.seen[int(marks.gets[node])])}."
    if key == 2 and marks is not None:
        where = place_of(marks.seen[int(marks.lacks[node])])
        if xray.keys("differentiated")[node] == 2:
            return f"No gradient in {where}: held back by a partition before it is differentiated."
        return f"No gradient in {where}: only floating-point and complex arrays are differentiated."
    return _no_leaf(xray, node) or "Only arrays receive gradients."


def place_of(seen: GradientSeen) -> str:
    """Return "loss_fn (train.py:31)"."""
    return f"{seen.name} ({Path(seen.file).name}:{seen.line})" if seen.file else seen.name


_KEYS = {
    "array": _array_keys,
    "differentiated": _differentiated_keys,
    "jit": _jit_keys,
    "optimiser": _optimiser_keys,
    "gradient": _gradient_keys,
}
_WHY = {
    "array": _array_why,
    "differentiated": _differentiated_why,
    "jit": _jit_why,
    "optimiser": _optimiser_why,
    "gradient": _gradient_why,
}
