"""Asking for the values of what is selected once the selection rests."""

from PySide6.QtCore import QObject, QTimer

from eqxviz.session.session import Session

REST_MS = 180  # between two arrow keys that are held down there is less


class ReplayRest(QObject):
    """Has the session ask for values when nothing else was selected, or chosen, for a moment."""

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._is_connected = False
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._on_rested)
        session.run_changed.connect(self._on_run_changed)
        self.destroyed.connect(lambda: _disconnect(session, self))

    def close(self) -> None:
        """Ask for nothing more."""
        self._rest.stop()

    def _on_run_changed(self) -> None:
        """Follow what is replayed from the first run on: without one nothing is."""
        if not self._is_connected and self._session.run is not None:
            self._is_connected = True
            self._session.replaying.values.changed.connect(self._on_changed)
            self._on_changed()

    def _on_changed(self) -> None:
        if self._session.replaying.values.state == "resting":
            self._rest.start()

    def _on_rested(self) -> None:
        self._session.replaying.values.ask()


def _disconnect(session: Session, rest: ReplayRest) -> None:
    session.run_changed.disconnect(rest._on_run_changed, missing_ok=True)
    if rest._is_connected:
        session.replaying.values.changed.disconnect(rest._on_changed, missing_ok=True)
