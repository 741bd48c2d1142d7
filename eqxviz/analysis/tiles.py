"""A window of an array as a matrix of cells: what a heat map draws, at any zoom."""

from collections.abc import Callable
from typing import Any

import numpy as np

from eqxviz.analysis.array_data import (
    Part,
    parts_of,
    readable,
    real_numbers,
    why_unreadable,
)
from eqxviz.analysis.cancelled import CancelledError
from eqxviz.analysis.cells import Cells, as_matrix, cells_of
from eqxviz.analysis.device_tiles import Cut, read_cells
from eqxviz.analysis.leaves import is_array
from eqxviz.records import CellFlag, ReadTile, Strings, Tile

MAX_TEXTS = 8192
# Elements read between two looks at whether the tile is still wanted.
_BAND = 1 << 18
_DEVICE_BAND = 1 << 24


def read_tile(obj: Any, asked: ReadTile, is_cancelled: Callable[[], bool]) -> Tile:
    """Return the tile that `asked` describes of the array `obj`. Only its window is read.

    Raises:
        ValueError: If `obj` is no array that can be read, or has no such axis or index.
        CancelledError: If `is_cancelled()` between two pieces.
    """
    if not is_array(obj):
        raise ValueError(f"a {type(obj).__name__} is no array; only arrays are drawn")
    if reason := why_unreadable(obj):
        raise ValueError(reason)
    array = readable(obj)
    _check(asked, array.shape)
    n_rows = array.shape[asked.row_axis] if asked.row_axis >= 0 else 1
    n_columns = array.shape[asked.column_axis] if asked.column_axis >= 0 else 1
    rows, down = _window(asked.rows, n_rows, asked.n_cells)
    columns, across = _window(asked.columns, n_columns, asked.n_cells)
    cells = _Cells(rows, down, columns, across)
    for part in parts_of(array):
        _add_part(cells, part, asked, is_cancelled)
    texts: list[str] = []
    is_exact = down == across == 1 and cells.total.size <= MAX_TEXTS
    if asked.with_texts and is_exact:
        texts = _texts(array, asked, rows, columns)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = (cells.total / np.where(cells.n, cells.n, np.nan)).astype(np.float32)
        low, high = cells.low.astype(np.float32), cells.high.astype(np.float32)
    low[cells.n == 0] = high[cells.n == 0] = np.nan
    return Tile(
        asked=asked,
        shape=tuple(int(n) for n in array.shape),
        block=(down, across),
        rows=rows,
        columns=columns,
        mean=mean,
        low=low,
        high=high,
        flags=cells.flags,
        texts=Strings.of(texts),
    )


