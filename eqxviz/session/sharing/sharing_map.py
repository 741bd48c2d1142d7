"""What the open model holds at several places: where, how much, and what comes of it."""

from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from eqxviz.records import CheckTree, ModelTree, NodeFlag, Problem, ShareKind, TreeCheck
from eqxviz.session import formatting
from eqxviz.session.outline.repeated import repeated_arrays
from eqxviz.session.outline.unfolding import ranges_below

if TYPE_CHECKING:
    from eqxviz.records import Record
    from eqxviz.session.opening import ModelPart

SortKey = Literal["place", "what", "kind", "count", "each", "saved"]
KIND_WORDS = {
    ShareKind.MODULE: "Module",
    ShareKind.CONTAINER: "container",
    ShareKind.ARRAY: "array",
}


# `tree_check` of a larger tree takes seconds, in which nothing else is answered.
_CHECKED_AT_ONCE = 100_000  # nodes


class Sharing:
    """The sharing map of the open model, and what the check of its library says.

    Signals:
        changed: `map`, `check` or `is_checking`.
    """

    changed = Signal()

    def __init__(self, session: "ModelPart") -> None:
        self._session = session
        self._map: SharingMap | None = None
        self.check: TreeCheck | Problem | None = None
        self.is_checking = False
        session.model_changed.connect(self._on_model_changed)
        session.tree_grew.connect(self._on_model_changed)

    @property
    def map(self) -> "SharingMap | None":
        """What is shared; None while no tree is complete."""
        model = self._session.model
        if model is None or not model.tree.is_complete:
            self._map = None
        elif self._map is None or self._map.tree is not model.tree:
            self._map = SharingMap(model.tree)
        return self._map

    @property
    def library(self) -> str:
        """The library that the model is made of, "" before it is known."""
        return self.check.library if isinstance(self.check, TreeCheck) else ""

    def check_if_quick(self) -> None:
        """Run the check, unless it was run, there is nothing to check, or it would take long."""
        sharing = self.map
        if sharing is None or not len(sharing) or self.check is not None:
            return
        if len(sharing.tree) <= _CHECKED_AT_ONCE:
            self.run_check()

    def run_check(self) -> None:
        """Have the model's library check whether the model is a tree."""
        if self.is_checking:
            return
        self.is_checking = True
        self._session.ask_model(lambda model: CheckTree(model.tree.revision), self._on_checked)
        self.changed.emit()

    def _on_checked(self, answer: "Record") -> None:
        self.is_checking = False
        if isinstance(answer, (TreeCheck, Problem)):
            self.check = answer
        self.changed.emit()

    def _on_model_changed(self) -> None:
        before = self._map
        if before is None or self.map is not before:
            self.check, self.is_checking = None, False
        self.changed.emit()


class SharingMap:
    """The share groups of a complete tree, as columns by group.

    Only what is the same object is shared: arrays of equal values are not.
    """

    def __init__(self, tree: ModelTree) -> None:
        self.tree = tree
        self.n_places = np.diff(tree.share_offsets.astype(np.int64))
        self.first = tree.share_members[tree.share_offsets[:-1].astype(np.int64)]
        self.bytes_each = tree.n_bytes[self.first]
        self.bytes_saved = self.bytes_each * (self.n_places - 1)

    def __len__(self) -> int:
        return len(self.n_places)

    def kind(self, group: int) -> ShareKind:
        """Return what is shared."""
        return ShareKind(int(self.tree.share_kind[group]))

    def places(self, group: int) -> NDArray[np.int32]:
        """Return the nodes at which the object of a group is found."""
        return self.tree.places(group)

    def order(self, by: SortKey, descending: bool = True) -> NDArray[np.int64]:
        """Return the groups sorted by a column; equal ones stay as the tree has them."""
        tree = self.tree
        # Those that are described alike stand together.
        what = tree.type[self.first].astype(np.int64) << 32 | (tree.leaf[self.first] + 1)
        column = {
            "place": self.first,
            "what": what,
            "kind": tree.share_kind,
            "count": self.n_places,
            "each": self.bytes_each,
            "saved": self.bytes_saved,
        }[by].astype(np.int64)
        return np.argsort(-column if descending else column, kind="stable")

    @cached_property
    def total_saved(self) -> int:
        """The bytes that all groups save together; what lies inside another group counts once."""
        return int(self.tree.n_bytes[repeated_arrays(self.tree)].sum())

    def headline(self) -> str:
        """Return "2 objects are held at several places. That saves 24 kB of 124 kB."."""
        n = len(self)
        objects = "One object is" if n == 1 else f"{n:,} objects are"
        if not self.total_saved:
            return f"{objects} held at several places. There are no arrays in what is shared."
        saved = formatting.n_bytes(self.total_saved)
        whole = formatting.n_bytes(int(self.tree.n_bytes[0]))
        return f"{objects} held at several places. That saves {saved} of {whole}."

    def what(self, group: int) -> str:
        """Return what is shared: "Linear", "f32[8,3]"."""
        tree, node = self.tree, int(self.first[group])
        leaf, kind = int(tree.leaf[node]), int(tree.type[node])
        if leaf >= 0:
            return tree.strings[int(tree.leaf_summary[leaf])]
        return tree.strings[int(tree.type_name[kind])] if kind >= 0 else ""

    def consequences(self, group: int) -> tuple[str, ...]:
        """Return what transformations make of a group, a few sentences each."""
        n, added = int(self.n_places[group]), formatting.n_bytes(int(self.bytes_saved[group]))
        jit = (
            f"filter_jit flattens the model: each of the {n:,} places is an input of its own, and "
            "what comes back holds a copy at each."
        )
        if not self.bytes_each[group]:
            return (f"{jit} There are no arrays in it, so that the copies cost no memory.",)
        jit += " With donate=... one buffer would be given away twice, which JAX refuses."
        if self._has_inexact(int(self.first[group])):
            update = (
                "filter_grad gives each place a gradient of its own. After one update there are "
                f"{n:,} copies where there was one object, {added} more; they are trained apart, "
                "and drift apart."
            )
        else:
            update = (
                "There is no gradient in it. A jitted function that returns the model gives back "
                f"{n:,} copies, {added} more."
            )
        return jit, update

    def _has_inexact(self, node: int) -> bool:
        inexact, flags = np.uint32(NodeFlag.INEXACT), self.tree.flags
        ranges = (slice(node, node + 1), *ranges_below(self.tree, node))
        return any(bool(np.any(flags[nodes] & inexact)) for nodes in ranges)
