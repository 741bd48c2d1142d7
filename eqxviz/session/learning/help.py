"""The help with an exercise: its hints, one by one, and its solution."""

from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.session.learning.desk import Desk
from eqxviz.session.learning.diary import Diary

if TYPE_CHECKING:
    from eqxviz.session.problems import ProblemPart


class Help:
    """What was shown of the help with the page's exercise.

    Signals:
        changed: `asks_for_solution` or `solution` is another one. Of hints `Diary.changed` tells.
    """

    changed = Signal()

    def __init__(self, session: "ProblemPart", desk: Desk, diary: Diary) -> None:
        self._session = session
        self._desk = desk
        self._diary = diary
        self.asks_for_solution = False  # whether the user is asked if it is to be shown
        self.solution = ""  # once it was shown

    @property
    def hints(self) -> tuple[str, ...]:
        """The hints that were shown, from vague to near."""
        exercise = self._desk.exercise
        if exercise is None:
            return ()
        n_shown = self._diary.progress(self._desk.key).hints_shown.get(exercise.name, 0)
        return exercise.hints[:n_shown]

    @property
    def n_hints_left(self) -> int:
        """How many more hints there are."""
        exercise = self._desk.exercise
        return len(exercise.hints) - len(self.hints) if exercise is not None else 0

    def show_hint(self) -> None:
        """Show one more hint."""
        exercise, key = self._desk.exercise, self._desk.key
        if exercise is not None and self.n_hints_left:
            self._diary.put(key, self._diary.progress(key).with_hint(exercise.name))

    def show_solution(self) -> None:
        """Show the solution. The first time it only `asks_for_solution`, and this shows it then.

        Of an exercise that is solved, or whose solution was shown before, nothing is asked.
        """
        exercise, key = self._desk.exercise, self._desk.key
        if exercise is None:
            return
        progress = self._diary.progress(key)
        is_known = exercise.name in (*progress.solved, *progress.solutions_shown)
        if not is_known and not self.asks_for_solution:
            self.asks_for_solution = True
            self.changed.emit()
            return

        def shown(text: str) -> None:
            if self._desk.exercise is exercise:
                self.asks_for_solution, self.solution = False, text
                self._diary.put(key, self._diary.progress(key).with_solution(exercise.name))
                self.changed.emit()

        self._session.in_background(lambda: exercise.solution.read_text(encoding="utf-8"), shown)

    def put_solution(self) -> None:
        """Put the solution, once it was shown, in the place of the learner's text."""
        if self.solution:
            self._desk.put(self.solution)

    def keep_trying(self) -> None:
        """Do not show the solution after all, or no longer."""
        self.asks_for_solution, self.solution = False, ""
        self.changed.emit()
