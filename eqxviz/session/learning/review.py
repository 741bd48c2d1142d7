"""A teacher's review of lessons: whether scripts run, and checks judge as they are to."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from eqxviz.session.learning.asking import LIMIT_SECONDS, Question
from eqxviz.session.learning.shelf import ShelvedLesson
from eqxviz.session.learning.verdict import Verdict
from eqxviz.session.lessons import Mistake

if TYPE_CHECKING:
    from eqxviz.session.problems import ProblemPart


@dataclass(frozen=True)
class _Job:
    """Something to be tried: a page's script, the start of an exercise, or its solution."""

    what: Literal["script", "start", "solution"]
    script: Path
    check: Path | None

    def mistake(self, verdict: Verdict) -> Mistake | None:
        """Return what the verdict says is wrong with the lesson."""
        problem = verdict.problem
        is_right = verdict.kind == "solved"
        if self.what == "start":
            text = "the check accepts the script that the exercise begins with"
            return Mistake(self.script, 1, text) if is_right else _broken(verdict)
        if is_right:
            return None
        said = verdict.message
        if problem is not None:
            is_error = problem.code == "answer-raised"  # its name is in both
            said = problem.why if is_error else f"{problem.title}: {problem.why}"
        if self.what == "solution" and verdict.kind == "rejected":
            said = f"the check rejects the solution: {said}"
        at = (Path(problem.file), problem.line) if problem and problem.file else (self.script, 1)
        return Mistake(at[0], at[1] or 1, said)


class Review:
    """Tries all that there is to run in lessons, one after the other.

    `told` is called for each lesson when it is through, with what is wrong with it; `done` at the
    end.
    """

    def __init__(
        self,
        session: "ProblemPart",
        lessons: Sequence[ShelvedLesson],
        told: Callable[[ShelvedLesson, tuple[Mistake, ...]], None],
        done: Callable[[], None],
    ) -> None:
        self._session = session
        self._told, self._done = told, done
        self._waiting = iter(lessons)
        self._next_lesson()

    def _next_lesson(self) -> None:
        lesson = next(self._waiting, None)
        if lesson is None:
            self._done()
            return
        mistakes: list[Mistake] = []
        jobs = _jobs(lesson)

        def next_job() -> None:
            job = next(jobs, None)
            if job is None:
                self._told(lesson, tuple(mistakes))
                self._next_lesson()
                return

            def answered(verdict: Verdict) -> None:
                mistakes.extend(filter(None, (job.mistake(verdict),)))
                next_job()

            Question(self._session, job.script, job.check, LIMIT_SECONDS, answered)

        next_job()


def _jobs(lesson: ShelvedLesson) -> Iterator[_Job]:
    for page in lesson.lesson.pages:
        exercise = page.exercise
        if exercise is None:
            yield _Job("script", page.script, None)
        else:
            yield _Job("start", page.script, exercise.check)
            yield _Job("solution", exercise.solution, exercise.check)


def _broken(verdict: Verdict) -> Mistake | None:
    """Return that a check failed by itself, where it has."""
    problem = verdict.problem
    if problem is None or problem.code != "check-broken":
        return None
    return Mistake(Path(problem.file), problem.line or 1, f"{problem.title}: {problem.why}")
