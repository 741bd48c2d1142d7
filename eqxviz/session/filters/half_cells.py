"""What the rows of one half of `partition` say, without Qt."""

from typing import TYPE_CHECKING, Literal

from eqxviz.records import NodeFlag, NodeKind
from eqxviz.session import formatting
from eqxviz.session.filtering import mark_of
from eqxviz.session.marks import MARKS
from eqxviz.session.paths import class_name, node_name

if TYPE_CHECKING:
    from eqxviz.session.filters.playground import Split

NAME, VALUE, PARAMETERS = range(3)
COLUMNS = ("Name", "Value", "Params")
Share = Literal["all", "some", "none", ""]


class HalfCells:
    """One half of a tree: what is selected, or the rest."""

    def __init__(self, split: "Split", is_selected: bool) -> None:
        self.split = split
        self.is_selected = is_selected
        self.tree = split.halves.order.tree

    def share(self, node: int) -> Share:
        """Return how many of the leaves at or below `node` this half has; "" if there are none."""
        n_leaves = int(self.tree.n_leaves[node])
        if n_leaves == 0:
            return ""
        n_selected = self.split.halves.n_selected(node)
        n_here = n_selected if self.is_selected else n_leaves - n_selected
        return "none" if n_here == 0 else "all" if n_here == n_leaves else "some"

    def mark(self, node: int) -> str:
        """Return the mark of a leaf: a snowflake for what is held back though it could train."""
        could_train = int(self.tree.flags[node]) & NodeFlag.INEXACT
        if could_train and not self.is_selected and self.share(node) == "all":
            return "frozen"
        return mark_of(self.tree, node)

    def is_absent(self, node: int) -> bool:
        """Whether this half has nothing of `node`; a static field is in both."""
        return self.share(node) in ("none", "") and self.tree.kind[node] != NodeKind.STATIC_FIELD

    def text(self, node: int, column: int) -> str:
        """Return what a cell says."""
        tree = self.tree
        if column == NAME:
            return node_name(tree, node)
        if column == PARAMETERS:
            n_params = self.split.halves.amounts(node, self.is_selected)[1]
            return formatting.count(n_params) if n_params else ""
        leaf = int(tree.leaf[node])
        if leaf >= 0:
            return "None" if self.is_absent(node) else tree.strings[int(tree.leaf_summary[leaf])]
        return "None" if tree.kind[node] == NodeKind.NONE else ""

    def kind(self, node: int) -> str:
        """Return the class of an inner node."""
        is_inner = self.tree.leaf[node] < 0 and self.tree.kind[node] != NodeKind.NONE
        return class_name(self.tree, node) if is_inner else ""

    def spoken(self, node: int) -> str:
        """Return the row as a screen reader should say it."""
        half = "selected" if self.is_selected else "in the rest"
        share = {"all": half, "some": f"partly {half}", "none": f"not {half}", "": ""}
        mark = self.mark(node)
        said = (
            *(self.text(node, NAME), self.kind(node), share[self.share(node)]),
            *(self.text(node, VALUE), MARKS[mark].word if mark else ""),
        )
        return ", ".join(part for part in said if part)

    def headline(self) -> str:
        """Return "4 leaves, 1,185 parameters, 4.74 kB"."""
        n_leaves, n_params, n_bytes = self.split.halves.amounts(0, self.is_selected)
        leaves = "1 leaf" if n_leaves == 1 else f"{formatting.count(n_leaves)} leaves"
        params = "1 parameter" if n_params == 1 else f"{formatting.count(n_params)} parameters"
        return f"{leaves}, {params}, {formatting.n_bytes(n_bytes)}"
