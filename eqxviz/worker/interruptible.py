"""Work of the user's that may never end, interrupted from another thread."""

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

from eqxviz.capturing.raising import meet_raised, raise_in

_Result = TypeVar("_Result")

_LOOK_SECONDS = 0.03
_AGAIN_SECONDS = 0.5
_ARRIVAL_SECONDS = 1.0


class InterruptedByUserError(BaseException):
    """Raised within work that is not wanted any more. Like KeyboardInterrupt no `Exception`."""


def interruptible(work: Callable[[], _Result], is_unwanted: Callable[[], bool]) -> _Result:
    """Return what `work()` returns, or interrupt it, wherever it is, once `is_unwanted()`.

    In the main thread it is interrupted in `time.sleep` and in waiting as well; elsewhere when
    Python runs again. Native code is interrupted nowhere. An interrupt that is caught comes again.

    Raises:
        InterruptedByUserError: If it was interrupted.
    """
    return _Work(is_unwanted).run(work)


class _Work:
    def __init__(self, is_unwanted: Callable[[], bool]) -> None:
        self._is_unwanted = is_unwanted
        self._thread = threading.get_ident()
        self._is_main = threading.current_thread() is threading.main_thread()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._is_at_work = True
        self._is_on_its_way = False  # and has not arrived, as far as is known
        self._before: Any = None

    def run(self, work: Callable[[], _Result]) -> _Result:
        if self._is_main:
            before = signal.signal(signal.SIGINT, self._on_signal)
            self._before = signal.SIG_DFL if before is None else before
        try:
            try:
                threading.Thread(target=self._watch, name="eqxviz-interrupt", daemon=True).start()
                return work()
            finally:
                self._end()
        except InterruptedByUserError:
            self._end()  # it may have come in the midst of the other one
            raise
        finally:
            if self._is_main and signal.getsignal(signal.SIGINT) == self._on_signal:
                signal.signal(signal.SIGINT, self._before)

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            if self._is_unwanted():
                self._interrupt()
                self._over.wait(_AGAIN_SECONDS)

    def _interrupt(self) -> None:
        with self._lock:
            if not self._is_at_work:
                return
            if self._is_main:
                self._is_on_its_way = True
                signal.pthread_kill(self._thread, signal.SIGINT)
            else:
                self._is_on_its_way = True
                raise_in(self._thread, InterruptedByUserError)

    def _end(self) -> None:
        """Be interrupted no more: what is on its way is awaited."""
        with self._lock:
            self._is_at_work = False
        self._over.set()
        if not self._is_main:
            if self._is_on_its_way:
                self._is_on_its_way = False
                meet_raised(InterruptedByUserError)
            return
        deadline = time.monotonic() + _ARRIVAL_SECONDS
        while self._is_on_its_way and time.monotonic() < deadline:
            time.sleep(0.001)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._is_on_its_way:
            self._is_on_its_way = False
            if self._is_at_work:
                raise InterruptedByUserError
        elif self._is_at_work:
            raise KeyboardInterrupt  # Ctrl+C, or a stop: the work alone ends by it
        elif callable(self._before):
            self._before(number, frame)
