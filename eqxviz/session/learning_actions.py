"""What can be done with the lesson that is followed."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from eqxviz.session.action import Action
from eqxviz.session.session import Session

if TYPE_CHECKING:
    from eqxviz.session.learning.learning import Learning


def _follows(session: Session) -> bool:
    # Nothing is made of the lessons where nobody learns.
    return "learning" in vars(session) and session.learning.current is not None


def _when(holds: "Callable[[Learning], object]", session: Session) -> bool:
    return _follows(session) and bool(holds(session.learning))


def _can_turn(steps: int, session: Session) -> bool:
    return _follows(session) and session.learning.can_turn(steps)


def _turn(steps: int, session: Session) -> None:
    session.learning.turn(steps)


def _run(session: Session) -> None:
    session.learning.trial.start()


def _check(session: Session) -> None:
    judging = session.learning.judging
    if judging.is_checking:
        judging.stop()
    else:
        judging.check()


LEARNING: tuple[Action, ...] = (
    Action(
        *("learn.open", "Go on with the lessons", "Ctrl+L", "Learn", "mdi6.school-outline"),
        run=lambda session: session.learning.begin(),
    ),
    Action(
        *("learn.next", "Next page", "Alt+PgDown", "Learn", "mdi6.page-next-outline"),
        enabled=partial(_can_turn, 1),
        run=partial(_turn, 1),
    ),
    Action(
        *("learn.previous", "Previous page", "Alt+PgUp", "Learn", "mdi6.page-previous-outline"),
        enabled=partial(_can_turn, -1),
        run=partial(_turn, -1),
    ),
    Action(
        *("learn.run", "Run the page's script", "Ctrl+Return", "Learn", "mdi6.play-outline"),
        enabled=_follows,
        run=_run,
    ),
    Action(
        *("learn.check", "Check the answer, or stop checking", "F8", "Learn"),
        icon="mdi6.check-decagram-outline",
        enabled=partial(_when, lambda learning: learning.exercise),
        run=_check,
    ),
    Action(
        *("learn.hint", "Show a hint", "F4", "Learn", "mdi6.lightbulb-on-outline"),
        enabled=partial(_when, lambda learning: learning.help.n_hints_left),
        run=lambda session: session.learning.help.show_hint(),
    ),
    Action(
        *("learn.solution", "Show the solution", "Shift+F4", "Learn", "mdi6.key-outline"),
        enabled=partial(_when, lambda learning: learning.exercise),
        run=lambda session: session.learning.help.show_solution(),
    ),
    Action(
        *("learn.put_solution", "Put the solution into the editor", "", "Learn"),
        icon="mdi6.file-replace-outline",
        enabled=partial(_when, lambda learning: learning.help.solution),
        run=lambda session: session.learning.help.put_solution(),
    ),
    Action(
        *("learn.start_over", "Bring the page's script back as it was", "", "Learn"),
        icon="mdi6.backup-restore",
        enabled=partial(_when, lambda learning: learning.desk.is_changed),
        run=lambda session: session.learning.desk.start_over(),
    ),
    Action("learn.folder", "Open a folder of lessons", "", "Learn", "mdi6.folder-star-outline"),
    Action(
        *("learn.forget_folder", "Put the folder of lessons away", "", "Learn"),
        icon="mdi6.folder-remove-outline",
        enabled=lambda session: (
            "learning" in vars(session) and session.learning.teachers_folder is not None
        ),
        run=lambda session: session.learning.forget_folder(),
    ),
    Action(
        *("learn.close", "Leave the lessons", "", "Learn", "mdi6.exit-run"),
        enabled=_follows,
        run=lambda session: session.learning.close(),
    ),
)
