"""Gives back the memory that a large tree leaves behind; collecting garbage holds up no frame."""

import gc

from PySide6.QtCore import QObject, QTimer

from eqxviz.session.session import Session

_LARGE = 100_000  # nodes
_IDLE_MS = 1000
_SETTLED_MS = 5000  # after the start all modules and views are there


class Thrift(QObject):
    """Once a large tree has come, and nothing more has for a second, what was freed goes back."""

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.timer = QTimer(self, singleShot=True, interval=_IDLE_MS)
        self.timer.timeout.connect(self._give_back)
        # What stays to the end is looked through no more: a full collection took 27 ms.
        self._settled = QTimer(self, singleShot=True, interval=_SETTLED_MS)
        self._settled.timeout.connect(gc.freeze)
        self._settled.start()
        session.model_changed.connect(self._on_tree)
        session.tree_grew.connect(self._on_tree)

    def close(self) -> None:
        """Listen no more."""
        self.timer.stop()
        self._settled.stop()
        self._session.model_changed.disconnect(self._on_tree, missing_ok=True)
        self._session.tree_grew.disconnect(self._on_tree, missing_ok=True)

    def _on_tree(self) -> None:
        model = self._session.model
        if model is not None and len(model.tree) >= _LARGE:
            self.timer.start()

    def _give_back(self) -> None:
        # After what views work out of the tree: that is done one after the other, in a thread.
        self._session.give_back_memory()
