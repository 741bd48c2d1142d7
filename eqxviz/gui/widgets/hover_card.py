"""What is known of the thing under the mouse, in a small card beside it."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets.fact_card import FactCard

if TYPE_CHECKING:
    from eqxviz.session.details import Details

_WIDTH = 380
_MOST_FACTS = 12
_APART = 10


class HoverCard(QWidget):
    """A card over all windows, laid out as Details is. The mouse goes through it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.ToolTip)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.facts = FactCard(theme, self)
        self._note = QLabel(self)
        self._note.setWordWrap(True)
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        self._note.setProperty("tone", "faint")
        frame = QFrame(self)
        frame.setProperty("surface", "card")
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(12, 10, 12, 10)
        inside.setSpacing(8)
        inside.addWidget(self.facts)
        inside.addWidget(self._note)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(frame)
        self.hide()

    def show_beside(self, details: "Details", place: QRect) -> None:
        """Show `details` beside a rectangle of the screen, where there is room."""
        self.facts.set_facts(details.title, details.facts[:_MOST_FACTS])
        self._note.setText(details.note)
        self._note.setVisible(bool(details.note))
        self.setFixedWidth(_WIDTH)
        layout = self.layout()
        height = layout.totalHeightForWidth(_WIDTH) if layout is not None else -1
        self.resize(_WIDTH, height if height > 0 else self.sizeHint().height())
        self.move(self._corner(place))
        self.show()

    def _corner(self, place: QRect) -> QPoint:
        screen = self.screen().availableGeometry()
        left, top = place.right() + _APART, place.top()
        if left + self.width() > screen.right():
            left, top = place.left() - self.width() - _APART, place.top()
        if left < screen.left():
            left, top = place.left() + 4 * _APART, place.bottom() + _APART
            if top + self.height() > screen.bottom():
                top = place.top() - self.height() - _APART
        top = max(screen.top(), min(top, screen.bottom() - self.height()))
        return QPoint(max(screen.left(), min(left, screen.right() - self.width())), top)
