"""A word about a run that came to its end while the user looked elsewhere."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import Toast
from eqxviz.session.headline import end_text
from eqxviz.session.session import Session

_ICONS = {"finished": ("mdi6.check-circle-outline", "running")}
_ELSE = ("mdi6.alert", "problem")


class FinishedRuns(QObject):
    """Shows a toast when a run ends unseen; `is_seen` says whether its curves are in front."""

    def __init__(
        self,
        session: Session,
        theme: Theme,
        is_seen: Callable[[], bool],
        go: Callable[[], None],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self._is_seen = is_seen
        self._live: object = None  # the run that was going on when it was last looked at
        self._later = QTimer(self, singleShot=True, interval=0)  # why it died is told next
        self._later.timeout.connect(self._tell)
        self.toast = Toast(theme, window)
        self.toast.clicked.connect(go)
        session.run_changed.connect(self._on_run_changed, check_nargs=False)
        self.destroyed.connect(lambda: _disconnect(session, self))

    def _on_run_changed(self) -> None:
        run = self._session.run
        if run is None or run.is_live:
            self._live = run
            return
        was_live, self._live = self._live is run, None
        if was_live and run.status.state.value != "stopped":  # the user, who stops a run, knows
            self._later.start()

    def _tell(self) -> None:
        run = self._session.run
        if run is None or run.is_live:
            return
        state = run.status.state.value
        is_away = not self._window.isActiveWindow()
        if is_away:
            QApplication.alert(self._window)
        if is_away or not self._is_seen():
            icon, role = _ICONS.get(state, _ELSE)
            self.toast.say(end_text(run.title, run, self._session.activity), icon, role)


def _disconnect(session: Session, finished: FinishedRuns) -> None:
    session.run_changed.disconnect(finished._on_run_changed, missing_ok=True)
