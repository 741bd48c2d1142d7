"""The help with an exercise: its hints, one by one, and its solution."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eqxviz.session.learning.learning import Learning
    from eqxviz.session.session import Session


class Help:
    """What was shown of the help with the page's exercise. `Learning.changed` tells of more."""

    def __init__(self, session: "Session", learning: "Learning") -> None:
        self._session = session
        self._learning = learning
        self.asks_for_solution = False  # whether the user is asked if it is to be shown
        self.solution = ""  # once it was shown

    @property
    def hints(self) -> tuple[str, ...]:
        """The hints that were shown, from vague to near."""
        exercise, progress = self._learning.exercise, self._learning.progress
        if exercise is None:
            return ()
        return exercise.hints[: progress.hints_shown.get(exercise.name, 0)]

    @property
    def n_hints_left(self) -> int:
        """How many more hints there are."""
        exercise = self._learning.exercise
        return len(exercise.hints) - len(self.hints) if exercise is not None else 0

    def show_hint(self) -> None:
        """Show one more hint."""
        exercise = self._learning.exercise
        if exercise is not None and self.n_hints_left:
            self._learning.keep_progress(self._learning.progress.with_hint(exercise.name))

    def show_solution(self) -> None:
        """Show the solution. The first time it only `asks_for_solution`, and this shows it then.

        Of an exercise that is solved, or whose solution was shown before, nothing is asked.
        """
        learning, exercise = self._learning, self._learning.exercise
        if exercise is None:
            return
        progress = learning.progress
        is_known = exercise.name in (*progress.solved, *progress.solutions_shown)
        if not is_known and not self.asks_for_solution:
            self.asks_for_solution = True
            learning.changed.emit()
            return

        def shown(text: str) -> None:
            if learning.exercise is exercise:
                self.asks_for_solution, self.solution = False, text
                learning.keep_progress(learning.progress.with_solution(exercise.name))

        self._session.in_background(lambda: exercise.solution.read_text(encoding="utf-8"), shown)

    def keep_trying(self) -> None:
        """Do not show the solution after all, or no longer."""
        self.forget()
        self._learning.changed.emit()

    def forget(self) -> None:
        """Have shown no solution: another page is shown."""
        self.asks_for_solution, self.solution = False, ""
