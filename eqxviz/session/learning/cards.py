"""The problem cards of lessons."""

from pathlib import Path
from typing import TYPE_CHECKING

from eqxviz.session.learning.shelf import Shelf
from eqxviz.session.lessons import Mistake

if TYPE_CHECKING:
    from eqxviz.records import Problem  # needs numpy, and lessons are listed without it


def mistake_problem(mistake: Mistake) -> "Problem":
    """Return the card of what is wrong with a lesson."""
    from eqxviz.records import Problem, Severity

    return Problem(
        "lesson-mistake",
        Severity.ERROR,
        f"A lesson can't be read: {mistake.path.parent.name}/{mistake.path.name}",
        mistake.sentence,
        "Correct the file, and open the folder of lessons again.",
        str(mistake.path),
        mistake.line,
    )


def no_such_lesson(name: str, shelf: Shelf) -> "Problem":
    """Return the card of a lesson that is not there."""
    import difflib

    from eqxviz.records import Problem, Severity

    known = [each.lesson.folder.name for each in shelf.lessons]
    close = difflib.get_close_matches(name, known, 1, 0.5)
    return Problem(
        "no-such-lesson",
        Severity.ERROR,
        f"There is no lesson {name}" if name else "There is no lesson",
        f"There are {', '.join(known)}." if known else "None of the lessons can be read.",
        f"Did you mean {close[0]}?" if close else "Name one of them, or its number.",
    )


def not_kept(folder: Path, error: OSError) -> "Problem":
    """Return the card of a notebook that can't be written."""
    from eqxviz.records import Problem, Severity

    return Problem(
        "not-kept",
        Severity.WARNING,
        "What you do in the lessons can't be kept",
        f"{folder}: {error.strerror or error}.",
        "Make room there, or allow writing; until then it is lost when the window closes.",
        str(folder),
    )


def left_running(script: str) -> "Problem":
    """Return the card of a run of the user's that goes on without the window."""
    from eqxviz.records import Problem, Severity

    name = Path(script).name
    return Problem(
        "left-running",
        Severity.NOTE,
        f"{name} goes on without this window",
        "A page of a lesson is run in its place.",
        "Attach to it again from the start page, or by `eqxviz attach`.",
        script,
    )
