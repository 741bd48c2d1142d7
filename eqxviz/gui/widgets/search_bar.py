"""The line in which one types what to look for in a view."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets.elided_label import ElidedLabel
from eqxviz.gui.widgets.icon_button import IconButton
from eqxviz.gui.widgets.keyboard import hand_focus_on
from eqxviz.gui.widgets.search_hints import Hint, SearchHints

_PAUSE_MS = 80


class SearchBar(QWidget):
    """A search line with the number of hits, and steps to the next and the previous one.

    Return steps forward, Shift+Return backward, Escape empties the line and then leaves it. With
    `hints` what can be typed is offered. Typing has paused after `pause_ms`.

    Signals:
        searched: The text, once typing paused.
        stepped: +1 or -1.
        left: Escape in an empty line: the view takes the focus back.
    """

    searched = Signal(str)
    stepped = Signal(int)
    left = Signal()

    def __init__(
        self,
        theme: Theme,
        placeholder: str,
        parent: QWidget | None = None,
        hints: Sequence[Hint] = (),
        *,
        pause_ms: int = _PAUSE_MS,
    ) -> None:
        super().__init__(parent)
        self.line = _SearchLine(self)
        self.line.setPlaceholderText(placeholder)
        self.line.setAccessibleName(placeholder)
        self.line.setClearButtonEnabled(False)
        if hints:
            self.line.hints = SearchHints(hints, self.line, self)
        self._hits = QLabel(self)
        self._hits.setProperty("tone", "faint")
        self._hits.setProperty("face", "small")
        self._problem = ElidedLabel("", self, elide=Qt.TextElideMode.ElideRight)
        self._problem.setProperty("face", "small")
        self._problem.setProperty("tone", "problem")
        self._problem.setContentsMargins(2, 2, 2, 0)
        self._problem.hide()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(pause_ms)
        self._pause.timeout.connect(self._on_paused)
        self.line.textChanged.connect(lambda _text: self._pause.start())
        self.line.stepped.connect(self._on_stepped)
        self.line.left.connect(self._on_left)
        self._row = QHBoxLayout()
        self._row.setSpacing(4)
        self._row.addWidget(self.line, 1)
        self._row.addWidget(self._hits)
        self._buttons = [
            self._step_button(theme, "mdi6.chevron-up", "Previous hit (Shift+Return)", -1),
            self._step_button(theme, "mdi6.chevron-down", "Next hit (Return)", +1),
        ]
        for button in self._buttons:
            self._row.addWidget(button)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(self._row)
        whole.addWidget(self._problem)
        self.set_hits(-1, 0)
        hand_focus_on(self, lambda: self.line)

    @property
    def text(self) -> str:
        """What is in the line."""
        return self.line.text()

    @property
    def hits(self) -> str:
        """What is said of the hits: "3 of 12"."""
        return self._hits.text()

    @property
    def problem(self) -> str:
        """Why the text cannot be searched for, "" if it can."""
        return self._problem.text

    def set_text(self, text: str) -> None:
        """Put `text` into the line; `searched` follows as if it had been typed."""
        self.line.setText(text)

    def focus(self) -> None:
        """Take the keyboard focus and select what is in the line."""
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()

    def add(self, widget: QWidget) -> None:
        """Put `widget` at the end of the line."""
        self._row.addWidget(widget)

    def set_hits(self, current: int, total: int) -> None:
        """Show "3 of 12"; `current` counts from 0, -1 is none yet."""
        searching = bool(self.line.text())
        place = f"{current + 1:,} of {total:,}" if current >= 0 else f"{total:,}"
        self._hits.setText((place if total else "none") if searching else "")
        for button in self._buttons:
            button.setVisible(searching and total > 1)

    def set_problem(self, text: str) -> None:
        """Say below the line why the text cannot be searched for; "" takes it away."""
        self._problem.set_text(text)
        self._problem.setVisible(bool(text))

    def _step_button(self, theme: Theme, icon: str, name: str, step: int) -> IconButton:
        button = IconButton(theme, icon, name, self, size=16)
        button.setVisible(False)
        button.clicked.connect(lambda: self._on_stepped(step))
        return button

    def _on_paused(self) -> None:
        self.searched.emit(self.line.text())
        if not self.line.text():
            self.set_hits(-1, 0)
            self.set_problem("")

    def _on_stepped(self, step: int) -> None:
        if self._pause.isActive():
            self._pause.stop()
            self._on_paused()
        self.stepped.emit(step)

    def _on_left(self) -> None:
        if self.line.text():
            self.line.clear()
        else:
            self.left.emit()


class _SearchLine(QLineEdit):
    stepped = Signal(int)
    left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.hints: SearchHints | None = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        hints, key = self.hints, event.key()
        is_return = key in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if hints is not None and hints.is_open and (key == Qt.Key.Key_Escape or is_return):
            if is_return and not hints.has_choice:
                hints.close()
                self._step(event)
            else:
                event.ignore()  # the list closes, or takes the marked row
        elif hints is not None and key == Qt.Key.Key_Down:
            hints.offer()
        elif is_return:
            self._step(event)
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _step(self, event: QKeyEvent) -> None:
        back = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        self.stepped.emit(-1 if back else 1)
