"""A plot as a picture that is painted once for each change, with the cursor over it."""

import math

from PySide6.QtCore import QLineF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from eqxviz.gui.plotting.frame import Frame
from eqxviz.gui.run.painting import PlotPainter
from eqxviz.gui.theme import Theme
from eqxviz.session.plots.drawing import Drawing

LEAST_HEIGHT = 90


class PlotPicture(QWidget):
    """Shows one drawing, the cursor, a pinned place, and a rubber band."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._painter = PlotPainter(theme)
        self._drawing: Drawing | None = None
        self._picture: QPixmap | None = None  # of the drawing, without what moves over it
        self._band: QRectF | None = None
        self.frame: Frame | None = None
        self.cursor_place = math.nan
        self.pin_place = math.nan
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumHeight(LEAST_HEIGHT)
        theme.changed.connect(self._on_theme_changed)

    @property
    def n_buckets(self) -> int:
        """How many columns of pixels the lines have, of the screen's own."""
        width = self.frame.box.width() if self.frame is not None else self.width() - 58
        return max(int(width * self.devicePixelRatioF()), 16)

    @property
    def drawing(self) -> Drawing | None:
        """What is shown."""
        return self._drawing

    def show_drawing(self, drawing: Drawing, n_lines: int) -> None:
        """Show `drawing`, among `n_lines` lines that are seen at once in all plots.

        Nothing is painted anew where it is the one that is shown.
        """
        self._painter.n_lines = n_lines
        if drawing is not self._drawing:
            self._drawing = drawing
            self._invalidate()

    def show_cursor(self, place: float, pin: float) -> None:
        """Draw a line at the cursor and one at the pinned place; NaN: none."""
        if not (_same(place, self.cursor_place) and _same(pin, self.pin_place)):
            self.cursor_place, self.pin_place = place, pin
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, 180)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._invalidate()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._drawing is None or self.frame is None:
            painter.fillRect(self.rect(), self._theme.color("base"))
            return
        if self._picture is None:
            self._picture = self._paint_picture(self._drawing, self.frame)
        painter.drawPixmap(0, 0, self._picture)
        self._paint_over(painter, self.frame)

    def _paint_picture(self, drawing: Drawing, frame: Frame) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(self._theme.color("base"))
        painter = QPainter(picture)
        self._painter.paint(painter, frame, drawing)
        painter.end()
        return picture

    def _paint_over(self, painter: QPainter, frame: Frame) -> None:
        box = frame.box
        for place, style, role in (
            (self.pin_place, Qt.PenStyle.SolidLine, "accent"),
            (self.cursor_place, Qt.PenStyle.DashLine, "faint"),
        ):
            x = frame.x(place) if math.isfinite(place) else math.nan
            if box.left() <= x <= box.right():
                painter.setPen(QPen(self._theme.color(role), 1, style))
                x = math.floor(x) + 0.5
                painter.drawLine(QLineF(x, box.top(), x, box.bottom()))
        if self._band is not None:
            fill = QColor(self._theme.color("accent"))
            painter.setPen(QPen(fill, 1))
            fill.setAlpha(40)
            painter.setBrush(fill)
            painter.drawRect(self._band)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.color("accent"), 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _invalidate(self) -> None:
        self._picture = None
        if self._drawing is not None:
            self.frame = self._painter.frame(QRectF(self.rect()), self._drawing)
        self.update()

    def _on_theme_changed(self) -> None:
        self._painter = PlotPainter(self._theme, self._painter.n_lines)
        self._invalidate()


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))
