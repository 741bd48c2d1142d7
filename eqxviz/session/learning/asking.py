"""Asking the process that judges, for as long as it may take."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from eqxviz.session.learning.verdict import Verdict, VerdictKind

if TYPE_CHECKING:
    from eqxviz.records import Problem, Record
    from eqxviz.session.problems import ProblemPart

LIMIT_SECONDS = 60.0  # by the clock: a busy machine is slow, and whoever waits can stop it
_RIGHT = "The answer is right."
_KINDS: dict[str, VerdictKind] = {
    "accepted": "solved",
    "rejected": "rejected",
    "raised": "failed",
    "broken": "failed",
}


class Question:
    """Has `script` judged by the file `check`, or only run where that is None.

    `answered` gets the verdict, once. A script that takes longer than `limit_seconds` is ended.
    """

    def __init__(
        self,
        session: "ProblemPart",
        script: Path,
        check: Path | None,
        limit_seconds: float,
        answered: Callable[[Verdict], None],
    ) -> None:
        from eqxviz.records import Judge

        self._limit_seconds = limit_seconds
        self._answered = answered
        self._is_too_long = False
        self._is_over = False
        self._worker = session.engine.judge(str(script))
        self._timer = threading.Timer(limit_seconds, lambda: session.later(self._end))
        self._timer.daemon = True
        self._timer.start()
        self._worker.ask(Judge(str(script), str(check or "")), self._take)

    def stop(self) -> None:
        """End what the script is doing; the verdict says where it was."""
        if not self._is_over:
            self._worker.abort()

    def drop(self) -> None:
        """End what the script is doing; nobody wants the verdict."""
        self._timer.cancel()
        if not self._is_over:
            self._is_over = True
            self._worker.kill()

    def _end(self) -> None:
        if not self._is_over:
            self._is_too_long = True
            self._worker.abort()

    def _take(self, answer: "Record") -> None:
        from eqxviz.records import Judged, Problem

        if self._is_over:
            return
        self._is_over = True
        self._timer.cancel()
        if isinstance(answer, Problem):
            self._answered(self._of_death(answer))
        elif isinstance(answer, Judged):
            message = answer.problem.title if answer.problem is not None else answer.message
            kind = _KINDS[answer.outcome.value]
            self._answered(Verdict(kind, message or _RIGHT, answer.problem, answer.output))

    def _of_death(self, problem: "Problem") -> Verdict:
        """Return the verdict on a script whose process is gone."""
        if problem.code != "cancelled":
            return Verdict("failed", problem.title, problem)
        where = f" It was at line {problem.line}." if problem.line else ""
        if not self._is_too_long:
            return Verdict("stopped", f"The check was stopped.{where}")
        problem = replace(
            problem,
            code="answer-takes-long",
            title=f"The answer took longer than {self._limit_seconds:g} s",
            why=f"The script, or what the check called of it, did not come to an end.{where}",
            fix="See whether a loop there ever ends. If it does, make what it computes smaller.",
        )
        return Verdict("failed", problem.title, problem)
