"""What floats over the canvas: the legend of kinds, the zoom buttons, the card of a box."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.theme import Theme
from eqxviz.gui.theme.contrast import OUTLINE, legible
from eqxviz.gui.widgets import FactCard, IconButton
from eqxviz.session import formatting
from eqxviz.session.details import Details
from eqxviz.session.graph.colouring import COLOUR_WORDS, Colouring

_CARD_WIDTH = 380
_CARD_FACTS = 12
_LONGEST_NAME = 34


class Legend(QFrame):
    """What the colours of a graph mean, with counts; folds to its title.

    Signals:
        resized: It has another size, and is to be placed anew.
    """

    resized = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setProperty("surface", "card")
        self.setAccessibleName("Legend")
        self._title = QToolButton(self)
        self._title.setAutoRaise(True)
        self._title.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._title.setToolTip("Show or hide what the colours mean")
        self._title.clicked.connect(self._on_clicked)
        self._was_clicked = False
        self._rows = QWidget(self)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(4, 3, 4, 3)
        self._column.setSpacing(0)
        self._column.addWidget(self._title)
        self._column.addWidget(self._rows)
        self._unfold(True)

    def show_colouring(self, colouring: Colouring) -> None:
        """Say what the colours mean, and of how many equations."""
        self._title.setText(COLOUR_WORDS[colouring.by])
        before, self._rows = self._rows, QWidget(self)
        grid = QGridLayout(self._rows)
        grid.setContentsMargins(4, 0, 8, 4)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        for row, one in enumerate(colouring.legend):
            name = QLabel(formatting.elide_middle(one.name, _LONGEST_NAME), self._rows)
            name.setToolTip(one.name)
            name.setFont(self._theme.font("small"))
            grid.addWidget(_Swatch(self._theme, one.role, self._rows), row, 0)
            grid.addWidget(name, row, 1)
            if one.count >= 0:
                number = QLabel(formatting.count(one.count), self._rows)
                number.setFont(self._theme.font("small"))
                number.setProperty("tone", "faint")
                grid.addWidget(number, row, 2, Qt.AlignmentFlag.AlignRight)
        self._column.replaceWidget(before, self._rows)
        self._rows.setVisible(not before.isHidden())
        before.hide()
        before.deleteLater()
        self._column.activate()
        self.adjustSize()
        self.resized.emit()

    def fold_unless_clicked(self, folded: bool) -> None:
        """Fold or unfold by itself, as long as the user has not done so."""
        if not self._was_clicked and folded != self._rows.isHidden():
            self._unfold(not folded)

    def _on_clicked(self) -> None:
        self._was_clicked = True
        self._unfold(self._rows.isHidden())

    def _unfold(self, shown: bool) -> None:
        self._rows.setVisible(shown)
        icon = "mdi6.chevron-down" if shown else "mdi6.chevron-right"
        self._title.setIcon(self._theme.icon(icon, "faint"))
        self.adjustSize()
        self.resized.emit()


class _Swatch(QWidget):
    def __init__(self, theme: Theme, role: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._role = theme, role
        self.setFixedSize(12, 12)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color = QColor(self._theme.color(self._role))
        ground, faint = (QColor(self._theme.color(role)) for role in ("raised", "faint"))
        painter.setPen(legible(color, ground, faint, OUTLINE))
        color.setAlphaF(1.0 if self._role.startswith("ramp.") else 0.55)
        painter.setBrush(color)
        painter.drawRoundedRect(QRectF(1.5, 1.5, 9, 9), 2.5, 2.5)


class ZoomButtons(QFrame):
    """Zoom in, zoom out, show all.

    Signals:
        zoomed: The factor.
        fitted: All is to be shown.
        neared: What is selected is to be brought near.
    """

    zoomed = Signal(float)
    fitted = Signal()
    neared = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("surface", "card")
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(0)
        for icon, name, press in (
            ("mdi6.minus", "Zoom out (-)", lambda: self.zoomed.emit(0.8)),
            ("mdi6.plus", "Zoom in (+)", lambda: self.zoomed.emit(1.25)),
            ("mdi6.fit-to-screen-outline", "Show the whole graph (0)", self.fitted.emit),
            ("mdi6.image-filter-center-focus", "Zoom to the selection (Z)", self.neared.emit),
        ):
            button = IconButton(theme, icon, name, self, size=16)
            button.clicked.connect(press)
            row.addWidget(button)


class BoxCard(QFrame):
    """A small card beside the mouse: the beginning of what Details says."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("surface", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._over = parent
        self._facts = FactCard(theme, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.addWidget(self._facts)
        self.hide()

    def show_details(self, details: Details, beside: Sequence[float]) -> None:
        """Show `details` beside the rectangle (x, y, width, height) of the parent."""
        # Where it is can be seen; Details says it as well.
        facts = [fact for fact in details.facts if fact.name != "In"]
        self._facts.set_facts(details.title, facts[:_CARD_FACTS])
        self.setFixedWidth(_CARD_WIDTH)
        layout = self.layout()
        height = layout.totalHeightForWidth(_CARD_WIDTH) if layout is not None else -1
        self.resize(_CARD_WIDTH, height if height > 0 else self.sizeHint().height())
        room = self._over.size()
        x, y, width, height = beside
        left = x + width + 10
        if left + self.width() > room.width() - 8:
            left = x - self.width() - 10
        if left < 8:
            left, y = max(8.0, min(x, room.width() - self.width() - 8)), y + height + 10
        top = max(8.0, min(y, room.height() - self.height() - 8.0))
        self.move(QPoint(round(left), round(top)))
        self.show()
        self.raise_()
