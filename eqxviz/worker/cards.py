"""The problem cards of a worker: what went wrong with a file or a request, and what to do."""

import difflib
import os
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from eqxviz.analysis.cancelled import CancelledError
from eqxviz.analysis.problems import problem_from_exception
from eqxviz.records import Done, Problem, Record, Severity

_MAX_TITLE = 120


class CardError(Exception):
    """Carries the card that answers a request which cannot be carried out."""

    def __init__(self, card: Problem) -> None:
        super().__init__(card.title)
        self.card = card


def error(
    code: str, title: str, why: str, fix: str, file: str = "", line: int = 0, detail: str = ""
) -> CardError:
    """Return an error card, to be raised."""
    return CardError(Problem(code, Severity.ERROR, title, why, fix, file, line, detail=detail))


def raised(exception: BaseException, code: str, title: str, file: str) -> CardError:
    """Return the card of an exception that the user's code raised.

    What does not parse and what is not installed have codes of their own.
    """
    if isinstance(exception, SyntaxError):
        where = f"Line {exception.lineno}" if exception.lineno else "The file"
        code, title = "syntax-error", f"{where} is not valid Python"
    elif isinstance(exception, ModuleNotFoundError):
        code, title = "missing-module", f"The module {exception.name} is not installed"
    return CardError(problem_from_exception(exception, code=code, title=title, user_file=file))


def left(stop: SystemExit, file: str) -> CardError:
    """Return the card of a script that ended itself by `sys.exit` with an error."""
    name = Path(file).name
    made = raised(stop, "script-exited", "", file).card
    if isinstance(stop.code, int):
        title = f"{name} left with exit code {stop.code}"
    else:
        title = f"{name} ended itself: {stop.code}"
    by_argparse = any(Path(f.file).name == "argparse.py" for f in made.frames)
    why = f"It called sys.exit({stop.code!r})."
    fix = "What it printed before is in Output."
    if by_argparse:
        why = "It did not accept its arguments. What it says of them is in Output."
        fix = "Run it again with other arguments."
    return CardError(replace(made, title=title[:_MAX_TITLE], why=why, fix=fix))


def no_module(error: SystemExit, name: str, folder: str) -> CardError:
    """Return the card of a module that cannot be run from `folder`."""
    _python, _, why = str(error.code).partition(": ")
    return CardError(
        Problem(
            "no-such-module",
            Severity.ERROR,
            f"The module {name} cannot be run",
            sentence(why),
            f"It is looked for from the working directory, {folder}, and among what is installed. "
            "Check its name, or choose the folder that it is in as the working directory.",
        )
    )


def sentence(words: str) -> str:
    """Return `words` as a sentence: a capital first, a full stop last."""
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."


def no_such_name(name: str, names: Sequence[str], file: str, why: str = "") -> CardError:
    """Return the card of a name that `file` does not have; `why` says more where it is known."""
    close = difflib.get_close_matches(name, names, 1)
    fix = f"Did you mean {close[0]}?" if close else "Open one of the names that it has."
    has = f"It has: {', '.join(names)}." if names else "Nothing in it can be opened."
    title = f"There is no {name} in the file"
    return error("no-such-name", title, f"{why.rstrip('.')}. {has}" if why else has, fix, file)


def not_answered(request: Record) -> Problem:
    """Return the card of a request that this worker does not answer."""
    return error(
        "not-answered",
        f"This worker does not answer {type(request).__name__}",
        "A worker either opens files or runs a script.",
        "Ask a worker of the other kind.",
    ).card


def not_reading() -> Problem:
    """Return the card of input that has no room: the script does not read it."""
    return Problem(
        "not-reading",
        Severity.NOTE,
        "The script does not read its input",
        "What was typed before still waits, and there is no room for more.",
        "Type when the script asks for something.",
    )


def own_input(script: str, why: str) -> Problem:
    """Return the card of input that is the script's own."""
    return Problem(
        "own-input",
        Severity.NOTE,
        f"{os.path.basename(script)} reads its input where it was started",
        why,
        "Type there.",
    )


def no_terminal() -> Problem:
    """Return the card of input where the machine made no terminal to type into."""
    return Problem(
        "no-terminal",
        Severity.NOTE,
        "The script cannot be typed to",
        "This machine made no terminal for it (is /dev/pts mounted?): its input is empty.",
        "Mount /dev/pts and run it again; without input it runs as it is.",
    )


def pause_first() -> Problem:
    """Return the card of a request that needs the run to stand at the gate."""
    return Problem(
        "pause-first",
        Severity.NOTE,
        "Pause the run first",
        "Arrays are looked at between two calls, when nothing changes them.",
        "Pause the run, and ask again.",
    )


def answered(request: Record, work: Callable[[], Record]) -> Record:
    """Return what `work()` returns, or the card of what it raises, for the worker to live on."""
    try:
        return work()
    except CardError as carrying:
        return carrying.card
    except CancelledError:
        return Done()  # nobody waits for it
    except Exception as failed:  # noqa: BLE001 - the worker's job loop
        return error(
            "worker-failed",
            f"{type(request).__name__} could not be answered",
            f"{type(failed).__name__}: {failed}",
            "The worker goes on. Please report this with the file.",
            detail=traceback.format_exc(),
        ).card
