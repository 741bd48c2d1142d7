"""The pages of a lesson as a row of marks: which were seen, which are solved, which is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from eqxviz.gui.theme import Theme

_HEIGHT, _STEP, _SIDE = 26, 28, 11  # pixels
MARK_WORDS = {"new": "not seen yet", "seen": "seen", "solved": "solved"}


@dataclass(frozen=True)
class PageSign:
    """What the strip shows of one page."""

    heading: str
    mark: str  # a `PageMark`
    is_exercise: bool

    @property
    def words(self) -> str:
        """The page in words."""
        what = "Exercise: " if self.is_exercise else ""
        is_open = self.is_exercise and self.mark == "seen"
        return f"{what}{self.heading} – {'not solved yet' if is_open else MARK_WORDS[self.mark]}"


class PageStrip(QWidget):
    """A disc for a page, a diamond for an exercise; hollow, filled, or with a tick.

    Left and Right, Home and End go to another page; a click does.

    Signals:
        chosen: The index of the page that is wanted.
    """

    chosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._signs: tuple[PageSign, ...] = ()
        self._current = -1
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self.update)

    def show_pages(self, signs: Sequence[PageSign], current: int) -> None:
        """Show `signs`, with the one at `current` as the page that is shown."""
        self._signs, self._current = tuple(signs), current
        if 0 <= current < len(signs):
            place = f"Page {current + 1} of {len(signs)}"
            self.setAccessibleName(f"{place}, {signs[current].words}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(_STEP * len(self._signs), _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, _HEIGHT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len(self._signs) - 1
        keys = Qt.Key
        wanted = {
            keys.Key_Left: self._current - 1,
            keys.Key_Right: self._current + 1,
            keys.Key_Home: 0,
            keys.Key_End: last,
        }.get(Qt.Key(event.key()))
        if wanted is None:
            super().keyPressEvent(event)
        elif 0 <= wanted <= last and wanted != self._current:
            self.chosen.emit(wanted)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        index = self._index_at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and index >= 0:
            self.chosen.emit(index)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self._index_at(event.pos().x())
            words = f"{index + 1}. {self._signs[index].words}" if index >= 0 else ""
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        centres = [QPointF(self._x(i), _HEIGHT / 2) for i in range(len(self._signs))]
        painter.setPen(QPen(self._theme.color("line"), 1.5))
        if len(centres) > 1:
            painter.drawLine(centres[0], centres[-1])
        for i, (sign, centre) in enumerate(zip(self._signs, centres, strict=True)):
            if i == self._current:
                self._paint_ring(painter, centre)
            self._paint_sign(painter, sign, centre, is_current=i == self._current)

    def _paint_ring(self, painter: QPainter, centre: QPointF) -> None:
        painter.setPen(QPen(self._theme.color("accent"), 2 if self.hasFocus() else 1.4))
        painter.setBrush(self._theme.color("selection" if self.hasFocus() else "base"))
        painter.drawEllipse(centre, _SIDE - 1, _SIDE - 1)

    def _paint_sign(
        self, painter: QPainter, sign: PageSign, centre: QPointF, *, is_current: bool
    ) -> None:
        role = {"new": "none", "seen": "accent", "solved": "running"}[sign.mark]
        is_filled = sign.mark == "solved" or (sign.mark == "seen" and not sign.is_exercise)
        color = self._theme.color(role)
        painter.setPen(QPen(color, 1.6))
        painter.setBrush(color if is_filled else self._theme.color("base"))
        side = _SIDE + (1 if sign.is_exercise else -2)
        box = QRectF(-side / 2, -side / 2, side, side)
        painter.save()
        painter.translate(centre)
        if sign.is_exercise:
            painter.rotate(45)
            painter.drawRoundedRect(box.adjusted(1.5, 1.5, -1.5, -1.5), 1.5, 1.5)
            painter.rotate(-45)
        else:
            painter.drawEllipse(box)
        if sign.mark == "solved":
            painter.setPen(QPen(self._theme.color("base"), 1.6))
            painter.drawPolyline([QPointF(-2.6, 0.2), QPointF(-0.6, 2.2), QPointF(2.8, -2.2)])
        painter.restore()

    def _step(self) -> float:
        n = len(self._signs)
        room = self.width() - 2 * _SIDE - 2
        return min(_STEP, room / (n - 1)) if n > 1 else _STEP

    def _x(self, index: int) -> float:
        return _SIDE + 1 + index * self._step()

    def _index_at(self, x: float) -> int:
        index = round((x - _SIDE - 1) / self._step())
        return index if 0 <= index < len(self._signs) else -1
