"""What becomes of a live run when its window is closed: the user is asked."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from eqxviz.gui.window.question import Question
from eqxviz.session.session import Session


class Leaving(QObject):
    """Asks whether a run goes on; `finish` closes the window, and is told whether to leave it."""

    def __init__(
        self, session: Session, question: Question, finish: Callable[[bool], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._question = question
        self._finish = finish

    def ask(self, name: str) -> None:
        """Ask what becomes of the live run of the script called `name`."""
        leave, stop = lambda: self._finish(True), lambda: self._finish(False)
        ends = (("Stop it", stop), ("Cancel", lambda: None))
        if self._is_paused:
            self._question.ask(
                f"{name} is paused",
                "",
                "It can go on without a window, or wait at its call until one attaches to it from "
                "the start page.",
                (("Let it go on", self._let_go_on), ("Leave it paused", leave), *ends),
            )
            return
        self._question.ask(
            f"{name} is still running",
            "",
            "Left running, it goes on without a window; the start page offers to attach to it.",
            (("Leave it running", leave), *ends),
        )

    @property
    def _is_paused(self) -> bool:
        from eqxviz.records import RunState

        run = self._session.run
        return run is not None and run.status.state is RunState.PAUSED

    def _let_go_on(self) -> None:
        """Close the window once the run goes on: a request on its way would be lost with it."""
        self._session.run_changed.connect(self._on_run_changed, check_nargs=False)
        self._session.resume()

    def _on_run_changed(self) -> None:
        if not self._is_paused:
            self._session.run_changed.disconnect(self._on_run_changed, missing_ok=True)
            QTimer.singleShot(0, self, lambda: self._finish(True))  # others hear of it first
