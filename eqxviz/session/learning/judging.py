"""The judging of an answer to an exercise."""

from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.session.learning.asking import LIMIT_SECONDS, Question
from eqxviz.session.learning.desk import Desk
from eqxviz.session.learning.diary import Diary
from eqxviz.session.learning.verdict import Verdict

if TYPE_CHECKING:
    from eqxviz.session.problems import ProblemPart


class Judging:
    """Has the learner's text judged in a process of its own, which is warm while lessons are shown.

    Signals:
        changed: `is_checking` or `verdict` is another one.
    """

    changed = Signal()

    def __init__(self, session: "ProblemPart", desk: Desk, diary: Diary) -> None:
        self._session = session
        self._desk = desk
        self._diary = diary
        self._question: Question | None = None
        self._is_starting = False
        self.limit_seconds = LIMIT_SECONDS
        self.verdict: Verdict | None = None  # of the page's text as it was judged last

    @property
    def is_checking(self) -> bool:
        """Whether an answer is being judged."""
        return self._is_starting or self._question is not None

    def warm_up(self) -> None:
        """Have the process ready that judges."""
        self._session.engine.judge()

    def check(self) -> None:
        """Judge the text of the page, if that is an exercise."""
        exercise, path, key = self._desk.exercise, self._desk.path, self._desk.key
        if exercise is None or path is None or self.is_checking:
            return
        self._is_starting, self.verdict = True, None

        def answered(verdict: Verdict) -> None:
            self._question, self.verdict = None, verdict
            if verdict.kind == "solved":
                self._diary.put(key, self._diary.progress(key).with_solved(exercise.name))
            self.changed.emit()
            self.warm_up()

        def begin() -> None:
            if self._is_starting and self._desk.exercise is exercise:
                self._is_starting = False
                self._question = Question(
                    self._session, path, exercise.check, self.limit_seconds, answered
                )

        self._desk.keep(begin)
        self.changed.emit()

    def stop(self) -> None:
        """Judge no longer: what the script is doing is ended."""
        if self._question is not None:
            self._question.stop()
        elif self._is_starting:
            self._is_starting = False
            self.changed.emit()

    def forget(self) -> None:
        """Have no verdict, and judge no longer: another page is shown."""
        question, self._question = self._question, None
        self._is_starting, self.verdict = False, None
        if question is not None:
            question.drop()
            self.warm_up()
        self.changed.emit()
