"""The text of a graph: its jaxpr as JAX prints it, and in a second tab what it is lowered to."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.jaxpr.jaxpr_page import JaxprPage
from eqxviz.gui.jaxpr.lowered_page import LoweredPage
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import IconButton, hand_focus_on
from eqxviz.session.session import Session


class TextPanel(QWidget):
    """Two tabs, with what can be done to the text in front.

    Signals:
        closed: The button that closes the panel was pressed.
    """

    closed = Signal()

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.jaxpr = JaxprPage(session, theme, self)
        self.lowered = LoweredPage(session, theme, self)
        self.tabs = QTabBar(self)
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName("Text of the graph")
        self._pages = QStackedWidget(self)
        for title, page in (("Jaxpr", self.jaxpr), ("StableHLO", self.lowered)):
            self.tabs.addTab(title)
            self._pages.addWidget(page)
        self.tabs.currentChanged.connect(self._on_tab_chosen)
        search = IconButton(theme, "mdi6.magnify", "Search in the text (Ctrl+F)", self)
        search.clicked.connect(self.focus_search)
        copy = IconButton(theme, "mdi6.content-copy", "Copy all of the text", self)
        copy.clicked.connect(self.copy_all)
        self._save = IconButton(theme, "mdi6.content-save-outline", "Save the StableHLO", self)
        self._save.clicked.connect(self.lowered.ask_save)
        close = IconButton(theme, "mdi6.close", "Close the text", self)
        close.clicked.connect(self.closed)
        self._buttons = (search, copy, self._save, close)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 6, 0)
        head.setSpacing(2)
        head.addWidget(self.tabs)
        head.addStretch(1)
        for button in self._buttons:
            head.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._pages, 1)
        hand_focus_on(self, lambda: self.page)
        session.lowering.changed.connect(self._on_lowering_changed)
        session.graphs_changed.connect(self._on_lowering_changed)
        self.destroyed.connect(lambda: _disconnect(session, self))
        self._on_tab_chosen(0)

    @property
    def page(self) -> JaxprPage | LoweredPage:
        """The page in front."""
        return self.lowered if self.tabs.currentIndex() else self.jaxpr

    def show_lowered(self) -> None:
        """Bring the StableHLO to the front, and ask for it if it is not there."""
        self.tabs.setCurrentIndex(1)
        if self.lowered.stack.state == "empty":
            self.lowered.lower_action.trigger()

    def focus_search(self) -> None:
        """Put the cursor into the search of the text in front."""
        self.page.search.open()

    def search_next(self, step: int) -> None:
        """Go to the next match (`step` 1) or the one before (-1)."""
        self.page.search.step(step)

    def copy_all(self) -> None:
        """Put the whole of the text in front on the clipboard, unfolded."""
        whole = self.page.whole()
        if whole:
            QApplication.clipboard().setText(whole)

    def _on_tab_chosen(self, index: int) -> None:
        self._pages.setCurrentIndex(index)
        self._on_lowering_changed()
        if self.tabs.hasFocus():
            self.page.setFocus(Qt.FocusReason.TabFocusReason)

    def _on_lowering_changed(self, _key: str = "") -> None:
        self._save.setVisible(self.tabs.currentIndex() == 1 and self.lowered.lines is not None)


def _disconnect(session: Session, panel: TextPanel) -> None:
    session.lowering.changed.disconnect(panel._on_lowering_changed, missing_ok=True)
    session.graphs_changed.disconnect(panel._on_lowering_changed, missing_ok=True)
