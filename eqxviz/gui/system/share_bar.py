"""A bar made of the parts of a time, and the legend that says how large each is."""

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
    """The parts from left to right; the pointer asks what one is."""

    def __init__(self, theme: Theme, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._name = name
        self._parts: tuple[Part, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_shares(self, shares: TimeShares) -> None:
        """Draw `shares`."""
        self._parts = shares.parts
        self.setAccessibleName(f"{self._name}: {shares_text(shares)}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, _BAR)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            part = self._part_at(event.pos().x())
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
            painter.fillRect(QRectF(left, 0, width, _BAR), theme.color(part.role))
            if left > 0:  # the border is seen where colours are not
                painter.setPen(QPen(theme.color("base"), 2))
                painter.drawLine(QPointF(left, 0), QPointF(left, _BAR))
            left += width

    def _part_at(self, x: float) -> Part | None:
        reached = 0.0
        for part in self._parts:
            reached += part.share * self.width()
            if x <= reached:
                return part
        return None


class ShareLegend(QWidget):
    """What the parts are, in the order of the bars, each with its share."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._entries: list[tuple[str, str]] = []  # role and words
        self.setFont(theme.font("small"))
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.changed.connect(self.update)

    def show_shares(self, shares: TimeShares, named: TimeShares) -> None:
        """Tell the parts of `shares`; those of `named` that took no time are told as well."""
        now = {part.name: part.share for part in shares.parts}
        self._entries = [
            (part.role, f"{part.name} {percent(now.get(part.name, 0.0))}") for part in named.parts
        ]
        self.setAccessibleName(", ".join(words for _, words in self._entries))
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        placed = self._placed(width)
        return self._row_height() * (1 + placed[-1][0] if placed else 0)

    def sizeHint(self) -> QSize:
        return QSize(200, self.heightForWidth(200))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, height = QPainter(self), self._row_height()
        places = zip(self._entries, self._placed(self.width()), strict=True)
        for (role, words), (row, x) in places:
            top = row * height
            swatch = QRectF(x, top + (height - _SWATCH) / 2, _SWATCH, _SWATCH)
            painter.fillRect(swatch, self._theme.color(role))
            painter.setPen(self._theme.color("text"))
            place = QRectF(x + _SWATCH + _GAP, top, self.width(), height)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, words)

    def _placed(self, width: int) -> list[tuple[int, float]]:
        """Return the row of each entry, and its place in it."""
        placed: list[tuple[int, float]] = []
        row, x = 0, 0.0
        for _, words in self._entries:
            needed = _SWATCH + _GAP + self.fontMetrics().horizontalAdvance(words)
            if x and x + needed > width:
                row, x = row + 1, 0.0
            placed.append((row, x))
            x += needed + _APART
        return placed

    def _row_height(self) -> int:
        return self.fontMetrics().height() + 2
