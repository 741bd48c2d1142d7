"""Judging an answer to an exercise: running it, and giving its module to the check."""

import contextlib
import io
import linecache
import os
import sys
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType

import jax

from eqxviz.analysis.problems import problem_from_exception
from eqxviz.records import Judged, Outcome, Problem
from eqxviz.worker import cards

_MOST_OUTPUT = 20_000  # characters


def judge(script: str, check: str = "") -> Judged:
    """Return what became of a script that was run as `__main__`, and of its check.

    What it changes of the process for all, arguments, search path, settings of JAX and so on, is as
    before afterwards, so that no answer helps or harms another.
    """
    heard = _Heard()
    with _restored(script), contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
        outcome, message, problem = _judged(script, check)
    return Judged(outcome, message, problem, heard.text)


_Found = tuple[Outcome, str, Problem | None]


def _judged(script: str, check: str) -> _Found:
    try:
        answer = _run(script, "__main__")
    except BaseException as error:  # noqa: BLE001 - the learner's code may raise anything
        return Outcome.RAISED, "", _raised(error, script)
    if not check:
        return Outcome.ACCEPTED, "", None
    try:
        _run(check, "check").check(answer)
    except BaseException as error:  # noqa: BLE001 - and so may a check, which calls it
        files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
        if isinstance(error, AssertionError) and files[-1] == check:
            return Outcome.REJECTED, str(error), None
        if script in files:
            return Outcome.RAISED, "", _raised(error, script)
        return Outcome.BROKEN, "", _broken(error, check)
    return Outcome.ACCEPTED, "", None


def _run(path: str, name: str) -> ModuleType:
    """Return the module of a file, executed now."""
    module = ModuleType(name)
    module.__file__ = path
    if name == "__main__":
        sys.modules[name] = module  # where dataclasses look for it
    with io.open_code(path) as file:
        source = file.read()
    exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)
    return module


def _raised(error: BaseException, script: str) -> Problem:
    """Return the card of what the learner's code raised."""
    name = os.path.basename(script)
    if isinstance(error, SystemExit):
        fix = "Take that out: the check looks at what the script has made when it is through."
        return replace(cards.left(error, script).card, title=f"{name} ended itself", fix=fix)
    if isinstance(error, EOFError):
        card = problem_from_exception(error, code="no-input", user_file=script)
        return replace(
            card,
            title=f"{name} waits for input",
            why="Nobody can type anything while an answer is checked.",
            fix="Take `input()` out, and write the value into the script.",
        )
    title = f"{name} raised {type(error).__name__}"
    card = cards.raised(error, "answer-raised", title, script).card
    return replace(
        card, fix=card.fix.replace("then read the file again, or run it", "then check again")
    )


def _broken(error: BaseException, check: str) -> Problem:
    """Return the card of a check that failed by itself."""
    title = f"The check {os.path.basename(check)} failed by itself"
    card = problem_from_exception(error, code="check-broken", title=title, user_file=check)
    fix = "The answer may be right. Tell whoever wrote the lesson; the details show where it was."
    return replace(card, fix=fix, fix_code="")


@contextlib.contextmanager
def _restored(script: str) -> Iterator[None]:
    """Set the process up as a script finds it, and bring it back to what it was."""
    main, path, argv = sys.modules["__main__"], sys.path[:], sys.argv[:]
    folder, environment, settings = os.getcwd(), dict(os.environ), dict(jax.config.values)
    stdin, sys.stdin = sys.stdin, io.StringIO()
    sys.argv[:], sys.path[0] = [script], os.path.dirname(script)
    linecache.checkcache()
    try:
        with warnings.catch_warnings():
            yield
    finally:
        sys.modules["__main__"], sys.stdin = main, stdin
        sys.path[:], sys.argv[:] = path, argv
        os.chdir(folder)
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
        for name, value in jax.config.values.items():
            if value != settings[name]:
                jax.config.update(name, settings[name])


class _Heard(io.TextIOBase):
    """A stream that keeps the end of what is written."""

    def __init__(self) -> None:
        self._kept = ""

    @property
    def text(self) -> str:
        """The end of what was written."""
        return self._kept[-_MOST_OUTPUT:]

    def writable(self) -> bool:
        """Whether it can be written: it can."""
        return True

    def write(self, text: str) -> int:
        """Keep `text`, and forget what is too long ago."""
        self._kept += text
        if len(self._kept) > 2 * _MOST_OUTPUT:
            self._kept = self.text
        return len(text)
