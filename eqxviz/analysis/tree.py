"""Any PyTree as a `ModelTree`, whole or part by part."""

from dataclasses import replace
from typing import Any

import numpy as np

from eqxviz.analysis.optimiser import state_links
from eqxviz.analysis.totals import share_groups, totals
from eqxviz.analysis.walk import Walk
from eqxviz.records import GrowingTree, ModelTree, TreeEnd, TreeRows
from eqxviz.records.columns import Column
from eqxviz.records.tree_rows import LEAF_COLUMNS, ROW_COLUMNS, TYPE_COLUMNS, empty_tree

# The first part: small trees are sent at once, whatever the time.
_AT_ONCE, _FIRST_NODES, _FIRST_SECONDS = 2_048, 16_384, 0.020
# Later ones are short: a question that is asked meanwhile waits for some of them.
_PART_NODES, _PART_SECONDS = 32_768, 0.010


class NodeIndex:
    """The nodes of a PyTree: the object of each, and the tree as a record.

    It is read by `first_part` and `next_part`, or as a whole by `tree`; both may be mixed.
    """

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._grown = GrowingTree(empty_tree(0, walk.name))
        self._identities = Column(np.zeros(0, np.int64))  # of the objects
        self._sent = self._grown.counts
        self._end: TreeEnd | None = None

    def __len__(self) -> int:
        return len(self._walk.values)

    def object_at(self, node: int) -> Any:
        """Return the object at `node`.

        Raises:
            IndexError: If the tree has no such node.
        """
        if not 0 <= node < len(self):
            raise IndexError(f"{self._walk.name} has {len(self)} nodes; there is no node {node}")
        return self._walk.values[node]

    def path(self, node: int) -> str:
        """Return `node` as the user would write it: `model.layers[0].weight`."""
        return self._walk.path(node)

    def tree(self, revision: int) -> ModelTree:
        """Return the whole tree, as a record."""
        self._walk.finish()
        self._grow()
        self._finish()
        return replace(self._grown.tree(), revision=revision)

    def first_part(self, revision: int) -> ModelTree:
        """Return the nodes near the root; a small tree is complete at once."""
        self._walk.advance(_AT_ONCE)
        self._walk.advance(_FIRST_NODES - _AT_ONCE, _FIRST_SECONDS)
        self._grow()
        if self._walk.is_complete:
            self._finish()
        self._sent = self._grown.counts
        return replace(self._grown.tree(), revision=revision)

    def next_part(self, revision: int) -> TreeRows:
        """Return the rows after those of the part before; after the last come totals and such."""
        first = self._sent
        if len(self._grown) == first.rows and self._walk.is_complete:
            self._finish()
        elif len(self._grown) == first.rows:
            self._walk.advance(_PART_NODES, _PART_SECONDS)
            self._grow()
        tree = self._grown.tree()
        self._sent = self._grown.counts._replace(rows=min(first.rows + _PART_NODES, len(tree)))
        rows = slice(first.rows, self._sent.rows)
        columns: dict[str, Any] = {name: getattr(tree, name)[rows] for name in ROW_COLUMNS}
        columns |= {name: getattr(tree, name)[first.leaves :] for name in LEAF_COLUMNS}
        columns |= {name: getattr(tree, name)[first.types :] for name in TYPE_COLUMNS}
        is_last = self._sent.rows == len(tree)
        return TreeRows(
            revision=revision,
            first_row=first.rows,
            first_text=first.texts,
            first_shape=first.shapes,
            first_leaf=first.leaves,
            first_type=first.types,
            strings=tree.strings.after(first.texts),
            shapes=tree.shapes.after(first.shapes),
            end=self._end if is_last else None,
            **columns,
        )

    def _grow(self, end: TreeEnd | None = None) -> None:
        """Add the nodes that were walked to the tree, and its end."""
        walk, first, stop = self._walk, len(self._grown), len(self._walk)
        looks = walk.catalogue.looks(walk.looks[first:stop])
        kind, flags, types, leaf, n_params, n_bytes = looks
        part = TreeRows(
            revision=0,
            first_row=first,
            n_children=walk.n_children(first, stop),
            key=walk.key_texts(first, stop),
            type=types,
            kind=kind,
            flags=flags,
            leaf=leaf,
            n_params=n_params,
            n_bytes=n_bytes,
            end=end,
            **walk.catalogue.news(),
        )
        self._grown.add(part)
        objects = map(id, walk.values[first:stop])
        self._identities.extend(np.fromiter(objects, np.int64, stop - first))

    def _finish(self) -> None:
        """Add what is known only of a whole tree."""
        if self._end is not None:
            return
        walk, tree = self._walk, self._grown.tree()
        text, inner = walk.catalogue.text, np.array(walk.inner, np.int32)
        n_leaves, n_params, n_bytes = totals(tree)
        identities, tuples = self._identities.view(), walk.catalogue.type_of(tuple)
        shares = share_groups(tree, identities, n_params, tuples)
        problems = sorted(walk.problems)
        links = state_links(tree)
        names = np.array([text(name) for name in links.names], np.int32)
        self._end = TreeEnd(
            inputs="",
            n_leaves=n_leaves[inner],
            n_params=n_params[inner],
            n_bytes=n_bytes[inner],
            share_kind=shares.kind,
            share_offsets=shares.offsets,
            share_members=shares.members,
            problem_node=np.array([node for node, _ in problems], np.int32),
            problem_text=np.array([text(why) for _, why in problems], np.int32),
            state_node=links.node,
            state_param=links.param,
            state_name=names[links.name],
        )
        self._grow(self._end)


def nodes_of(value: Any, name: str = "model") -> NodeIndex:
    """Return the nodes of the PyTree `value`, of which none has been visited yet."""
    return NodeIndex(Walk(value, name))


def model_tree(value: Any, name: str, revision: int) -> ModelTree:
    """Return the PyTree `value`, called `name`, as columns.

    Anything is a PyTree: a bare function is a tree of one static leaf. What cannot be looked into
    is a node with a problem.
    """
    return nodes_of(value, name).tree(revision)
