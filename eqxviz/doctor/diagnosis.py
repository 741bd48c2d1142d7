"""Exceptions that a rule can explain: what in the user's code they come from."""

import contextlib
import ctypes
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from eqxviz.analysis.user_code import UserCode
from eqxviz.records import Problem

_MOST_SECONDS = 10.0


def diagnose(
    error: BaseException, user_code: UserCode, seconds: float = _MOST_SECONDS
) -> list[Problem]:
    """Return what in the user's code `error` comes from, as far as a rule knows; never raises.

    No array is read and nothing computed, but calls of models are traced again. That is done by a
    thread of its own, which is given up after `seconds`.
    """
    if not isinstance(error, Exception) or isinstance(error, (MemoryError, RecursionError)):
        return []
    found: list[Problem] = []

    def work() -> None:
        with contextlib.suppress(_TooLateError), _silent():
            found.extend(_diagnosed(error, user_code))

    thread = threading.Thread(target=work, name="eqxviz-diagnosis", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # there is no room for another, or Python is about to end
        return []
    thread.join(seconds)
    if thread.is_alive() and thread.ident is not None:
        number, late = ctypes.c_ulong(thread.ident), ctypes.py_object(_TooLateError)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(number, late)
        return []
    return found


class _TooLateError(BaseException):
    """Raised in the thread that took too long."""


def _diagnosed(error: BaseException, user_code: UserCode) -> Sequence[Problem]:
    try:
        # Only now: a run that fails is not to fail at what the rules need.
        from eqxviz.doctor.code.failure import failures
        from eqxviz.doctor.finding import vmap_errors
        from eqxviz.doctor.rules import eqx101, eqx104, eqx107, eqx109

        # The first that explains it is believed: what maps wrongly gives a batch to a model, too.
        rules = (eqx107, eqx101, eqx109, vmap_errors, eqx104)
        for failure in failures(error, user_code):
            for rule in rules:
                found = list(rule.diagnose(failure))
                if found:
                    return found
    except Exception:  # noqa: BLE001 - it looks into the user's objects, and failed already
        return ()
    return ()


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Have this thread print nothing meanwhile: what is traced again has printed already."""
    thread = threading.get_ident()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (stream and _OthersOnly(stream, thread) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


class _OthersOnly:
    """A stream that is silent for one thread."""

    def __init__(self, stream: TextIO, thread: int) -> None:
        self._stream = stream
        self._thread = thread

    def write(self, text: str) -> int:
        """Write what other threads write."""
        is_own = threading.get_ident() == self._thread
        return len(text) if is_own else self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
