"""The filter as Python, to be copied: the spec, and training steps that freeze by it."""

from typing import get_args

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPushButton, QTabBar, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import CodePane
from eqxviz.session.filters.playground import CodeName

_TITLES = {
    "spec": "Filter",
    "partition": "Training step: partition",
    "stop_gradient": "Training step: stop_gradient",
}
NAMES: tuple[CodeName, ...] = get_args(CodeName)


class CodePanel(QWidget):
    """The code that was asked for, in colours, with Copy.

    Signals:
        chosen: The name of another code.
    """

    chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.tabs = QTabBar(self)
        self.tabs.setAccessibleName("Which code")
        self.tabs.setExpanding(False)
        for name in NAMES:
            self.tabs.addTab(_TITLES[name])
        self.pane = CodePane(theme, self)
        self.pane.setAccessibleName("Python of the filter")
        self.copy = QPushButton("Copy", self)
        self.copy.setAccessibleName("Copy the code")
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(self.text))
        self.text = ""
        bar = QWidget(self)
        bar.setAutoFillBackground(True)  # as the bar of tabs, in the window's colour
        head = QHBoxLayout(bar)
        head.setContentsMargins(4, 2, 8, 2)
        head.addWidget(self.tabs)
        head.addStretch(1)
        head.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(self.pane, 1)
        self.tabs.currentChanged.connect(lambda index: self.chosen.emit(NAMES[index]))

    def show_code(self, name: CodeName, text: str) -> None:
        """Show the code called `name`."""
        was_blocked = self.tabs.blockSignals(True)
        self.tabs.setCurrentIndex(NAMES.index(name))
        self.tabs.blockSignals(was_blocked)
        if text != self.text:
            self.text = text
            self.pane.set_source(text.rstrip())
