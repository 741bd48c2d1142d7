"""A question on the window that blocks nothing."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.window.overlay import Overlay

_WIDTH = 460
Answer = tuple[str, Callable[[], None]]


class Question(Overlay):
    """Asks one thing with a button for each answer; Escape is the last of them."""

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window, _WIDTH, closes_outside=False)
        self._on_escape: Callable[[], None] | None = None
        self._title = QLabel(self)
        self._title.setFont(theme.font("title"))
        self._title.setWordWrap(True)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._path = QLabel(self)
        self._path.setFont(theme.font("mono"))
        self._path.setProperty("tone", "faint")
        self._path.setWordWrap(True)
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(10)
        for widget in (self._title, self._path, self._text):
            column.addWidget(widget)
        column.addSpacing(4)
        column.addLayout(self._row)
        self.closed.connect(self._on_closed)

    def ask(self, title: str, path: str, text: str, answers: Sequence[Answer]) -> None:
        """Put the question; the first answer is the main one, the last stands for Escape."""
        self._title.setText(title)
        self._path.setText(path)
        self._path.setVisible(bool(path))
        self._text.setText(text)
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        while (item := self._row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self._row.addStretch(1)
        buttons = [self._button(answer, is_main=i == 0) for i, answer in enumerate(answers)]
        for button in reversed(buttons):
            self._row.addWidget(button)
        self._on_escape = answers[-1][1]
        self.setFocusProxy(buttons[0])
        self.appear()

    def _button(self, answer: Answer, *, is_main: bool) -> QPushButton:
        words, act = answer
        button = QPushButton(words, self)
        button.setAutoDefault(True)
        if is_main:
            button.setProperty("kind", "primary")

        def chosen() -> None:
            self._on_escape = None
            self.disappear()
            act()

        button.clicked.connect(chosen)
        return button

    def _on_closed(self) -> None:
        escape, self._on_escape = self._on_escape, None
        if escape is not None:
            escape()
