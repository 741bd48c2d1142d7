"""Where a filter spec is written as Python."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import CodePane, hand_focus_on

_HELP = (
    "An expression, or statements that assign filter_spec. At hand: model, eqx, jax, jnp, jtu, "
    "np, re. It runs in the model's own process."
)

_FEWEST_LINES, _MOST_LINES = 4, 11


class CodeEditor(QWidget):
    """Python to write, with the line marked at which it failed.

    Signals:
        entered: Ctrl+Return or the button: the code is to be run.
    """

    entered = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.pane = _EditorPane(theme, self)
        self.pane.entered.connect(self.entered)
        self.button = QPushButton("Apply (Ctrl+Return)", self)
        self.button.setAccessibleName("Apply the code")
        self.button.clicked.connect(self.entered)
        words = QLabel(_HELP, self)
        words.setWordWrap(True)
        words.setProperty("tone", "faint")
        words.setProperty("face", "small")
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 4, 8, 6)
        foot.addWidget(words, 1)
        foot.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.pane, 1)
        column.addLayout(foot)
        hand_focus_on(self, lambda: self.pane)
        self.pane.blockCountChanged.connect(lambda _n: self._fit())
        self._fit()

    @property
    def text(self) -> str:
        """The code."""
        return self.pane.toPlainText()

    def set_text(self, text: str) -> None:
        """Replace the code, unless it is this already: the cursor stays."""
        if text != self.text:
            self.pane.set_source(text)

    def _fit(self) -> None:
        """Be as high as the code, within limits."""
        lines = min(max(self.pane.blockCount(), _FEWEST_LINES), _MOST_LINES)
        self.pane.setFixedHeight(lines * self.pane.fontMetrics().lineSpacing() + 12)

    def mark_line(self, line: int) -> None:
        """Mark the line at which the code failed; 0 for none."""
        self.pane.mark_line(line)


class _EditorPane(CodePane):
    entered = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._read = ""
        self.setReadOnly(False)
        self.setUndoRedoEnabled(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextEditorInteraction)
        self.setAccessibleName("Filter spec as Python")
        self.textChanged.connect(self._on_text_changed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_return = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_return and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.entered.emit()
        else:
            super().keyPressEvent(event)

    def _on_text_changed(self) -> None:
        """Colour the text anew; colouring is a change, too, but not of the text."""
        text = self.toPlainText()
        if text != self._read:
            self._read = text
            self.recolour(text)
            self.mark_line(0)
