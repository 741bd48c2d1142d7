"""The tabs of the drawn functions."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu, QTabBar, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import IconButton


class GraphTabs(QTabBar):
    """One tab a graph, each with a button that closes it.

    Signals:
        chosen: The tab that the user went to.
        closed: The tab whose button was pressed.
        export_wanted: The tab whose graph is to be written to a file.
        stop_toggled: The tab at whose function the run is to stop, or is not to any more.
    """

    chosen = Signal(int)
    closed = Signal(int)
    export_wanted = Signal(int)
    stop_toggled = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        # What is said of a stop at the function of a tab; "" where there can be none.
        self.stop_words: Callable[[int], str] = lambda _index: ""
        self.setExpanding(False)
        self.setDrawBase(False)
        self.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.setAccessibleName("Graphs")
        self.currentChanged.connect(self.chosen)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_menu_wanted)

    def show_titles(self, titles: Sequence[str], current: int) -> None:
        """Show `titles` as tabs; nothing is signalled."""
        self.blockSignals(True)
        while self.count() > len(titles):
            self.removeTab(self.count() - 1)
        for index, title in enumerate(titles):
            if index == self.count():
                self.addTab(title)
                self.setTabButton(index, QTabBar.ButtonPosition.RightSide, self._close_button())
            self.setTabText(index, title)
            self.setTabToolTip(index, title)
        self.setCurrentIndex(current)
        self.setVisible(len(titles) > 0)
        self.blockSignals(False)

    def menu(self, index: int) -> QMenu:
        """Return what can be done with a tab; the menu deletes itself when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if words := self.stop_words(index):
            menu.addAction(words, lambda: self.stop_toggled.emit(index))
        menu.addAction("Export…", lambda: self.export_wanted.emit(index))
        menu.addAction("Close", lambda: self.closed.emit(index))
        return menu

    def _on_menu_wanted(self, at: QPoint) -> None:
        index = self.tabAt(at)
        if index >= 0:
            self.menu(index).popup(self.mapToGlobal(at))

    def _close_button(self) -> IconButton:
        button = IconButton(self._theme, "mdi6.close", "Close the graph", self, size=12)
        button.clicked.connect(lambda: self._on_close_clicked(button))
        return button

    def _on_close_clicked(self, button: IconButton) -> None:
        side = QTabBar.ButtonPosition.RightSide
        for index in range(self.count()):
            if self.tabButton(index, side) is button:
                self.closed.emit(index)
                return
