"""The judging of an answer to an exercise."""

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.session.learning.desk import Desk
from eqxviz.session.learning.diary import Diary
from eqxviz.session.learning.verdict import Verdict, VerdictKind

if TYPE_CHECKING:
    from pathlib import Path

    from eqxviz.engine.worker import Worker
    from eqxviz.records import Problem, Record
    from eqxviz.session.problems import ProblemPart

LIMIT_SECONDS = 30.0


class Judging:
    """Has the learner's text judged in a process of its own, which is warm while lessons are shown.

    A script that takes longer than `limit_seconds` is ended, and so is one that is stopped.

    Signals:
        changed: `is_checking` or `verdict` is another one.
    """

    changed = Signal()

    def __init__(self, session: "ProblemPart", desk: Desk, diary: Diary) -> None:
        self._session = session
        self._desk = desk
        self._diary = diary
        self._worker: Worker | None = None  # that is judging
        self._timer: threading.Timer | None = None
        self._is_starting = False
        self._is_too_long = False
        self.limit_seconds = LIMIT_SECONDS
        self.verdict: Verdict | None = None  # of the page's text as it was judged last

    @property
    def is_checking(self) -> bool:
        """Whether an answer is being judged."""
        return self._is_starting or self._worker is not None

    def warm_up(self) -> None:
        """Have the process ready that judges."""
        self._session.engine.judge()

    def check(self) -> None:
        """Judge the text of the page, if that is an exercise."""
        exercise, path = self._desk.exercise, self._desk.path
        if exercise is None or path is None or self.is_checking:
            return
        self._is_starting, self.verdict = True, None

        def begin() -> None:
            if self._is_starting and self._desk.exercise is exercise:
                self._is_starting = False
                self._ask(path, exercise.check)

        self._desk.keep(begin)
        self.changed.emit()

    def stop(self) -> None:
        """Judge no longer: what the script is doing is ended."""
        if self._worker is not None:
            self._worker.abort()
        elif self._is_starting:
            self._is_starting = False
            self.changed.emit()

    def forget(self) -> None:
        """Have no verdict, and judge no longer: another page is shown."""
        worker, self._worker, self._is_starting, self.verdict = self._worker, None, False, None
        if worker is not None:
            self._end_timer()
            worker.kill()
            self.warm_up()
        self.changed.emit()

    def _ask(self, script: "Path", check: "Path") -> None:
        from eqxviz.records import Judge

        worker = self._worker = self._session.engine.judge(str(script))
        self._is_too_long = False

        def answered(answer: "Record") -> None:
            if worker is self._worker:
                self._worker = None
                self._end_timer()
                self._on_answer(answer)
                self.warm_up()

        def end() -> None:
            if worker is self._worker:
                self._is_too_long = True
                worker.abort()

        self._timer = threading.Timer(self.limit_seconds, lambda: self._session.later(end))
        self._timer.daemon = True
        self._timer.start()
        worker.ask(Judge(str(script), str(check)), answered)

    def _end_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_answer(self, answer: "Record") -> None:
        from eqxviz.records import Judged, Outcome, Problem

        if isinstance(answer, Problem):
            self.verdict = self._of_death(answer)
        elif isinstance(answer, Judged):
            kind = _KINDS[answer.outcome.value]
            message = answer.problem.title if answer.problem is not None else answer.message
            message = message or _RIGHT
            self.verdict = Verdict(kind, message, answer.problem, answer.output)
            if answer.outcome is Outcome.ACCEPTED:
                self._on_solved()
        self.changed.emit()

    def _on_solved(self) -> None:
        exercise, key = self._desk.exercise, self._desk.key
        if exercise is not None:
            self._diary.put(key, self._diary.progress(key).with_solved(exercise.name))

    def _of_death(self, problem: "Problem") -> Verdict:
        """Return the verdict on an answer whose process is gone."""
        if problem.code != "cancelled":
            return Verdict("failed", problem.title, problem)
        where = f" It was at line {problem.line}." if problem.line else ""
        if not self._is_too_long:
            return Verdict("stopped", f"The check was stopped.{where}")
        problem = replace(
            problem,
            code="answer-takes-long",
            title=f"The answer took longer than {self.limit_seconds:g} s",
            why=f"The script, or what the check called of it, did not come to an end.{where}",
            fix="See whether a loop there ever ends. If it does, make what it computes smaller.",
        )
        return Verdict("failed", problem.title, problem)


_RIGHT = "The answer is right."
_KINDS: dict[str, VerdictKind] = {
    "accepted": "solved",
    "rejected": "rejected",
    "raised": "failed",
    "broken": "failed",
}
