"""`eqxviz learn`: the lessons, opened in the window, listed, and checked for who writes them."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from eqxviz.cli.without_window import FAILED, OK, live_session, print_parts
from eqxviz.session.command import WindowCommand, has_display

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from eqxviz.session.learning.shelf import Shelf, ShelvedLesson
    from eqxviz.session.lessons import Mistake

_EXAMPLES = """\
examples:
  eqxviz learn                       go on where you left off
  eqxviz learn 3                     the third lesson; filter_jit is its name
  eqxviz learn --list                the lessons, and how far you are
  eqxviz learn --folder own          with the lessons of a folder of your own
  eqxviz learn --folder own --check  for teachers: are solutions accepted?"""


def add_parser(
    add: "Callable[..., argparse.ArgumentParser]", window: argparse.ArgumentParser
) -> None:
    """Add the options of `eqxviz learn`."""
    parser = add(
        "learn",
        parents=[window],
        help="follow the lessons on PyTrees and filtering",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "target", metavar="LESSON", nargs="?", default="", help="its number, or its name"
    )
    parser.add_argument(
        "--folder", metavar="DIR", type=_folder, help="lessons of your own; it is remembered"
    )
    parser.add_argument(
        "--list", action="store_true", help="print the lessons, and how far you are"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="run every script, and say which solutions their checks do not accept",
    )


def what_contradicts(options: argparse.Namespace) -> str:
    """Return what of the options cannot be had together, "" if all can."""
    if options.list and options.check:
        return "--list and --check cannot be had together"
    pictured = getattr(options, "screenshot", None) or getattr(options, "exit_after", None)
    if pictured is not None and (options.list or options.check):
        return "--list and --check open no window"
    return ""


def carry_out(options: argparse.Namespace) -> int | None:
    """List the lessons, or check them; return the exit code. None: the window is to be opened."""
    from eqxviz.session.learning.notebook import own_notebook
    from eqxviz.session.learning.shelf import read_shelf

    folder = options.folder or own_notebook().teachers_folder()
    # Who checks a folder means that one.
    shelf = read_shelf(folder, bundled=not (options.check and options.folder))
    chosen = shelf.lessons
    if options.target:
        named = shelf.named(options.target)
        if named is None:
            print(_unknown(options.target, shelf), file=sys.stderr)
            return FAILED
        chosen = (named,)
    if options.list:
        print_parts(_lines(chosen))
        return _tell(shelf.mistakes)
    if options.check:
        return max(_tell(shelf.mistakes), _check(chosen))
    return None


def window_command(options: argparse.Namespace) -> WindowCommand:
    """Return what the window is to do."""
    return WindowCommand(
        kind="learn",
        target=options.target,
        lessons=str(options.folder or ""),
        screenshot=getattr(options, "screenshot", None),
        exit_after=getattr(options, "exit_after", None),
        offscreen=not has_display(),
    )


def _folder(text: str) -> Path:
    path = Path(text).expanduser().resolve()
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is no folder")
    return path


def _unknown(name: str, shelf: "Shelf") -> str:
    from eqxviz.session.learning.cards import no_such_lesson

    problem = no_such_lesson(name, shelf)
    return "\n".join(
        (f"eqxviz: {problem.title}. {problem.why} {problem.fix}", *map(str, shelf.mistakes))
    )


def _lines(lessons: "Sequence[ShelvedLesson]") -> "Sequence[str]":
    """Return a line for each lesson: its name, how far the learner is, its title."""
    from eqxviz.session.learning.notebook import own_notebook

    book = own_notebook()
    width = max((len(each.lesson.folder.name) for each in lessons), default=0)
    lines: list[str] = []
    for each in lessons:
        done, pages = book.progress(each.key).n_done(each.lesson), len(each.lesson.pages)
        far = "done" if done == pages else f"{done} of {pages} pages" if done else "not begun"
        lines.append(f"{each.lesson.folder.name:<{width}}  {far:<14}  {each.title}\n")
    return lines


def _check(lessons: "Sequence[ShelvedLesson]") -> int:
    """Try all that the lessons have to run; tell what is wrong, and return the exit code."""
    from eqxviz.session.learning.review import Review

    session, live = live_session()
    found: list[Mistake] = []
    is_done: list[bool] = []

    def told(lesson: "ShelvedLesson", mistakes: "tuple[Mistake, ...]") -> None:
        found.extend(mistakes)
        counted = f"solutions accepted: {len(lesson.lesson.exercises)}"
        words = f"pages run: {len(lesson.lesson.pages)}, {counted}" if not mistakes else "see below"
        print(f"{lesson.lesson.folder.name}: {words}", flush=True)

    try:
        Review(session, lessons, told, lambda: is_done.append(True))
        live(lambda: not is_done)
    finally:
        session.close(leave_run=False)
    return _tell(found)


def _tell(mistakes: "Sequence[Mistake]") -> int:
    for mistake in mistakes:
        print(mistake, file=sys.stderr)
    return FAILED if mistakes else OK
