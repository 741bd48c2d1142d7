"""A matrix of any size as colours, from all of it down to its elements."""

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QKeySequence, QPainter
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.values import painting
from eqxviz.gui.values.camera import MatrixCamera
from eqxviz.gui.values.colours import Colours
from eqxviz.records import Tile
from eqxviz.session.values.leaf_view import LeafView, cell_of

_LOOK_AFTER_MS = 30
_ZOOM_STEP = 1.25
_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class HeatMap(QWidget):
    """What a `LeafView` looks at. The wheel zooms to the pointer, dragging moves, Home shows all.

    Arrow keys move a cursor from cell to cell, + and - zoom at it, Return goes down to its element,
    Ctrl+C copies it in words.

    Signals:
        pointed: The element under the pointer or cursor in words, "" when there is none.
    """

    pointed = Signal(str)

    def __init__(self, view: LeafView, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._view = view
        self._theme = theme
        self.camera = MatrixCamera()
        self.colours = Colours.between(0.0, 1.0, theme)
        self._dragged_from: QPointF | None = None
        self._cursor: tuple[int, int] | None = None  # row and column
        self._images: dict[str, tuple[Tile, Colours, QImage]] = {}
        self._look_timer = QTimer(self)
        self._look_timer.setSingleShot(True)
        self._look_timer.setInterval(_LOOK_AFTER_MS)
        self._look_timer.timeout.connect(self._look)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 60)
        self.setAccessibleName("Heat map of the array")

    def sizeHint(self) -> QSize:
        return QSize(480, 360)

    def set_colours(self, colours: Colours) -> None:
        """Draw in other colours."""
        self.colours = colours
        self.update()

    def fit(self) -> None:
        """Show all of the matrix."""
        self.camera.fit()
        self._on_moved()

    def zoom(self, factor: float, at: QPointF) -> None:
        """Make cells `factor` times as large; what is at the point `at` stays there."""
        self.camera.zoom(factor, at)
        self._on_moved()

    def show_element(self, row: int, column: int) -> None:
        """Put the cursor on an element, and bring it into view so that it can be read."""
        self.camera.show_element(row, column)
        self._set_cursor(row, column)
        self._on_moved()

    def on_shape_changed(self) -> None:
        """Show all of another matrix."""
        self._cursor = None
        self._images.clear()
        self.camera.n_rows, self.camera.n_columns = self._view.n_rows, self._view.n_columns
        self.fit()
        self._look_timer.stop()  # the view asks for all of it by itself

    def on_tile_changed(self) -> None:
        """Draw what came, and say anew what is at the cursor."""
        if self._cursor is not None:
            self._set_cursor(*self._cursor)
        self.update()

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        self.camera.room = QSizeF(self.size())
        if self.camera.is_fitted:
            self.camera.fit()
        self.camera.keep_inside()
        self._on_moved()

    def wheelEvent(self, event) -> None:
        steps = event.angleDelta().y() / 120
        if steps:
            self.zoom(_ZOOM_STEP**steps, event.position())
        event.accept()

    def mousePressEvent(self, event) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragged_from = event.position()
            element = self.camera.cell_at(event.position())
            if element is not None:
                self._set_cursor(*element)

    def mouseMoveEvent(self, event) -> None:
        if self._dragged_from is not None and event.buttons() & Qt.MouseButton.LeftButton:
            moved = event.position() - self._dragged_from
            self._dragged_from = event.position()
            self.camera.move_by(moved.x(), moved.y())
            self._on_moved()
            return
        element = self.camera.cell_at(event.position())
        words = self._view.words_at(*element) if element is not None else ""
        self.setToolTip(words)
        self.pointed.emit(words)

    def mouseReleaseEvent(self, event) -> None:
        self._dragged_from = None

    def mouseDoubleClickEvent(self, event) -> None:
        self.fit()

    def leaveEvent(self, event) -> None:
        super().leaveEvent(event)
        self.pointed.emit(self._view.words_at(*self._cursor) if self._cursor is not None else "")

    def keyPressEvent(self, event) -> None:
        key = event.key()
        if key in _STEPS:
            self._step(*_STEPS[key])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(_ZOOM_STEP, self._cursor_point())
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / _ZOOM_STEP, self._cursor_point())
        elif key == Qt.Key.Key_Home:
            self.fit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._cursor is not None:
            self.show_element(*self._cursor)
        elif event.matches(QKeySequence.StandardKey.Copy) and self._cursor is not None:
            QApplication.clipboard().setText(self._view.words_at(*self._cursor))
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event) -> None:
        painter = QPainter(self)
        view, camera = self._view, self.camera
        if view.overview is None or view.tile is None:
            return
        painter.setClipRect(camera.area)
        for name, tile in (("overview", view.overview), ("tile", view.tile)):
            if name == "overview" or tile is not view.overview:
                painter.drawImage(camera.tile_area(tile), self._image(name, tile))
        painting.paint_grid(painter, camera, view.tile, self._theme)
        painting.paint_problems(painter, camera, view.tile)
        if camera.shows_elements and len(view.tile.texts):
            painting.paint_texts(painter, camera, view.tile, self.colours, self._theme)
        if self._cursor is not None:
            painter.setClipping(False)
            painting.paint_cursor(painter, self._cursor_area(*self._cursor), self._theme)

    def _image(self, name: str, tile: Tile) -> QImage:
        """Return the picture of a tile, made once."""
        known = self._images.get(name)
        if known is None or known[0] is not tile or known[1] is not self.colours:
            known = tile, self.colours, self.colours.image(tile.mean, tile.flags)
            self._images[name] = known
        return known[2]

    def _on_moved(self) -> None:
        """Look soon at what is in view now."""
        self._look_timer.start()
        self.update()

    def _look(self) -> None:
        rows, columns = self.camera.window()
        if rows[0] < rows[1] and columns[0] < columns[1]:
            self._view.look(rows, columns, with_texts=self.camera.shows_elements)

    def _step(self, down: int, across: int) -> None:
        """Move the cursor by cells; the first time it appears in the middle."""
        if self._cursor is None:
            middle = self.camera.element_at(QPointF(self.width() / 2, self.height() / 2))
            self._set_cursor(int(middle.y()), int(middle.x()))
            return
        row, column = self._cursor
        block = self._view.tile.block if self._view.tile is not None else (1, 1)
        self._set_cursor(row + down * block[0], column + across * block[1])
        area = self._cursor_area(*self._cursor)
        across_by = min(self.width() - area.right(), 0.0) - min(area.left(), 0.0)
        down_by = min(self.height() - area.bottom(), 0.0) - min(area.top(), 0.0)
        if across_by or down_by:
            self.camera.move_by(across_by, down_by)
            self._on_moved()

    def _cursor_area(self, row: int, column: int) -> QRectF:
        """Return where the cell of an element is drawn."""
        tile = self._view.tile
        cell = cell_of(tile, row, column)
        if tile is not None and cell is not None:
            return self.camera.block_area(tile, *cell)
        return self.camera.area_of(range(row, row + 1), range(column, column + 1))

    def _set_cursor(self, row: int, column: int) -> None:
        self._cursor = (
            min(max(row, 0), max(self._view.n_rows - 1, 0)),
            min(max(column, 0), max(self._view.n_columns - 1, 0)),
        )
        words = self._view.words_at(*self._cursor)
        self.setAccessibleDescription(words)
        self.pointed.emit(words)
        self.update()

    def _cursor_point(self) -> QPointF:
        """Return where the cursor is drawn; the middle, if there is none in view."""
        middle = QPointF(self.width() / 2, self.height() / 2)
        if self._cursor is None:
            return middle
        point = self._cursor_area(*self._cursor).center()
        return point if QRectF(self.rect()).contains(point) else middle
