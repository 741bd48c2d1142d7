"""The path of the selected node as a row of buttons, each of which leads to its node."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.session import formatting

_HEIGHT = 26
_LONGEST_KEY = 40  # letters
_ELLIPSIS = "…"


class Breadcrumbs(QWidget):
    """`model .layers [0] .weight`: a button a key; where it is narrow the middle is a menu.

    Signals:
        chosen: The node of the button that was pressed.
        copy_asked: The path is to be copied.
    """

    chosen = Signal(int)
    copy_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._crumbs: tuple[tuple[str, int], ...] = ()
        self._buttons: list[QToolButton] = []
        self.setAccessibleName("Path of the selected node")
        self.setFixedHeight(_HEIGHT)
        self._row = QHBoxLayout()
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self.copy = QToolButton(self)
        self.copy.setIcon(theme.icon("mdi6.content-copy", "faint"))
        self.copy.setIconSize(QSize(14, 14))
        self.copy.setProperty("kind", "small")
        self.copy.setToolTip("Copy the path as Python (Ctrl+C)")
        self.copy.setAccessibleName("Copy the path")
        self.copy.clicked.connect(self.copy_asked)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(8, 0, 8, 0)
        whole.setSpacing(2)
        whole.addLayout(self._row)
        whole.addStretch(1)
        whole.addWidget(self.copy)
        self.show_path(())

    def show_path(self, crumbs: tuple[tuple[str, int], ...]) -> None:
        """Show `(text, node)` of each step down; none hides everything but the room it takes."""
        self._crumbs = crumbs
        self.copy.setVisible(bool(crumbs))
        self._lay_out()

    def texts(self) -> list[str]:
        """Return what the buttons say, from left to right."""
        return [button.text() for button in self._buttons]

    def minimumSizeHint(self) -> QSize:
        return QSize(80, _HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        """Make the buttons anew: all that fit, from both ends, the rest behind an ellipsis."""
        for button in self._buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        n = len(self._crumbs)
        widths = [self._width(text) for text, _ in self._crumbs]
        room = self.width() - 48
        first, last = (n, n) if sum(widths) <= room else self._hidden(widths, room)
        self._buttons = [self._button(*crumb) for crumb in self._crumbs[:first]]
        if first < last:
            self._buttons.append(self._more(self._crumbs[first:last]))
        self._buttons += [self._button(*crumb) for crumb in self._crumbs[last:]]
        for button in self._buttons:
            self._row.addWidget(button)
            button.show()

    def _hidden(self, widths: list[int], room: int) -> tuple[int, int]:
        """Return which crumbs do not fit: the end is what one is at, then the root."""
        n = len(widths)
        room -= widths[0] + self._width(_ELLIPSIS)
        last = n
        while last > 1 and (last == n or room >= widths[last - 1]):
            last -= 1
            room -= widths[last]
        return 1, last

    def _width(self, text: str) -> int:
        shown = formatting.elide_middle(text, _LONGEST_KEY)
        return self.fontMetrics().horizontalAdvance(shown) + 8

    def _button(self, text: str, node: int) -> QToolButton:
        button = _Crumb(formatting.elide_middle(text, _LONGEST_KEY), self)
        button.setAccessibleName(f"Go to {text}")
        button.clicked.connect(lambda: self.chosen.emit(node))
        return button

    def _more(self, hidden: tuple[tuple[str, int], ...]) -> QToolButton:
        button = _Crumb(_ELLIPSIS, self)
        button.setAccessibleName("The nodes between")
        button.setToolTip("".join(text for text, _ in hidden))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        for text, node in hidden:
            action = QAction(text.replace("&", "&&"), menu)
            action.triggered.connect(lambda _on=False, n=node: self.chosen.emit(n))
            menu.addAction(action)
        button.setMenu(menu)
        return button


class _Crumb(QToolButton):
    """A button as wide as its text: a style would give it room for an icon."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("kind", "crumb")
        self.setFixedSize(self.fontMetrics().horizontalAdvance(text) + 8, _HEIGHT - 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        lit = self.underMouse() or self.hasFocus()
        if lit:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.palette().color(QPalette.ColorRole.Midlight))
            painter.drawRoundedRect(self.rect(), 4, 4)
        role = QPalette.ColorRole.Text if lit else QPalette.ColorRole.PlaceholderText
        painter.setPen(self.palette().color(role))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self.text())
