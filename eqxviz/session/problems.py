"""The base of the session: the engine behind it, and the problems met so far."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from psygnal import Signal

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from eqxviz.engine.engine import Engine
    from eqxviz.records import Problem

Post = Callable[[Callable[[], None]], None]
_T = TypeVar("_T")


class ProblemPart:
    """The problems of the session.

    Signals:
        problem_seen: A problem came up; it is the last of `problems`, and the argument.
        problem_gone: A problem is none any more, or was dismissed: the argument.
    """

    problem_seen = Signal(object)
    problem_gone = Signal(object)

    def __init__(self, post: Post, engine: "Engine | None" = None) -> None:
        self._post = post
        self._engine = engine
        self._pool: ThreadPoolExecutor | None = None
        self.problems: list[Problem] = []

    @property
    def engine(self) -> "Engine":
        """What starts and ends processes; made when it is first needed."""
        if self._engine is None:
            from eqxviz.engine.engine import Engine

            self._engine = Engine(self._post)
        return self._engine

    def in_background(self, work: Callable[[], _T], done: Callable[[_T], None]) -> None:
        """Call `work` in a thread, then `done` with what it returned on the session's own thread.

        Works are done one after the other, in order. One that raises ends with the exception.
        """
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(1, "eqxviz-background")

        def finish(future: "Future[_T]") -> None:
            self._post(lambda: done(future.result()))

        self._pool.submit(work).add_done_callback(finish)

    def later(self, work: Callable[[], None]) -> None:
        """Call `work` on the session's own thread; from any thread."""
        self._post(work)

    def give_back_memory(self) -> None:
        """Give what was freed back to the system, when what is done in the background is done."""
        from eqxviz.engine.memory import give_back_freed_memory

        self.in_background(give_back_freed_memory, lambda _nothing: None)

    def dismiss(self, problem: "Problem") -> None:
        """Take `problem` off the list, if it is there."""
        for index, listed in enumerate(self.problems):
            if listed is problem:
                del self.problems[index]
                self.problem_gone.emit(problem)
                return

    def report(self, problem: "Problem") -> None:
        """Put `problem` on the list and announce it."""
        self.problems.append(problem)
        self.problem_seen.emit(problem)
