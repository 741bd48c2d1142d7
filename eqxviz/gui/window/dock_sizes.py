"""How large docks are to be, whatever becomes of the window meanwhile."""

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QTabBar


class DockSizes(QObject):
    """Gives docks their size back when a window that was too small for it is large again.

    At the sides that is their width, below the centre their height.
    """

    def __init__(self, window: QMainWindow, docks: Iterable[QDockWidget]) -> None:
        super().__init__(window)
        self._window = window
        self._docks = tuple(docks)
        self._wished: dict[QDockWidget, int] = {}
        self._seen: dict[QDockWidget, int] = {}
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._enlarge)
        for widget in (window, *self._docks):
            widget.installEventFilter(self)
        for dock in self._docks:
            dock.dockLocationChanged.connect(lambda _area, dock=dock: self._wished.pop(dock, 0))

    def wish(self, sizes: dict[QDockWidget, int]) -> None:
        """Keep to these sizes from now on, where there is room."""
        self._wished = dict(sizes)

    def learn(self) -> None:
        """Keep to the sizes that the docks have once they are laid out."""
        QTimer.singleShot(0, self, self._learn)

    def _learn(self) -> None:
        for dock in self._in_front():
            self._note(self._wished, dock)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            if watched is self._window:
                self._later.start()
            elif isinstance(watched, QDockWidget):
                # Whose tab is clicked has the size of the one that was there before.
                if self._is_dragged() and self._seen.get(watched) != self._size(watched):
                    self._note(self._wished, watched)
                self._note(self._seen, watched)
        return False

    def _note(self, sizes: dict[QDockWidget, int], dock: QDockWidget) -> None:
        """Take in the size of `dock`, which is that of all whose tabs are beside its own."""
        size = self._size(dock)
        sizes |= dict.fromkeys((dock, *self._window.tabifiedDockWidgets(dock)), size)

    def _in_front(self) -> list[QDockWidget]:
        """Return the docks that are in the window, and not behind another one."""
        shown = (dock for dock in self._docks if dock.isVisible() and not dock.isFloating())
        return [dock for dock in shown if not dock.visibleRegion().isEmpty()]

    def _size(self, dock: QDockWidget) -> int:
        return dock.height() + self._tab_height(dock) if self._is_below(dock) else dock.width()

    def _tab_height(self, dock: QDockWidget) -> int:
        """Return what its tab takes of the room that is given to a dock, 0 where it has none."""
        if not self._window.tabifiedDockWidgets(dock):
            return 0
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        bars = self._window.findChildren(QTabBar, options=direct)
        of_dock = (b for b in bars if dock.windowTitle() in map(b.tabText, range(b.count())))
        return next((bar.height() for bar in of_dock), 0)

    def _is_below(self, dock: QDockWidget) -> bool:
        rows = (Qt.DockWidgetArea.BottomDockWidgetArea, Qt.DockWidgetArea.TopDockWidgetArea)
        return self._window.dockWidgetArea(dock) in rows

    def _is_dragged(self) -> bool:
        """Whether it is the user who makes a dock larger or smaller, and not the window."""
        return bool(QApplication.mouseButtons()) and not self._later.isActive()

    def _enlarge(self) -> None:
        small = [d for d in self._in_front() if self._size(d) < self._wished.get(d, 0)]
        for way, is_below in ((Qt.Orientation.Horizontal, False), (Qt.Orientation.Vertical, True)):
            docks = [dock for dock in small if self._is_below(dock) == is_below]
            if docks:
                self._window.resizeDocks(docks, [self._wished[dock] for dock in docks], way)
