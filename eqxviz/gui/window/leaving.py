"""What becomes of a live run when its window is closed: the user is asked."""

from collections.abc import Callable

from psygnal import SignalInstance
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
        leave = lambda: self._finish(True)  # noqa: E731 - one of several answers
        ends = (("Stop it", self._stop), ("Cancel", lambda: None))
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

    def await_checkpoint(self) -> None:
        """Close the window once the run has ended, and nothing of it is being written any more."""
        for signal in self._ends:
            signal.connect(self._on_end_nearer, check_nargs=False)
        self._question.ask(
            "Waiting for the last checkpoint",
            "",
            "The window closes by itself when it is written. Closed now, the process of the run "
            "goes on until it is.",
            (("Close now", self._close_now), ("Keep the window open", self._stay)),
        )
        self._on_end_nearer()

    def _stop(self) -> None:
        run = self._session.run
        saved = run.checkpoints if run is not None else None
        if saved is None or not (saved.plan.is_on or saved.is_writing):
            self._finish(False)
            return
        self._session.stop()
        self.await_checkpoint()

    def _on_end_nearer(self) -> None:
        run = self._session.run
        if (run is None or not run.is_live) and not self._session.is_saving_run:
            self._stay()
            QTimer.singleShot(0, self, lambda: self._finish(False))  # others hear of it first

    def _close_now(self) -> None:
        self._stay()
        self._finish(True)

    def _stay(self) -> None:
        for signal in self._ends:
            signal.disconnect(self._on_end_nearer, missing_ok=True)

    @property
    def _ends(self) -> tuple[SignalInstance, ...]:
        """What is heard as a run comes to its end."""
        return self._session.run_changed, self._session.checkpoints_changed

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
