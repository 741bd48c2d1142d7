"""The rules by which a filter chooses leaves: in words, over columns, and as Python."""

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from eqxviz.session.outline.tree_order import TreeOrder

Takes = Literal["", "text", "type", "dtype", "number", "lambda", "code"]
Form = Literal["constant", "rule", "tree", "code"]


@dataclass(frozen=True)
class Kind:
    """A kind of predicate: its title, what it means, what it must be told, what its Python is.

    A "constant" and a "rule" (a function of a leaf) make a spec by themselves, a "tree" is an
    expression for a tree of bools over the whole model, "code" is whatever the user wrote.
    """

    title: str
    meaning: str
    form: Form
    takes: Takes = ""
    hint: str = ""  # an example of what it takes


KINDS: dict[str, Kind] = {
    "is_inexact_array": Kind(
        "is_inexact_array", "Floating-point and complex arrays: what can be trained", "rule"
    ),
    "is_array": Kind("is_array", "JAX and NumPy arrays: what filter_jit traces", "rule"),
    "is_inexact_array_like": Kind(
        "is_inexact_array_like", "Floating-point arrays, and Python floats", "rule"
    ),
    "is_array_like": Kind("is_array_like", "Arrays, and Python numbers", "rule"),
    "everything": Kind("Everything", "Every leaf", "constant"),
    "nothing": Kind("Nothing", "No leaf", "constant"),
    "path": Kind("Path contains", "Leaves by a part of their path", "tree", "text", ".bias"),
    "path_regex": Kind(
        "Path matches", "Leaves by a regular expression", "tree", "text", r"layers\[\d+\]\.bias$"
    ),
    "type": Kind("Inside a class", "Leaves below nodes of a class", "tree", "type", "Linear"),
    "dtype": Kind("Dtype is", "Arrays by their dtype", "rule", "dtype", "float32"),
    "rank": Kind("Rank at least", "Arrays by how many axes they have", "rule", "number", "2"),
    "lambda": Kind(
        "Own lambda", "A function of a leaf", "code", "lambda", "lambda leaf: eqx.is_array(leaf)"
    ),
    "code": Kind("Own code", "Python that makes a spec", "code", "code", "filter_spec = ..."),
}
_LOCAL = ("is_array", "is_inexact_array", "everything", "nothing", "type", "dtype", "rank")
_NARROWED = ("path", "path_regex", "type", "dtype", "rank")


