"""The table of the statistics of all arrays below a node, by what stands out."""

from collections.abc import Callable
from typing import Any

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
from eqxviz.session.outline.unfolding import ranges_below
from eqxviz.session.values.outliers import Outliers, find_outliers

COLUMNS = ("leaf", "outlier", "size", "minimum", "maximum", "mean", "std", "norm", "zeros")
# Leaves asked for at a time; the worker answers with as many as it read in a moment.
_BATCH = 8192
# Up to so many, putting them in order takes less than a frame.
_ARRANGED_AT_ONCE = 5_000
_WHOLE = ("nodes", "size", "n_nan", "n_inf", "n_zero")
_Columns = dict[str, NDArray[Any]]
_Rows = tuple[_Columns, Outliers, NDArray[np.int64]]


def arrays_below(tree: ModelTree, node: int) -> NDArray[np.int32]:
    """Return the array leaves at and below `node`, by rising node."""
    levels = (slice(node, node + 1), *ranges_below(tree, node))
    is_array = tree.kind == NodeKind.ARRAY
    found = [np.flatnonzero(is_array[level]) + level.start for level in levels]
    return np.concatenate(found).astype(np.int32)


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
        self.columns: _Columns = _no_rows()  # by rising node
        self.outliers: Outliers | None = None
        self.order: NDArray[np.int64] = np.zeros(0, np.int64)  # rows of `columns`, as shown
        self.sorted_by = "outlier"
        self.is_descending = True
        self.n_leaves = 0
        self._tree: ModelTree | None = None
        self._nodes: NDArray[np.int32] = np.zeros(0, np.int32)
        self._parts: list[LeafStatistics] = []
        self._n_read = self._n_shown = 0
        self._n_elements = self._n_elements_read = 0  # of all leaves, of those that were read
        self._n_amid = 0  # elements read of the leaf after these
        self._arrangement = 0
        self._cancel: Callable[[], None] = lambda: None
        session.model_changed.connect(self._on_model_changed)

    def __len__(self) -> int:
        return len(self.order)

    @property
    def progress(self) -> float:
        """How much of all elements was read."""
        done = self._n_elements_read + self._n_amid
        return done / self._n_elements if self._n_elements else 1.0

    def start(self, node: int) -> None:
        """Read the statistics of all arrays below `node`."""
        self._cancel()
        model = self._session.model
        if model is None:
            return
        self._tree, self.node = model.tree, node
        self._nodes = arrays_below(model.tree, node)
        self.n_leaves, self._n_read, self._n_elements_read = len(self._nodes), 0, 0
        self._parts, self.problem = [], None
        self._n_elements = int(model.tree.n_params[self._nodes].sum())
        self._n_amid = 0
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
        self._take_rows()

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
            self._n_elements_read += int(tree.n_params[answer.nodes].sum())
            self._n_amid = answer.n_read
            if self._n_read >= 2 * self._n_shown:
                self._take_rows()
            self._ask()
            if self.state == "working":
                self.changed.emit()

    def _take_rows(self) -> None:
        """Show the parts that came, in order; many of them are put in order in the background."""
        tree, parts = self._tree, list(self._parts)
        if tree is None:
            return
        by, is_descending = self.sorted_by, self.is_descending
        self._n_shown = self._n_read
        self._arrangement += 1
        number = self._arrangement

        def arrange() -> _Rows:
            columns = _joined(parts)
            outliers = find_outliers(tree, columns)
            return columns, outliers, _order(columns, outliers, by, is_descending)

        def done(rows: _Rows) -> None:
            if number == self._arrangement:  # else something newer is under way
                self.columns, self.outliers, self.order = rows
                self.changed.emit()

        if self._n_read > _ARRANGED_AT_ONCE:
            self._session.in_background(arrange, done)
        else:
            done(arrange())

    def _on_model_changed(self) -> None:
        model = self._session.model
        if self._tree is not None and (model is None or not _is_same(model.tree, self._tree)):
            self._cancel()
            self._arrangement += 1
            self._tree, self.node, self.state = None, -1, "empty"
            self.columns, self.outliers = _no_rows(), None
            self.order = np.zeros(0, np.int64)
            self.changed.emit()


def _is_same(one: ModelTree, other: ModelTree) -> bool:
    return one.revision == other.revision and one.name == other.name


def _no_rows() -> _Columns:
    return _joined([])


def _joined(parts: list[LeafStatistics]) -> _Columns:
    """Return the columns of all parts, one after the other."""
    columns: _Columns = {}
    for name in STATISTICS_COLUMNS:
        none = np.zeros(0, np.int64 if name in _WHOLE else np.float64)
        columns[name] = np.concatenate([none, *(getattr(part, name) for part in parts)])
    return columns


def _order(
    columns: _Columns, outliers: Outliers, by: str, is_descending: bool
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
