"""The values of leaves: statistics, tiles of a heat map, and the table of a subtree."""

import enum
from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.codec import CodecError, Record, record
from eqxviz.records.columns import Strings, check_lengths

PERCENTS = (1, 5, 25, 50, 75, 95, 99)
MAX_CELLS = 512  # of a tile, along each side


def _no_numbers() -> NDArray[np.float64]:
    return np.zeros(0, np.float64)


@record
class ReadValue(Record):
    """Ask for the statistics of one node. Answered by `ValueSummary`, or by `Progress`.

    Of a large array a part is read at a time: asked again after `Progress`, the worker goes on
    where it was.
    """

    revision: int
    node: int


@record
class Progress(Record):
    """Not done yet: ask the same again."""

    n_done: int
    n_total: int


@record
class ValueSummary(Record):
    """What is known of one node's value. Statistics are of the finite elements, in float64.

    Complex numbers count by their magnitude. `edges` has one entry more than `histogram`; both are
    empty for what is no number, as are `percentiles` (at `PERCENTS`).
    """

    revision: int
    node: int
    text: str  # the value printed, at most some 2,000 characters
    size: int
    n_nan: int
    n_inf: int  # of either sign
    n_zero: int
    minimum: float
    maximum: float
    mean: float
    std: float
    histogram: NDArray[np.int64]
    edges: NDArray[np.float64]
    norm: float = float("nan")  # the root of the sum of squares
    n_negative_inf: int = 0
    percentiles: NDArray[np.float64] = field(default_factory=_no_numbers)
    # Percentiles and histogram are right to this share of a value; 0 where they are exact.
    accuracy: float = 0.0
    # To the last digit, where a float64 does not hold it: "-9223372036854775808"; else ""
    exact_minimum: str = ""
    exact_maximum: str = ""
    # lowest and highest real part, lowest and highest imaginary part, of complex numbers
    parts: NDArray[np.float64] = field(default_factory=_no_numbers)
    file: str = ""  # where a callable was defined
    line: int = 0

    def check(self) -> None:
        if len(self.percentiles) not in (0, len(PERCENTS)):
            raise CodecError(f"ValueSummary has {len(self.percentiles)} percentiles")
        if len(self.parts) not in (0, 4):
            raise CodecError(f"ValueSummary has {len(self.parts)} ends of parts; 4 are due")
        if len(self.edges) != (len(self.histogram) + 1 if len(self.histogram) else 0):
            raise CodecError("ValueSummary.edges must have one entry more than its histogram")


class CellFlag(enum.IntFlag):
    """What a cell of a tile holds beside finite numbers."""

    NAN = 1
    INF = 2


@record
class ReadTile(Record):
    """Ask for a window of an array as a matrix of cells. Answered by `Tile`.

    Rows run along `row_axis` (-1: there is one row), columns along `column_axis` (-1: one column);
    `index` says where on every axis, and is not looked at on these two. A window that reaches past
    the array is cut. A cell is a block of elements whose sides are powers of two, so that there
    are at most `n_cells` a side and that blocks stay the same while the window moves.
    """

    revision: int
    node: int
    row_axis: int
    column_axis: int
    index: tuple[int, ...]
    rows: tuple[int, int]  # first, last + 1
    columns: tuple[int, int]
    n_cells: int = MAX_CELLS
    with_texts: bool = False

    def check(self) -> None:
        if not 1 <= self.n_cells <= MAX_CELLS:
            raise CodecError(f"ReadTile.n_cells is {self.n_cells}; 1 to {MAX_CELLS} are possible")


@record
class Tile(Record):
    """A window of an array as a matrix of cells, row by row.

    `mean`, `low` and `high` are of the finite elements of each cell, NaN where it has none. `texts`
    are the elements themselves, where they were asked for and each cell is one; else empty.
    """

    asked: ReadTile
    shape: tuple[int, ...]
    block: tuple[int, int]  # elements in a cell, down and across
    rows: tuple[int, int]  # what the cells cover
    columns: tuple[int, int]
    mean: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    flags: NDArray[np.uint8]  # CellFlag
    texts: Strings

    def check(self) -> None:
        cells = self.mean.shape
        if len(cells) != 2 or any(a.shape != cells for a in (self.low, self.high, self.flags)):
            raise CodecError("the columns of Tile must be matrices of one shape")
        if len(self.texts) not in (0, self.mean.size):
            raise CodecError(f"Tile has {len(self.texts)} texts for {self.mean.size} cells")


@record
class ReadStatistics(Record):
    """Ask for the statistics of array leaves. Answered by `LeafStatistics` of the first of them."""

    revision: int
    nodes: NDArray[np.int32]

    def check(self) -> None:
        if self.nodes.ndim != 1 or not len(self.nodes):
            raise CodecError(f"ReadStatistics.nodes is of shape {self.nodes.shape}; one column due")


@record
class LeafStatistics(Record):
    """Statistics of array leaves, a row each: those of `ReadStatistics.nodes`, from the first on.

    There are as many as could be read in a moment. `n_read` says how many elements of the next one
    were read too: asked for it, the worker goes on there. Where values cannot be read (deleted
    arrays, shapes only, keys) `size` is -1, and the others are 0 or NaN.
    """

    revision: int
    n_read: int
    nodes: NDArray[np.int32]
    size: NDArray[np.int64]
    n_nan: NDArray[np.int64]
    n_inf: NDArray[np.int64]
    n_zero: NDArray[np.int64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    norm: NDArray[np.float64]

    def check(self) -> None:
        columns = {name: len(getattr(self, name)) for name in STATISTICS_COLUMNS}
        check_lengths(columns, "LeafStatistics")


STATISTICS_COLUMNS = (
    *("nodes", "size", "n_nan", "n_inf", "n_zero"),
    *("minimum", "maximum", "mean", "std", "norm"),
)