@dataclass(frozen=True)
class Predicate:
    """One rule. `text` is what its kind takes: a path, a class's name, a lambda, code.

    Rules by path, type, dtype or rank choose among floating-point arrays only, unless
    `any_leaf` is set: then among all leaves, which for dtype and rank are all arrays.
    """

    kind: str
    text: str = ""
    any_leaf: bool = False

    @property
    def can_be_narrowed(self) -> bool:
        """Whether `any_leaf` means anything."""
        return self.kind in _NARROWED

    @property
    def is_local(self) -> bool:
        """Whether columns decide it, and no code has to run beside the model."""
        return self.kind in _LOCAL and not (self.any_leaf and self.kind in ("dtype", "rank"))

    @property
    def form(self) -> Form:
        """What its Python is; a lambda is a rule."""
        if self.kind == "lambda" and is_lambda(self.text):
            return "rule"
        return KINDS[self.kind].form

    @property
    def words(self) -> str:
        """What it chooses, for a list of edits: "paths with .bias"."""
        match self.kind:
            case "everything" | "nothing" | "code":
                return {"everything": "included", "nothing": "excluded", "code": "own code"}[
                    self.kind
                ]
            case "path":
                return f"paths with {self.text}"
            case "path_regex":
                return f"paths that match {self.text}"
            case "type":
                return f"inside a {self.text}"
            case "dtype":
                return f"dtype {self.text}"
            case "rank":
                return f"rank {self.text} or more"
            case _:
                return self.text or self.kind

    def fault(self) -> str:
        """Return what is wrong with its text, "" if nothing."""
        takes = KINDS[self.kind].takes
        if takes and not self.text.strip():
            return f"{KINDS[self.kind].title} needs a text, such as {KINDS[self.kind].hint}"
        if takes == "number" and not self.text.strip().isdecimal():
            return f"A rank is a whole number from 0 on; {self.text!r} is none"
        if self.kind == "path_regex":
            try:
                re.compile(self.text.strip())
            except re.error as error:
                return f"`{self.text.strip()}` is no regular expression: {error}"
        return ""

    def python(self, model: str) -> str:
        """Return it as Python, for a model that is called `model` there."""
        narrow = "" if self.any_leaf else "eqx.is_inexact_array(leaf) and "
        array = "eqx.is_array(leaf) and " if self.any_leaf else narrow
        match self.kind:
            case "everything" | "nothing":
                return str(self.kind == "everything")
            case "path" | "path_regex":
                needle, where = self._needle(model), "jax.tree_util.keystr(path)"
                regex = self.kind == "path_regex"
                test = f"bool(re.search({needle}, {where}))" if regex else f"{needle} in {where}"
                first = f"{narrow[: -len(' and ')]}\n    and " if narrow else ""
                return (
                    "jax.tree_util.tree_map_with_path(\n"
                    f"    lambda path, leaf: {first}{test},\n    {model},\n)"
                )
            case "type":
                test = f'type(node).__qualname__ == "{self.text}"'
                rule = "lambda _: True" if self.any_leaf else "eqx.is_inexact_array"
                return (
                    "jax.tree_util.tree_map(\n"
                    f"    lambda node: {test} and jax.tree_util.tree_map({rule}, node),\n"
                    f"    {model},\n    is_leaf=lambda node: {test},\n)"
                )
            case "dtype":
                return f'lambda leaf: {array}str(leaf.dtype) == "{self.text}"'
            case "rank":
                return f"lambda leaf: {array}leaf.ndim >= {int(self.text)}"
            case "lambda" | "code":
                return self.text.strip()
            case _:
                return f"eqx.{self.kind}"

    def _needle(self, model: str) -> str:
        """Return the text as a literal; a path may be given with the model's name before it."""
        text = self.text.strip()
        if self.kind == "path" and re.match(rf"{re.escape(model)}[.\[]", text):
            text = text[len(model) :]
        if self.kind == "path":  # as keystr writes what the tree shows as `<0>`
            text = re.sub(r"<(\d+)>", r"[<flat index \1>]", text)
        is_plain = not set(text) & {'"', "\\"} and text.isprintable()
        return f'"{text}"' if is_plain else repr(text)

    def mask(self, order: "TreeOrder") -> "NDArray[np.bool_]":
        """Return which nodes it chooses, of the leaves. It must be local.

        What stands for an array by its shape alone counts as that array.
        """
        import numpy as np

        from eqxviz.records import NodeFlag, NodeKind

        tree = order.tree
        is_array = tree.kind == NodeKind.ARRAY
        is_inexact = is_array & ((tree.flags & NodeFlag.INEXACT) != 0)
        match self.kind:
            case "everything":
                return order.is_leaf
            case "nothing":
                return np.zeros(len(tree), np.bool_)
            case "is_inexact_array":
                return is_inexact
            case "is_array":
                return is_array | ((tree.flags & NodeFlag.REFUSED) != 0)
            case "type":
                among = order.is_leaf if self.any_leaf else is_inexact
                return among & _inside_type(order, self.text)
            case "dtype":
                same = _of_leaves(order, [t == self.text for t in _dtypes(order)])
                return is_inexact & same
            case "rank":
                shapes, least = tree.shapes, int(self.text)
                ranks = np.diff(shapes.offsets.astype(np.int64))
                at_least = [s >= 0 and bool(ranks[s] >= least) for s in tree.leaf_shape.tolist()]
                return is_inexact & _of_leaves(order, at_least)
            case _:
                raise ValueError(f"{self.kind} is decided by code, not by columns")


def is_lambda(text: str) -> bool:
    """Whether `text` is a lambda, so that it is a rule for leaves without being run."""
    try:
        return isinstance(ast.parse(text.strip(), mode="eval").body, ast.Lambda)
    except SyntaxError:
        return False


def classes_in(order: "TreeOrder") -> list[str]:
    """Return the classes of the inner nodes of the tree, by name."""
    import numpy as np

    tree = order.tree
    inner = tree.type[(tree.n_children > 0) & (tree.type >= 0)]
    return sorted({tree.strings[int(tree.type_name[t])] for t in np.unique(inner)})


def dtypes_in(order: "TreeOrder") -> list[str]:
    """Return the dtypes of the arrays of the tree."""
    return sorted({dtype for dtype in _dtypes(order) if dtype})


def _dtypes(order: "TreeOrder") -> list[str]:
    """Return the dtype of each row of the leaf columns, "" of what is no array."""
    tree = order.tree
    return [tree.strings[int(text)] for text in tree.leaf_dtype]


def _of_leaves(order: "TreeOrder", rows: list[bool]) -> "NDArray[np.bool_]":
    """Return for each node what `rows` says of its row of the leaf columns."""
    import numpy as np

    # The last entry is what leaf -1 reads.
    return np.array([*rows, False], np.bool_)[order.tree.leaf]


def _inside_type(order: "TreeOrder", name: str) -> "NDArray[np.bool_]":
    """Return the nodes at or below an inner node of the class called `name`."""
    import numpy as np

    tree = order.tree
    known = np.array([*(tree.strings[int(t)] == name for t in tree.type_name), False], np.bool_)
    roots = np.flatnonzero(known[tree.type] & (tree.n_children > 0))
    depth = np.zeros(len(tree) + 1, np.int32)
    np.add.at(depth, order.place[roots], 1)
    np.add.at(depth, order.place[roots] + order.size[roots], -1)
    return (np.cumsum(depth) > 0)[order.place]
