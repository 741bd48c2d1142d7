"""The console: code that is run in a frame of the paused script."""

import contextlib
import itertools
import os
import reprlib
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from eqxviz.analysis.problems import problem_from_exception
from eqxviz.capturing.frame_code import FrameCode, NoValueError
from eqxviz.records import Evaluated
from eqxviz.worker.interruptible import InterruptedByUserError, interruptible
from eqxviz.worker.variables import class_name, holds_arrays

LAST = "_"
_MOST_CHARACTERS = 20_000
_MOST_ITEMS = 1_000
_INTERRUPTED = "Interrupted: it did not come to its end."


class Console:
    """Runs code in frames, and remembers the last value of all as `_`."""

    def __init__(self, root: str) -> None:
        self._beside = os.path.join(root, LAST)  # a file of the user's project
        self._numbers = itertools.count(1)
        self.last: dict[str, Any] = {}  # by its name, once there is one

    def forget(self) -> None:
        """Let go of the last value."""
        self.last = {}

    def evaluate(self, frame: FrameType, source: str, is_unwanted: Callable[[], bool]) -> Evaluated:
        """Return what became of `source` in `frame`. It is interrupted once it `is_unwanted`."""
        text = type_name = error = ""
        value, has_changed = None, False
        with _printed() as printed:
            try:
                code = FrameCode(source, f"<console {next(self._numbers)}>", self.last)
                has_changed = code.assigns
                value = interruptible(lambda: code.run(frame), is_unwanted)
                if value is None:
                    has_changed = True  # a call that is made for what it does
                else:
                    text = interruptible(lambda: _text(value), is_unwanted)
            except InterruptedByUserError:
                error, has_changed = _INTERRUPTED, True
            except NoValueError as missing:
                error, has_changed = str(missing), True
            except BaseException as raised:  # noqa: BLE001 - the user's code; an exit is shown, too
                error, has_changed = self._traceback(raised), True
        if is_unwanted():  # nobody takes the answer: what it printed goes where prints go
            printed.hand_on()
        if value is not None and not error:
            self.last = {LAST: value}
            type_name = class_name(value)
        is_tree = value is not None and not error and holds_arrays(value)
        return Evaluated(text, type_name, printed.text(), error, is_tree, has_changed)

    def _traceback(self, error: BaseException) -> str:
        """Return the traceback of the code alone, as Python prints it."""
        if isinstance(error, SyntaxError) and error.filename is not None:
            return cut("".join(traceback.format_exception_only(error))).rstrip("\n")
        problem = problem_from_exception(error, code="console", user_file=self._beside)
        return cut(problem.detail).rstrip("\n")


def cut(text: str, n_more: int = 0) -> str:
    """Return the first part of a long text, and how much more there was."""
    n_more += max(0, len(text) - _MOST_CHARACTERS)
    return f"{text[:_MOST_CHARACTERS]}\n… {n_more:,} more characters" if n_more else text


def _text(value: Any) -> str:
    if isinstance(value, (str, bytes)):
        n_more = max(0, len(value) - _MOST_CHARACTERS)
        return cut(repr(value[:_MOST_CHARACTERS]), n_more)
    return cut(_Whole().repr(value))


class _Whole(reprlib.Repr):
    """The repr of a value, but of containers so many items only that it comes to an end."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 12
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = self.maxfrozenset = _MOST_ITEMS
        self.maxdeque = self.maxarray = _MOST_ITEMS
        self.maxstring = self.maxother = self.maxlong = _MOST_CHARACTERS

    def repr_instance(self, x: Any, level: int) -> str:
        return repr(x)


class _Printed:
    """Takes what one thread prints; what others print passes on."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._thread = threading.get_ident()
        self._parts: list[str] = []
        self._n_characters = 0

    def write(self, text: str) -> int:
        """Take `text`: of very much the beginning."""
        if threading.get_ident() != self._thread:
            return self._stream.write(text)
        if self._n_characters < _MOST_CHARACTERS:
            self._parts.append(text[:_MOST_CHARACTERS])
        self._n_characters += len(text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Take each of `lines`."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def text(self) -> str:
        """Return what was taken, cut where it was too much."""
        text = "".join(self._parts)
        return cut(text, self._n_characters - len(text))

    def hand_on(self) -> None:
        """Print it after all."""
        if self._parts:
            print(self.text(), file=self._stream, end="")


@contextlib.contextmanager
def _printed() -> Iterator[_Printed]:
    """Take what this thread prints meanwhile, on either stream."""
    before = sys.stdout, sys.stderr
    printed = _Printed(sys.stdout)
    sys.stdout = sys.stderr = printed  # type: ignore[assignment]  # it hands on what it lacks
    try:
        yield printed
    finally:
        # The code itself may have replaced them.
        if sys.stdout is printed:
            sys.stdout = before[0]
        if sys.stderr is printed:
            sys.stderr = before[1]
