"""Conditions in the script's own frames; one that never ends can be interrupted."""

import threading
import time
from types import FrameType

from eqxviz.capturing.frame_code import FrameCode, NoValueError
from eqxviz.capturing.raising import meet_raised, raise_in
from eqxviz.records import Stop


class _InterruptedError(BaseException):
    """Raised in a condition that is to end; no `except Exception` of the user's stops it."""


class Conditions:
    """Evaluates the conditions of stops, in the threads that come by them."""

    def __init__(self) -> None:
        self._codes: dict[str, FrameCode] = {}
        self._lock = threading.Lock()
        self._busy: dict[int, bool] = {}  # by thread: whether it was interrupted

    def check(self, condition: str) -> None:
        """Read a condition.

        Raises:
            SyntaxError: If it is no expression of Python.
        """
        if condition:
            compile(condition.strip(), "<condition>", "eval")
            self._codes[condition] = FrameCode(condition.strip(), "<condition>")

    def why_met(self, stop: Stop, frame: FrameType) -> str | None:
        """Return how `stop`, which stands at `frame`, is met by its condition; None if it is not.

        "" where it has none. A condition that raises is met, and so is one that was interrupted.
        """
        condition = stop.condition
        if not condition:
            return ""
        code = self._codes.get(condition)
        if code is None:
            self.check(condition)
            code = self._codes[condition]
        start = time.monotonic()
        thread, value, failure, was_interrupted = threading.get_ident(), False, None, False
        try:
            self._busy[thread] = False
            try:
                value = bool(code.run(frame))
            except Exception as error:  # noqa: BLE001 - the user's condition
                failure = error
            with self._lock:
                was_interrupted = self._busy.pop(thread)
            if was_interrupted:  # it is on its way, and is not to reach the script
                meet_raised(_InterruptedError)
        except _InterruptedError:
            was_interrupted = True
        self._busy.pop(thread, None)
        if was_interrupted:
            return f"`{condition}` was interrupted after {time.monotonic() - start:.1f} s"
        if isinstance(failure, NoValueError):
            return f"`{condition}` cannot be told: {failure}".rstrip(".")
        if failure is not None:
            return f"`{condition}` raised {type(failure).__name__}: {_first_line(failure)}"
        return f"`{condition}` is true" if value else None

    def interrupt(self) -> None:
        """End the conditions that are being evaluated, each once; they count as met."""
        with self._lock:
            for thread, was_interrupted in list(self._busy.items()):
                if not was_interrupted:
                    self._busy[thread] = True
                    raise_in(thread, _InterruptedError)


def _first_line(error: Exception) -> str:
    try:
        return str(error).strip().partition("\n")[0]
    except Exception:  # noqa: BLE001 - the user's own `__str__`
        return "(it fails to say what)"
