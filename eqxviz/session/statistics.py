"""The table of the statistics of all arrays below a node, by what stands out."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from eqxviz.records import (
    STATISTICS_COLUMNS,
    LeafStatistics,
    ModelTree,
    NodeKind,
    OpenedModel,
    Problem,
    ReadStatistics,
    Record,
)
from eqxviz.session.opening import ModelPart, ViewState
from eqxviz.session.outliers import Outliers, find_outliers

COLUMNS = ("leaf", "outlier", "size", "minimum", "maximum", "mean", "std", "norm", "zeros")
# Leaves asked for at a time; the worker answers with as many as it read in a moment.
_BATCH = 8192
# Below so many, sorting takes less than a frame.
_SORTED_AT_ONCE = 20_000


def arrays_below(tree: ModelTree, node: int) -> NDArray[np.int32]:
    """Return the array leaves at and below `node`, by rising node."""
    found: list[NDArray[np.int32]] = []
    start, stop = node, node + 1
    while stop > start:
        level = np.arange(start, stop, dtype=np.int32)
        found.append(level[tree.kind[start:stop] == NodeKind.ARRAY])
        # The children of neighbours are neighbours.
        has_children = np.flatnonzero(tree.n_children[start:stop])
        if not len(has_children):
            break
        first, last = start + int(has_children[0]), start + int(has_children[-1])
        start, stop = int(tree.first_child[first]), tree.children(last).stop
    return np.concatenate(found)


class StatisticsTable:
    """Statistics of leaves, read part by part, and the order in which they are shown.

    Signals:
        changed: `state`, `progress`, `problem`, rows or their order are others.
    """

    changed = Signal()

    def __init__(self, session: ModelPart) -> None:
        self._session = session
        self.node = -1  # of the subtree; -1 before anything was asked
        self.state: ViewState = "empty"
        self.problem: Problem | None = None
        self.columns: dict[str, NDArray[np.generic]] = _no_rows()  # by rising node
        self.outliers: Outliers | None = None
        self.order: NDArray[np.int64] = np.zeros(0, np.int64)  # rows of `columns`, as shown
        self.sorted_by = "outlier"
        self.is_descending = True
        self.n_leaves = 0
        self._tree: ModelTree | None = None
        self._nodes: NDArray[np.int32] = np.zeros(0, np.int32)
        self._parts: list[LeafStatistics] = []
        self._n_read = self._n_sorted = 0
        self._elements: tuple[int, int] = (0, 0)  # read so far, of all
        self._cancel: Callable[[], None] = lambda: None
        session.model_changed.connect(self._on_model_changed)

    def __len__(self) -> int:
        return len(self.order)

    @property
    def progress(self) -> float:
        """How much of all elements was read."""
        done, total = self._elements
        return done / total if total else 1.0

    def start(self, node: int) -> None:
        """Read the statistics of all arrays below `node`."""
        self._cancel()
        model = self._session.model
        if model is None:
            return
        self._tree, self.node = model.tree, node
        self._nodes = arrays_below(model.tree, node)
        self.n_leaves, self._n_read, self._n_sorted = len(self._nodes), 0, 0
        self._parts, self.problem = [], None
        self._elements = 0, int(model.tree.n_params[self._nodes].sum())
        self.state = "working"
        self._take_rows()
        self._ask()
        self.changed.emit()

    def cancel(self) -> None:
        """Stop reading; the rows that were read stay."""
        self._cancel()
        if self.state == "working":
            self.state = "filled"
            self._take_rows()
            self.changed.emit()

    def sort(self, column: str, *, is_descending: bool) -> None:
        """Show the rows in the order of one of `COLUMNS`."""
        self.sorted_by, self.is_descending = column, is_descending
        self._sort()

    def text(self, row: int) -> str:
        """Return what stands out of shown row `row`, "" for nothing."""
        assert self.outliers is not None
        return self.outliers.text(int(self.order[row]))

    def _ask(self) -> None:
        if self._n_read >= self.n_leaves:
            self.state = "filled"
            self._take_rows()
            self.changed.emit()
            return
        wanted = self._nodes[self._n_read : self._n_read + _BATCH]

        def request(model: OpenedModel) -> Record:
            return ReadStatistics(model.tree.revision, wanted)

        self._cancel = self._session.ask_model(request, self._on_part, is_kept=False)

    def _on_part(self, answer: Record) -> None:
        tree = self._tree
        if isinstance(answer, Problem):
            self.problem, self.state = answer, "failed"
            self.changed.emit()
        elif isinstance(answer, LeafStatistics) and tree is not None:
            self._parts.append(answer)
            self._n_read += len(answer.nodes)
            done = int(tree.n_params[self._nodes[: self._n_read]].sum()) + answer.n_read
            self._elements = done, self._elements[1]
            if self._n_read >= 2 * self._n_sorted:
                self._take_rows()
            self._ask()
            if self.state == "working":
                self.changed.emit()

    def _take_rows(self) -> None:
        """Make columns of the parts that came, and put them in order."""
        columns = _no_rows()
        if self._parts:
            columns = {
                name: np.concatenate([getattr(part, name) for part in self._parts])
                for name in STATISTICS_COLUMNS
            }
        self.columns, self._n_sorted = columns, len(columns["nodes"])
        tree = self._tree
        assert tree is not None
        self.outliers = find_outliers(tree, columns)
        self._sort()

    def _sort(self) -> None:
        columns, outliers = self.columns, self.outliers
        if outliers is None:
            return
        by, is_descending = self.sorted_by, self.is_descending

        def order() -> NDArray[np.int64]:
            return _order(columns, outliers, by, is_descending)

        def done(rows: NDArray[np.int64]) -> None:
            if columns is self.columns and (by, is_descending) == (
                self.sorted_by,
                self.is_descending,
            ):
                self.order = rows
                self.changed.emit()

        if len(columns["nodes"]) > _SORTED_AT_ONCE:
            # Until then in the order they came, so that rows and columns agree.
            self.order = np.arange(len(columns["nodes"]))
            self._session.in_background(order, done)
        else:
            done(order())

    def _on_model_changed(self) -> None:
        model = self._session.model
        if self._tree is not None and (model is None or not _is_same(model.tree, self._tree)):
            self._cancel()
            self._tree, self.node, self.state = None, -1, "empty"
            self.columns, self.outliers = _no_rows(), None
            self.order = np.zeros(0, np.int64)
            self.changed.emit()


def _is_same(one: ModelTree, other: ModelTree) -> bool:
    return one.revision == other.revision and one.name == other.name


def _no_rows() -> dict[str, NDArray[np.generic]]:
    real = STATISTICS_COLUMNS[5:]
    return {
        name: np.zeros(0, np.float64 if name in real else np.int64) for name in STATISTICS_COLUMNS
    }


def _order(
    columns: dict[str, NDArray[np.generic]], outliers: Outliers, by: str, is_descending: bool
) -> NDArray[np.int64]:
    """Return the rows by a column; where it is the same, by node. What has no number comes last."""
    if by == "leaf":
        rows = np.arange(len(outliers.scores))
        return rows[::-1] if is_descending else rows
    if by == "outlier":
        key = outliers.scores
    elif by == "zeros":
        size = columns["size"].astype(np.float64)
        key = np.where(size > 0, columns["n_zero"] / np.where(size > 0, size, 1), np.nan)
    else:
        key = columns[by].astype(np.float64)
    return np.argsort(-key if is_descending else key, kind="stable")
