"""The line in which one types what to look for in a view."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from eqxviz.gui.theme import Theme

_PAUSE_MS = 80


class SearchBar(QWidget):
    """A search line with the number of hits, and steps to the next and the previous one.

    Return steps forward, Shift+Return backward, Escape empties the line and then leaves it.

    Signals:
        searched: The text, once typing paused.
        stepped: +1 or -1.
        left: Escape in an empty line: the view takes the focus back.
    """

    searched = Signal(str)
    stepped = Signal(int)
    left = Signal()

    def __init__(self, theme: Theme, placeholder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line = _SearchLine(self)
        self._line.setPlaceholderText(placeholder)
        self._line.setAccessibleName(placeholder)
        self._line.setClearButtonEnabled(False)
        self._hits = QLabel(self)
        self._hits.setProperty("tone", "faint")
        self._hits.setProperty("face", "small")
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._on_paused)
        self._line.textChanged.connect(lambda _text: self._pause.start())
        self._line.stepped.connect(self._on_stepped)
        self._line.left.connect(self._on_left)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._line, 1)
        layout.addWidget(self._hits)
        self._buttons = [
            self._step_button(theme, "mdi6.chevron-up", "Previous hit (Shift+Return)", -1),
            self._step_button(theme, "mdi6.chevron-down", "Next hit (Return)", +1),
        ]
        for button in self._buttons:
            layout.addWidget(button)
        self.set_hits(-1, 0)
        self.setFocusProxy(self._line)

    @property
    def text(self) -> str:
        """What is in the line."""
        return self._line.text()

    def set_text(self, text: str) -> None:
        """Put `text` into the line; `searched` follows as if it had been typed."""
        self._line.setText(text)

    def focus(self) -> None:
        """Take the keyboard focus and select what is in the line."""
        self._line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._line.selectAll()

    def set_hits(self, current: int, total: int) -> None:
        """Show "3 of 12"; `current` counts from 0, -1 is none yet."""
        searching = bool(self._line.text())
        place = f"{current + 1} of {total:,}" if current >= 0 else f"{total:,}"
        self._hits.setText((place if total else "none") if searching else "")
        for button in self._buttons:
            button.setVisible(searching and total > 1)

    def _step_button(self, theme: Theme, icon: str, name: str, step: int) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(theme.icon(icon, "faint"))
        button.setToolTip(name)
        button.setAccessibleName(name)
        button.setVisible(False)
        button.clicked.connect(lambda: self._on_stepped(step))
        return button

    def _on_paused(self) -> None:
        self.searched.emit(self._line.text())
        if not self._line.text():
            self.set_hits(-1, 0)

    def _on_stepped(self, step: int) -> None:
        if self._pause.isActive():
            self._pause.stop()
            self._on_paused()
        self.stepped.emit(step)

    def _on_left(self) -> None:
        if self._line.text():
            self._line.clear()
        else:
            self.left.emit()


class _SearchLine(QLineEdit):
    stepped = Signal(int)
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            back = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self.stepped.emit(-1 if back else 1)
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
