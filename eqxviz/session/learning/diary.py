"""How far the learner is in each lesson, remembered in a notebook."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.session.learning.cards import not_kept
from eqxviz.session.learning.notebook import Notebook, Progress

if TYPE_CHECKING:
    from eqxviz.records import Problem
    from eqxviz.session.problems import ProblemPart

_NONE = Progress()


class Diary:
    """Writes in the background, in order. A notebook that can't be written is told once.

    Signals:
        changed: The progress in a lesson is another one.
    """

    changed = Signal()

    def __init__(self, session: "ProblemPart", notebook: Notebook | None) -> None:
        self._session = session
        self.notebook = notebook  # None until it was looked where it is
        self._progress: dict[str, Progress] = {}  # by the key of the lesson
        self._has_told = False

    def open(self, notebook: Notebook, progress: dict[str, Progress]) -> None:
        """Go on with what was read of a notebook."""
        self.notebook, self._progress = notebook, progress

    def progress(self, key: str) -> Progress:
        """Return how far the learner is in the lesson of that key."""
        return self._progress.get(key, _NONE)

    def put(self, key: str, progress: Progress) -> None:
        """Remember how far the learner is in a lesson."""
        self._progress[key] = progress
        self.write(lambda book: book.keep_progress(key, progress))
        self.changed.emit()

    def write(
        self, write: Callable[[Notebook], None], then: Callable[[], None] = lambda: None
    ) -> None:
        """Have `write` called with the notebook, then `then` on the session's own thread."""
        book = self.notebook
        if book is None:
            return

        def work() -> "Problem | None":
            try:
                write(book)
            except OSError as error:
                return not_kept(book.folder, error)
            return None

        def done(problem: "Problem | None") -> None:
            if problem is not None and not self._has_told:
                self._has_told = True
                self._session.report(problem)
            then()

        self._session.in_background(work, done)
