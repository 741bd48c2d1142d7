"""A mark with its word beside it, as a legend shows it."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from eqxviz.gui.theme import Theme, paint_mark
from eqxviz.session.marks import MARKS

_GAP = 6


class MarkLabel(QWidget):
    """The mark called `name`, then its word (or `text`)."""

    def __init__(
        self, theme: Theme, name: str, text: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._name = name
        self._text = text or MARKS[name].word
        self.setToolTip(MARKS[name].explanation)
        self.setAccessibleName(self._text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        side = metrics.ascent()
        return QSize(side + _GAP + metrics.horizontalAdvance(self._text) + 2, metrics.height() + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        side = self.fontMetrics().ascent()
        box = QRectF(0, (self.height() - side) / 2, side, side)
        paint_mark(painter, box, self._name, self._theme.color(self._name))
        painter.setPen(self._theme.color("text"))
        text_box = self.rect().adjusted(side + _GAP, 0, 0, 0)
        painter.drawText(text_box, int(Qt.AlignmentFlag.AlignVCenter), self._text)
