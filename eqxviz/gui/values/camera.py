"""Which part of a matrix is seen, and how large: element (x, y) to pixel and back."""

import math

from PySide6.QtCore import QPointF, QRectF, QSizeF

from eqxviz.records import Tile

LARGEST_CELL = 72.0, 30.0  # pixels across and down
_TEXT_CELL = 46.0, 15.0  # an element's text fits into so much
_STRIPE_HEIGHT = 90.0  # of a vector, which has one row only
# A matrix no longer than this many times its other side is drawn with square cells.
_SQUARE_UP_TO = 8.0


class MatrixCamera:
    """The part of a matrix of `n_rows` and `n_columns` that is seen in a room of some pixels."""

    def __init__(self) -> None:
        self.n_rows = self.n_columns = 1
        self.room = QSizeF(1, 1)
        self.scale = 1.0, 1.0  # pixels for an element, across and down
        self.origin = QPointF(0, 0)  # the element at the upper left corner
        self.is_fitted = True

    @property
    def shows_elements(self) -> bool:
        """Whether the cells are so large that the elements can be written into them."""
        return self.scale[0] >= _TEXT_CELL[0] and self.scale[1] >= _TEXT_CELL[1]

    @property
    def area(self) -> QRectF:
        """Where the whole matrix is drawn."""
        return self.area_of(range(self.n_rows), range(self.n_columns))

    def fit(self) -> None:
        """Show all of the matrix."""
        self.is_fitted = True
        across, down = self._smallest()
        if self.n_rows == 1:
            down = min(self.room.height(), _STRIPE_HEIGHT)
        elif _is_squarish(self.n_rows, self.n_columns):
            across = down = min(across, down)
        self.scale, self.origin = (across, down), QPointF(0, 0)

    def zoom(self, factor: float, at: QPointF) -> None:
        """Make cells `factor` times as large; what is at the point `at` stays there."""
        element = self.element_at(at)
        smallest, (across, down) = self._smallest(), self.scale
        low = min(smallest[0], across)
        across = min(max(across * factor, low), max(LARGEST_CELL[0], low))
        if self.n_rows > 1:
            low = min(smallest[1], down)
            down = min(max(down * factor, low), max(LARGEST_CELL[1], low))
        shows_all = across <= smallest[0] and (down <= smallest[1] or self.n_rows == 1)
        if factor < 1 and shows_all:
            self.fit()
            return
        self.is_fitted = False
        self.scale = across, down
        self.origin = QPointF(element.x() - at.x() / across, element.y() - at.y() / down)
        self.keep_inside()

    def move_by(self, across: float, down: float) -> None:
        """Move what is seen by so many pixels."""
        self.is_fitted = False
        self.origin = self.origin + QPointF(-across / self.scale[0], -down / self.scale[1])
        self.keep_inside()

    def show_element(self, row: int, column: int) -> None:
        """Bring an element to the middle, large enough to be read."""
        down = LARGEST_CELL[1] if self.n_rows > 1 else min(self.room.height(), _STRIPE_HEIGHT)
        self.scale, self.is_fitted = (LARGEST_CELL[0], down), False
        self.origin = QPointF(
            column + 0.5 - self.room.width() / 2 / self.scale[0],
            row + 0.5 - self.room.height() / 2 / self.scale[1],
        )
        self.keep_inside()

    def keep_inside(self) -> None:
        """Move so that no room is wasted beside the matrix."""
        across, down = self.scale
        self.origin = QPointF(
            _kept(self.origin.x(), self.n_columns, self.room.width() / across),
            _kept(self.origin.y(), self.n_rows, self.room.height() / down),
        )

    def element_at(self, point: QPointF) -> QPointF:
        """Return column and row, with fractions, that are drawn at a point."""
        return QPointF(
            self.origin.x() + point.x() / self.scale[0],
            self.origin.y() + point.y() / self.scale[1],
        )

    def cell_at(self, point: QPointF) -> tuple[int, int] | None:
        """Return row and column of the element at a point, None beside the matrix."""
        at = self.element_at(point)
        row, column = math.floor(at.y()), math.floor(at.x())
        is_inside = 0 <= row < self.n_rows and 0 <= column < self.n_columns
        return (row, column) if is_inside else None

    def window(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return the rows and the columns that are seen: first, and last + 1."""
        first = self.element_at(QPointF(0, 0))
        last = self.element_at(QPointF(self.room.width(), self.room.height()))
        rows = max(int(first.y()), 0), min(math.ceil(last.y()), self.n_rows)
        columns = max(int(first.x()), 0), min(math.ceil(last.x()), self.n_columns)
        return rows, columns

    def area_of(self, rows: range, columns: range) -> QRectF:
        """Return where some rows and columns are drawn."""
        return QRectF(
            (columns.start - self.origin.x()) * self.scale[0],
            (rows.start - self.origin.y()) * self.scale[1],
            len(columns) * self.scale[0],
            len(rows) * self.scale[1],
        )

    def tile_area(self, tile: Tile) -> QRectF:
        """Return where the cells of a tile are drawn: the last may reach past the matrix."""
        rows, columns = tile.mean.shape
        (top, _), (left, _), (down, across) = tile.rows, tile.columns, tile.block
        return self.area_of(range(top, top + rows * down), range(left, left + columns * across))

    def block_area(self, tile: Tile, i: int, j: int) -> QRectF:
        """Return where cell [i, j] of a tile is drawn."""
        down, across = tile.block
        top, left = tile.rows[0] + i * down, tile.columns[0] + j * across
        return self.area_of(range(top, top + down), range(left, left + across))

    def _smallest(self) -> tuple[float, float]:
        """Return how large cells are, across and down, where all of them are seen."""
        return (
            min(self.room.width() / self.n_columns, LARGEST_CELL[0]),
            min(self.room.height() / self.n_rows, LARGEST_CELL[1]),
        )


def _is_squarish(n_rows: int, n_columns: int) -> bool:
    return max(n_rows / n_columns, n_columns / n_rows) <= _SQUARE_UP_TO


def _kept(origin: float, n: int, n_seen: float) -> float:
    """Return `origin` so moved that no room is wasted beside `n` elements."""
    return 0.0 if n_seen >= n else min(max(origin, 0.0), n - n_seen)
