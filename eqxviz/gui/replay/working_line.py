"""One line of what is being done: a thin bar at once, words and Cancel after a while."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ElidedLabel, ThinBar
from eqxviz.gui.widgets.state_stack import BAR_AFTER_MS, WORDS_AFTER_MS


class WorkingLine(QWidget):
    """Says that something goes on beside what is shown. It takes no room before it has words.

    Signals:
        cancelled: Cancel was pressed.
    """

    cancelled = Signal()

    def __init__(self, theme: Theme, parent: QWidget, *, words_after_ms: int = WORDS_AFTER_MS):
        super().__init__(parent)
        self._bar = ThinBar(theme, self)
        self._words = ElidedLabel("", self)
        self.cancel = QPushButton("Cancel", self)
        self.cancel.clicked.connect(self.cancelled)
        self._line = QWidget(self)
        row = QHBoxLayout(self._line)
        row.setContentsMargins(0, 2, 0, 2)
        row.setSpacing(10)
        row.addWidget(self._words, 1)
        row.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._bar)
        column.addWidget(self._line)
        self._bar_timer = QTimer(self, singleShot=True, interval=BAR_AFTER_MS)
        self._bar_timer.timeout.connect(self._bar.show)
        self._words_timer = QTimer(self, singleShot=True, interval=words_after_ms)
        self._words_timer.timeout.connect(self._line.show)
        self._is_working = False
        self.show_idle()

    @property
    def text(self) -> str:
        """What it says is done, shown or not yet."""
        return self._words.text if self._is_working else ""

    def show_working(self, words: str) -> None:
        """Say that `words` goes on."""
        self._words.set_text(words)
        self.setAccessibleName(words)
        if not self._is_working:
            self._is_working = True
            self.show()
            self._bar_timer.start()
            self._words_timer.start()

    def show_idle(self) -> None:
        """Nothing goes on."""
        self._is_working = False
        self._bar_timer.stop()
        self._words_timer.stop()
        self._bar.hide()
        self._line.hide()
        self.hide()
