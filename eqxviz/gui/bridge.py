"""The way from the engine's threads to the window's."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal


class Bridge(QObject):
    """Runs functions on the thread that made it, in the order in which they were posted."""

    _posted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._posted.connect(self._on_posted, Qt.ConnectionType.QueuedConnection)

    def post(self, fn: Callable[[], None]) -> None:
        """Run `fn` soon on this object's thread; any thread may call this."""
        self._posted.emit(fn)

    def _on_posted(self, fn: Callable[[], None]) -> None:
        fn()
