"""The judging of an answer to an exercise."""

from typing import TYPE_CHECKING

from psygnal import Signal

if TYPE_CHECKING:
    from eqxviz.session.learning.learning import Learning
    from eqxviz.session.learning.verdict import Verdict
    from eqxviz.session.session import Session


class Judging:
    """Has the learner's text judged in a process of its own.

    Signals:
        changed: `is_checking` or `verdict` is another one.
    """

    changed = Signal()

    def __init__(self, session: "Session", learning: "Learning") -> None:
        self._session = session
        self._learning = learning
        self.is_checking = False
        self.verdict: Verdict | None = None  # of the page's text as it was judged last

    def check(self) -> None:
        """Judge the text of the page, if that is an exercise."""

    def stop(self) -> None:
        """Judge no longer; the verdict is "stopped"."""

    def forget(self) -> None:
        """Have no verdict: another page is shown."""
        self.stop()
        self.verdict = None
        self.changed.emit()
