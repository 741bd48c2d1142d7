"""One array as a matrix to look at: which axes, where on the others, and the window in view."""

import math
from collections.abc import Callable

from psygnal import Signal

from eqxviz.records import (
    MAX_CELLS,
    CellFlag,
    ModelTree,
    NodeFlag,
    NodeKind,
    OpenedModel,
    Problem,
    ReadTile,
    Record,
    Tile,
)
from eqxviz.session import formatting
from eqxviz.session.values.value import Inspected

_UNDRAWN = NodeFlag.ABSTRACT | NodeFlag.DELETED | NodeFlag.PRNG_KEY
Window = tuple[int, int]
_MOST_KEPT = 1 << 14
_HELD = ((CellFlag.NAN, "NaN"), (CellFlag.INF, "infinities"))


def can_be_drawn(tree: ModelTree, node: int) -> bool:
    """Whether `node` is an array with elements that can be drawn."""
    if int(tree.kind[node]) != NodeKind.ARRAY or int(tree.flags[node]) & _UNDRAWN:
        return False
    return math.prod(tree.shape(node) or ()) > 0


def default_axes(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the axes of rows and of columns, -1 for none: the last two."""
    n = len(shape)
    return max(n - 2, -1), n - 1


def cell_of(tile: Tile | None, row: int, column: int) -> tuple[int, int] | None:
    """Return the cell of `tile` that an element is in, None if it covers no such element."""
    if tile is None:
        return None
    if not (tile.rows[0] <= row < tile.rows[1] and tile.columns[0] <= column < tile.columns[1]):
        return None
    return (row - tile.rows[0]) // tile.block[0], (column - tile.columns[0]) // tile.block[1]


class LeafView:
    """What is looked at of the array that is selected. One tile is asked for at a time.

    Signals:
        shape_changed: Another array, or other axes or indices: all of it is to be seen anew.
        tile_changed: `tile` or `problem` is another one.
    """

    shape_changed = Signal()
    tile_changed = Signal()

    def __init__(self, inspected: Inspected, n_cells: int = MAX_CELLS) -> None:
        self._inspected = inspected
        self._n_cells = n_cells
        self.node = -1  # none
        self.shape: tuple[int, ...] = ()
        self.row_axis = self.column_axis = -1
        self.index: list[int] = []
        self.tile: Tile | None = None
        self.overview: Tile | None = None  # the first tile: all of the matrix
        self.problem: Problem | None = None
        self._cancel: Callable[[], None] | None = None  # of the tile that is being read
        self._wanted: ReadTile | None = None  # after that one

    @property
    def n_rows(self) -> int:
        """How many rows the matrix has."""
        return self.shape[self.row_axis] if self.row_axis >= 0 else 1

    @property
    def n_columns(self) -> int:
        """How many columns the matrix has."""
        return self.shape[self.column_axis] if self.column_axis >= 0 else 1

    @property
    def name(self) -> str:
        """The array as the user would write it: `model.layers[0].weight`."""
        model = self._inspected.model
        return model.tree.path(self.node) if model is not None and self.node >= 0 else ""

    @property
    def is_reading(self) -> bool:
        """Whether a tile is on its way."""
        return self._cancel is not None

    def show(self, node: int) -> None:
        """Look at all of `node`; -1, or what cannot be drawn, is nothing."""
        self.stop()
        model = self._inspected.model
        if model is None or node < 0 or not can_be_drawn(model.tree, node):
            self.node, self.shape, self.index = -1, (), []
            self.row_axis = self.column_axis = -1
        else:
            self.node, self.shape = node, model.tree.shape(node) or ()
            self.row_axis, self.column_axis = default_axes(self.shape)
            self.index = [0] * len(self.shape)
        self._look_anew()

    def set_axes(self, row_axis: int, column_axis: int) -> None:
        """Let rows and columns run along other axes; one that both want is exchanged."""
        if row_axis == column_axis:
            if row_axis != self.row_axis:
                column_axis = self.row_axis
            else:
                row_axis = self.column_axis
        self.row_axis, self.column_axis = row_axis, column_axis
        self._look_anew()

    def set_index(self, axis: int, index: int) -> None:
        """Look at another place along an axis that is neither that of rows nor of columns."""
        self.index[axis] = index
        self._look_anew()

    def look(self, rows: Window, columns: Window, *, with_texts: bool = False) -> None:
        """Read the tile of a window, when the one that is being read has come."""
        if self.node < 0:
            return
        self._wanted = ReadTile(
            0, self.node, self.row_axis, self.column_axis, tuple(self.index), rows, columns,
            self._n_cells, with_texts,
        )  # fmt: skip
        if not self.is_reading:
            self._ask()

    def stop(self) -> None:
        """Read no further."""
        if self._cancel is not None:
            self._cancel()
        self._cancel = self._wanted = None

    def path_at(self, row: int, column: int) -> str:
        """Return the element as Python writes it: `model.weight[3, 17]`."""
        return self._index_text(str(row), str(column))

    def _index_text(self, row: str, column: str) -> str:
        index = [str(i) for i in self.index]
        for axis, at in ((self.row_axis, row), (self.column_axis, column)):
            if axis >= 0:
                index[axis] = at
        where = f"[{', '.join(index)}]" if index else ""
        return self.name + where

    def words_at(self, row: int, column: int) -> str:
        """Return an element, or the block of elements that its cell stands for, in words."""
        tile = self.tile
        cell = cell_of(tile, row, column)
        if tile is None or cell is None:
            return self.path_at(row, column)
        flags = int(tile.flags[cell])
        down, across = tile.block
        if down == across == 1:
            value = formatting.number(float(tile.mean[cell]))
            if flags:
                value = "NaN" if flags & CellFlag.NAN else "infinite"
            if len(tile.texts):
                value = tile.texts[cell[0] * tile.mean.shape[1] + cell[1]]
            return f"{self.path_at(row, column)} = {value}"
        top, left = tile.rows[0] + cell[0] * down, tile.columns[0] + cell[1] * across
        bottom, right = min(top + down, tile.rows[1]), min(left + across, tile.columns[1])
        mean, low, high = (
            formatting.number(float(column[cell])) for column in (tile.mean, tile.low, tile.high)
        )
        held = [word for flag, word in _HELD if flags & flag]
        also = f", and {' and '.join(held)}" if held else ""
        index = self._index_text(f"{top}:{bottom}", f"{left}:{right}")
        return f"{index}: mean {mean}, {low} to {high}{also}"

    def values_text(self) -> str:
        """Return the cells in view, row by row with tabs between: elements, or means of blocks."""
        tile = self.tile
        if tile is None:
            return ""
        rows, columns = tile.mean.shape
        if len(tile.texts):
            cells = [[tile.texts[i * columns + j] for j in range(columns)] for i in range(rows)]
        else:
            cells = [[f"{value:.6g}" for value in row] for row in tile.mean.tolist()]
        return "\n".join("\t".join(row) for row in cells)

    def _look_anew(self) -> None:
        self.stop()
        self.tile = self.overview = self.problem = None
        self.shape_changed.emit()
        self.tile_changed.emit()
        self.look((0, self.n_rows), (0, self.n_columns))

    def _ask(self) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted is None:
            return

        def request(model: OpenedModel) -> Record:
            return ReadTile(
                model.tree.revision, wanted.node, wanted.row_axis, wanted.column_axis,
                wanted.index, wanted.rows, wanted.columns, wanted.n_cells, wanted.with_texts,
            )  # fmt: skip

        # What is kept is kept for all leaves that are looked at: small pictures only.
        n_cells = min(self.n_rows, self._n_cells) * min(self.n_columns, self._n_cells)
        is_kept = self.overview is None and n_cells <= _MOST_KEPT
        self._cancel = lambda: None  # asking may have to open the model first
        self._cancel = self._inspected.ask_model(request, self._on_tile, is_kept=is_kept)

    def _on_tile(self, answer: Record) -> None:
        self._cancel = None
        if isinstance(answer, Tile):
            self.tile, self.problem = answer, None
            self.overview = self.overview or answer
        elif isinstance(answer, Problem):
            self.problem, self._wanted = answer, None
        self.tile_changed.emit()
        if not self.is_reading:
            self._ask()