class _Cells:
    """The cells of a window, filled band by band."""

    def __init__(
        self, rows: tuple[int, int], down: int, columns: tuple[int, int], across: int
    ) -> None:
        self.rows, self.down, self.columns, self.across = rows, down, columns, across
        shape = -(-(rows[1] - rows[0]) // down), -(-(columns[1] - columns[0]) // across)
        self.total = np.zeros(shape)
        self.n = np.zeros(shape, np.int64)
        self.low = np.full(shape, np.inf)
        self.high = np.full(shape, -np.inf)
        self.flags = np.zeros(shape, np.uint8)

    def add(self, found: Cells, row: int, column: int) -> None:
        """Take in the cells of a part, the first of which holds element [row, column]."""
        top, left = (row - self.rows[0]) // self.down, (column - self.columns[0]) // self.across
        height, width = found.total.shape
        at = np.s_[top : top + height, left : left + width]
        self.total[at] += found.total
        self.n[at] += found.n
        np.minimum(self.low[at], found.low, out=self.low[at])
        np.maximum(self.high[at], found.high, out=self.high[at])
        for flag, n in ((CellFlag.NAN, found.n_nan), (CellFlag.INF, found.n_inf)):
            self.flags[at] |= np.where(n > 0, flag, 0).astype(np.uint8)

    def offset(self, row: int, column: int) -> tuple[int, int]:
        """Return how many rows and columns of its block lie before element [row, column]."""
        return (row - self.rows[0]) % self.down, (column - self.columns[0]) % self.across


def _check(asked: ReadTile, shape: tuple[int, ...]) -> None:
    axes = [axis for axis in (asked.row_axis, asked.column_axis) if axis >= 0]
    if len(asked.index) != len(shape) or any(axis >= len(shape) for axis in axes):
        raise ValueError(
            f"axes {asked.row_axis} and {asked.column_axis} with the index {asked.index} do not "
            f"fit an array of shape {shape}: one index for each axis is due"
        )
    if len(set(axes)) < len(axes):
        raise ValueError(f"axis {asked.row_axis} cannot run along both rows and columns")
    for axis, (i, n) in enumerate(zip(asked.index, shape, strict=True)):
        if axis not in axes and not 0 <= i < n:
            raise ValueError(f"index {i} is outside axis {axis}, which has {n} elements")


def _window(wanted: tuple[int, int], n: int, n_cells: int) -> tuple[tuple[int, int], int]:
    """Return what of `wanted` lies in 0 to `n`, in whole blocks, and the elements of a block."""
    start, stop = max(wanted[0], 0), min(wanted[1], n)
    if stop <= start:
        return (0, 0), 1
    block = 1
    while -(-stop // block) - start // block > n_cells:
        block *= 2
    return (start // block * block, min(-(-stop // block) * block, n)), block


def _add_part(cells: _Cells, part: Part, asked: ReadTile, is_cancelled: Callable[[], bool]) -> None:
    """Take in what of `part` lies in the window."""
    bounds: list[tuple[int, int]] = []  # in the part, for each axis
    for axis, (start, n) in enumerate(zip(part.start, part.data.shape, strict=True)):
        if axis == asked.row_axis:
            first, last = cells.rows
        elif axis == asked.column_axis:
            first, last = cells.columns
        else:
            first, last = asked.index[axis], asked.index[axis] + 1
        bounds.append((max(first - start, 0), min(last - start, n)))
    if any(first >= last for first, last in bounds):
        return
    row_start = part.start[asked.row_axis] if asked.row_axis >= 0 else 0
    column_start = part.start[asked.column_axis] if asked.column_axis >= 0 else 0
    whole_row = (0, 1)
    rows = bounds[asked.row_axis] if asked.row_axis >= 0 else whole_row
    columns = bounds[asked.column_axis] if asked.column_axis >= 0 else whole_row
    band = _BAND if part.is_on_host else _DEVICE_BAND
    width = columns[1] - columns[0]
    # Some whole rows of cells at a time, or a part of one if it is that large.
    step = max(1, band // width)
    step = step // cells.down * cells.down or step
    row = rows[0]
    while row < rows[1]:
        if is_cancelled():
            raise CancelledError
        stop = min(row + step - (row + row_start) % min(step, cells.down), rows[1])
        if asked.row_axis >= 0:
            bounds[asked.row_axis] = (row, stop)
        at = row + row_start, columns[0] + column_start
        cells.add(_read(part, bounds, asked, cells.offset(*at), (cells.down, cells.across)), *at)
        row = stop


def _read(
    part: Part,
    bounds: list[tuple[int, int]],
    asked: ReadTile,
    offset: tuple[int, int],
    block: tuple[int, int],
) -> Cells:
    """Return the cells of `part` between `bounds`."""
    axes = asked.row_axis, asked.column_axis
    if part.is_on_host:
        view = part.host_view()[tuple(slice(*b) for b in bounds)]
        return cells_of(real_numbers(as_matrix(view, *axes)), offset, block)
    starts = tuple(first for first, _ in bounds)
    sizes = tuple(last - first for first, last in bounds)
    return read_cells(part.data, starts, Cut(sizes, *axes, block, offset))


def _texts(
    array: Any, asked: ReadTile, rows: tuple[int, int], columns: tuple[int, int]
) -> list[str]:
    """Return the elements of the window as texts, row by row."""
    texts = np.full((rows[1] - rows[0], columns[1] - columns[0]), "", object)
    for part in parts_of(array):
        places: list[slice] = []
        bounds: list[tuple[int, int]] = []
        for axis, (start, n) in enumerate(zip(part.start, part.data.shape, strict=True)):
            first, last = asked.index[axis], asked.index[axis] + 1
            if axis == asked.row_axis:
                first, last = rows
            elif axis == asked.column_axis:
                first, last = columns
            inside = max(first, start), min(last, start + n)
            bounds.append((inside[0] - start, inside[1] - start))
            places.append(slice(inside[0] - first, inside[1] - first))
        if any(first >= last for first, last in bounds):
            continue
        if part.is_on_host:
            window = part.host_view()[tuple(slice(*b) for b in bounds)]
        else:
            window = np.asarray(part.data[tuple(slice(*b) for b in bounds)])
        words = np.array([element_text(x) for x in window.reshape(-1)], object)
        at = (
            places[asked.row_axis] if asked.row_axis >= 0 else slice(0, 1),
            places[asked.column_axis] if asked.column_axis >= 0 else slice(0, 1),
        )
        texts[at] = as_matrix(words.reshape(window.shape), asked.row_axis, asked.column_axis)
    return [str(text) for text in texts.reshape(-1)]


def element_text(element: Any) -> str:
    """Return one element as text: whole numbers to the last digit, others to six digits."""
    kind = element.dtype.kind
    if kind in "iu" or (kind == "V" and not hasattr(element, "imag")):
        return str(int(element))
    if kind == "b":
        return str(bool(element))
    if kind == "c":
        return f"{complex(element):.5g}"
    return f"{float(element):.6g}"
