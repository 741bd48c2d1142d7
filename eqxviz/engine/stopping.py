"""The stopping of a process: what is asked of it, what is forced, and how long each is given."""

import signal
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable

from eqxviz.engine.peer import Peer

_LOOK_SECONDS = 0.02
# After it heard that it is to stop: SIGTERM, then SIGKILL. One that hears nothing has as long.
TERMINATE_AFTER_SECONDS = 1.8
KILL_AFTER_SECONDS = 2.1
# For a fault handler to print where the threads are.
ABORT_SECONDS = 0.5
# After a checkpoint is written: for the run to tell of its end, or to begin the last one.
_SAVED_SECONDS = 0.5
# For Python to come to its end: what the script left open is closed then.
DISMISS_SECONDS = 2.0


class Stoppable(ABC):
    """A process, which may not have been started yet, as far as it can be stopped."""

    def __init__(self) -> None:
        self.alive = True  # until it is known to be gone, or was told to go
        self.is_stopping = False
        self._process: Peer | None = None
        self._ended = threading.Event()
        self._timers: list[threading.Timer] = []
        self._grace_since = 0.0  # when it was asked to stop, or has answered that

    @property
    @abstractmethod
    def has_finished(self) -> bool:
        """Whether its run has come to an end; the process may still be there."""

    @property
    @abstractmethod
    def is_saving(self) -> bool:
        """Whether it is writing a checkpoint, which it is left to finish."""

    @abstractmethod
    def _ask_to_stop(self) -> None:
        """Have it interrupt its script, and call `_give_time` once it has heard of that."""

    def stop(self) -> None:
        """End the script of a run: as Ctrl+C does, then by SIGTERM, then by SIGKILL.

        A script that obeyed leaves its worker there, to be asked about what the run left.
        """
        if self.is_stopping or not self.alive or self.has_finished:
            return
        self.is_stopping = True
        self._give_time()
        self._ask_to_stop()
        self._force_after(TERMINATE_AFTER_SECONDS, signal.SIGTERM)
        self._force_after(KILL_AFTER_SECONDS, signal.SIGKILL)

    def interrupt(self) -> None:
        """Send what Ctrl+C in its terminal would send; the script may do with it what it likes.

        Before the script begins, that ends the process; one that is not there yet does not come.
        """
        if self._process is None:
            self.kill()
        else:
            self._signal(signal.SIGINT)

    def kill(self) -> None:
        """End the process and its group now. What was asked of it is answered with a Problem."""
        self.alive = False
        self.is_stopping = True
        self._signal(signal.SIGKILL)

    def abort(self) -> None:
        """End the process soon, and have it print before where it was."""
        self.alive = False
        self.is_stopping = True
        self._signal(signal.SIGABRT)
        self._later(ABORT_SECONDS, lambda: self._signal(signal.SIGKILL))

    def dismiss(self) -> None:
        """Have a process go that has nothing left to do, soon; what it started may go on."""
        self.alive = False
        self._signal(signal.SIGTERM, alone=True)
        self._later(DISMISS_SECONDS, self._force_out)

    def wait_for_end(self, timeout_seconds: float) -> bool:
        """Block until the process is gone; False if it goes on, and writes no checkpoint."""
        while not self._ended.wait(timeout_seconds):
            if not self.is_saving:
                return False
        return True

    def wait_for_finish(self, timeout_seconds: float) -> bool:
        """Block until the process is gone or its run has come to an end; False if neither."""
        deadline = time.monotonic() + timeout_seconds
        while not self._ended.is_set() and not self.has_finished:
            if self.is_saving:
                deadline = max(deadline, time.monotonic() + _SAVED_SECONDS)
            if time.monotonic() >= deadline:
                return False
            self._ended.wait(_LOOK_SECONDS)
        return True

    def _has_ended(self) -> None:
        """The process is gone."""
        self._ended.set()
        for timer in self._timers:
            timer.cancel()

    def _later(self, seconds: float, act: Callable[[], object]) -> None:
        """Do something in some time, unless the process has ended by then."""
        timer = threading.Timer(seconds, act)
        timer.daemon = True
        timer.start()
        self._timers.append(timer)

    def _give_time(self) -> None:
        """Count the time that it has from now on."""
        self._grace_since = time.monotonic()

    def _force_after(self, seconds: float, number: signal.Signals) -> None:
        """Send a signal once it has had so much time, unless its run has ended by then."""

        def force() -> None:
            left = self._grace_since + seconds - time.monotonic()
            if left > 0 or self.is_saving:
                self._later(max(left, _SAVED_SECONDS if self.is_saving else 0.0), force)
            elif not self.has_finished:
                self._signal(number)

        self._later(seconds, force)

    def _force_out(self) -> None:
        if self.is_saving:
            self._later(_SAVED_SECONDS, self._force_out)
        else:
            self._signal(signal.SIGKILL, alone=True)

    def _signal(self, number: signal.Signals, *, alone: bool = False) -> None:
        process = self._process
        if process is not None and not self._ended.is_set():
            (process.signal if alone else process.signal_group)(number)
