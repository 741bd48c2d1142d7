"""A bar made of the parts of a time, with a legend that says how large each is."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.session.formatting import percent, seconds
from eqxviz.session.system.time_shares import Part, TimeShares, shares_text

_BAR = 12
_SWATCH = 9
_GAP = 5
_APART = 14


class ShareBar(QWidget):
    """The parts from left to right; with a legend each is named below. All tell more on hover."""

    def __init__(self, theme: Theme, name: str, parent: QWidget, *, has_legend: bool) -> None:
        super().__init__(parent)
        self._theme = theme
        self._name = name
        self._has_legend = has_legend
        self._parts: tuple[Part, ...] = ()
        self.setFont(theme.font("small"))
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.changed.connect(self.update)

    def show_shares(self, shares: TimeShares) -> None:
        """Draw `shares`."""
        self._parts = shares.parts
        self.setAccessibleName(f"{self._name}: {shares_text(shares)}")
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        entries = self._entries(width)
        return _BAR + (_GAP + self._row_height() * (1 + entries[-1][1]) if entries else 0)

    def sizeHint(self) -> QSize:
        return QSize(260, self.heightForWidth(260))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, _BAR)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            part = self._part_at(event.pos().x()) if event.pos().y() <= _BAR + _GAP else None
            if part is not None:
                words = f"{part.name}: {percent(part.share)}, {seconds(part.seconds)}"
                QToolTip.showText(event.globalPos(), f"{words}\n{part.explanation}", self)
                return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._theme
        left = 0.0
        for part in self._parts:
            width = part.share * self.width()
            box = QRectF(left, 0, width, _BAR)
            painter.fillRect(box, theme.color(part.role))
            if left > 0:  # the border is seen where colours are not
                painter.setPen(QPen(theme.color("base"), 2))
                painter.drawLine(QPointF(left, 0), QPointF(left, _BAR))
            left += width
        for part, row, x in self._entries(self.width()):
            top = _BAR + _GAP + row * self._row_height()
            swatch = QRectF(x, top + (self._row_height() - _SWATCH) / 2, _SWATCH, _SWATCH)
            painter.fillRect(swatch, theme.color(part.role))
            painter.setPen(theme.color("text"))
            place = QRectF(x + _SWATCH + _GAP, top, self.width(), self._row_height())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, _legend(part))

    def _entries(self, width: int) -> list[tuple[Part, int, float]]:
        """Return each part of the legend with its row and its place in it."""
        placed: list[tuple[Part, int, float]] = []
        row, x = 0, 0.0
        for part in self._parts if self._has_legend else ():
            needed = _SWATCH + _GAP + self.fontMetrics().horizontalAdvance(_legend(part))
            if x and x + needed > width:
                row, x = row + 1, 0.0
            placed.append((part, row, x))
            x += needed + _APART
        return placed

    def _part_at(self, x: float) -> Part | None:
        reached = 0.0
        for part in self._parts:
            reached += part.share * self.width()
            if x <= reached:
                return part
        return None

    def _row_height(self) -> int:
        return self.fontMetrics().height() + 2


def _legend(part: Part) -> str:
    return f"{part.name} {percent(part.share)}"
