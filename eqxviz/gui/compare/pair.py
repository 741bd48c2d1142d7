"""What is known of one pair of nodes, and where two arrays differ."""

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ElidedLabel
from eqxviz.records import DifferenceMap
from eqxviz.session import formatting
from eqxviz.session.compare.difference_table import AFTER, BEFORE, DifferenceTable

_HEIGHT = 148


class DifferencePicture(QWidget):
    """The largest |a - b| in each cell: the stronger the colour, the larger."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._map: DifferenceMap | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Where the two arrays differ")
        theme.changed.connect(self.update)

    def show_map(self, found: DifferenceMap | None) -> None:
        """Draw `found`, or nothing."""
        self._map = found if found is not None and found.cells.size else None
        self.setVisible(self._map is not None)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(_HEIGHT * 2, _HEIGHT)

    def mouseMoveEvent(self, event) -> None:
        found, area = self._map, self._area()
        if found is None or not area.contains(event.position()):
            self.setToolTip("")
            return
        n_rows, n_columns = found.cells.shape
        row = min(int((event.position().y() - area.top()) / area.height() * n_rows), n_rows - 1)
        column = min(
            int((event.position().x() - area.left()) / area.width() * n_columns), n_columns - 1
        )
        value = formatting.number(float(found.cells[row, column]))
        rows, columns = _span(row, n_rows, found.rows), _span(column, n_columns, found.columns)
        self.setToolTip(f"[{rows}, {columns}]: at most {value}")

    def paintEvent(self, event) -> None:
        found = self._map
        if found is None:
            return
        painter = QPainter(self)
        painter.drawImage(self._area(), _image(found.cells, self._theme))
        painter.setPen(self._theme.color("line"))
        painter.drawRect(self._area().adjusted(0, 0, -1, -1))

    def _area(self) -> QRectF:
        """Return where the cells are: square ones, unless the matrix is too long for that."""
        if self._map is None:
            return QRectF()
        n_rows, n_columns = self._map.cells.shape
        cell = min(self.width() / n_columns, self.height() / n_rows, 18.0)
        width, height = max(cell * n_columns, 14.0), max(cell * n_rows, 14.0)
        return QRectF(0, (self.height() - height) / 2, width, height)


class PairPanel(QWidget):
    """The row that is selected, in words, with the picture of the difference beside it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.path = ElidedLabel("", self)
        self.path.setProperty("face", "path")
        self.before, self.after = ElidedLabel("", self), ElidedLabel("", self)
        for label in (self.before, self.after):
            label.setProperty("face", "mono")
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        self.words.setProperty("tone", "faint")
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.picture = DifferencePicture(theme, self)
        self.setFixedHeight(_HEIGHT + 24)
        column = QVBoxLayout()
        column.setSpacing(4)
        for widget in (self.path, self.before, self.after, self.words):
            column.addWidget(widget)
        column.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 12, 12, 12)
        row.setSpacing(16)
        row.addLayout(column, 1)
        row.addWidget(self.picture)

    def show_row(self, table: DifferenceTable, row: int) -> None:
        """Tell what is known of `row`."""
        self.path.set_text(table.path(row))
        self.before.set_text(f"A  {table.cell(row, BEFORE) or 'nothing'}")
        self.after.set_text(f"B  {table.cell(row, AFTER) or 'nothing'}")
        self.words.setText(" ".join(table.explanation(row)))


def _span(cell: int, n_cells: int, length: int) -> str:
    """Return the elements of a cell, as an index or a slice."""
    start, stop = length * cell // n_cells, length * (cell + 1) // n_cells
    return str(start) if stop - start == 1 else f"{start}:{stop}"


def _image(cells: np.ndarray, theme: Theme) -> QImage:
    """Return a pixel a cell, from the ground for 0 to the mark's colour for the largest."""
    finite = np.isfinite(cells)
    highest = float(cells[finite].max()) if finite.any() else 0.0
    # The square root, so that what is small does not vanish beside one that is large.
    share = np.sqrt(np.where(finite, cells, 0.0) / (highest or 1.0))
    pixels = np.full((*cells.shape, 4), 255, np.uint8)
    low, high = theme.color("hover"), theme.color("differentiated")
    for channel in range(3):
        pixels[..., channel] = _level(low, channel) * (1 - share) + _level(high, channel) * share
    problem = theme.color("problem")
    pixels[~finite, :3] = [_level(problem, channel) for channel in range(3)]
    n_rows, n_columns = cells.shape
    # Copied: QImage does not keep the buffer alive.
    whole = QImage(pixels.data, n_columns, n_rows, n_columns * 4, QImage.Format.Format_RGBA8888)
    return whole.copy()


def _level(color: QColor, channel: int) -> int:
    return (color.red(), color.green(), color.blue())[channel]
