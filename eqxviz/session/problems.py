"""The base of the session: the engine behind it, and the problems met so far."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from psygnal import Signal

if TYPE_CHECKING:
    from eqxviz.engine.engine import Engine
    from eqxviz.records import Problem

Post = Callable[[Callable[[], None]], None]


class ProblemPart:
    """The problems of the session.

    Signals:
        problem_seen: A problem came up; it is the last of `problems`, and the argument.
    """

    problem_seen = Signal(object)

    def __init__(self, post: Post, engine: "Engine | None" = None) -> None:
        self._post = post
        self._engine = engine
        self.problems: list[Problem] = []

    @property
    def engine(self) -> "Engine":
        """What starts and ends processes; made when it is first needed."""
        if self._engine is None:
            from eqxviz.engine.engine import Engine

            self._engine = Engine(self._post)
        return self._engine

    def dismiss(self, index: int) -> None:
        """Take problem `index` off the list."""
        del self.problems[index]

    def report(self, problem: "Problem") -> None:
        """Put `problem` on the list and announce it."""
        self.problems.append(problem)
        self.problem_seen.emit(problem)
