"""What the host does between a wait for the device and the next work for it, line by line."""

import sys
import time
from collections.abc import Set
from types import CodeType, FrameType
from typing import Any, NamedTuple


class Spent(NamedTuple):
    """Time that a line took on the host."""

    code: CodeType
    line: int
    seconds: float
    cpu_seconds: float  # of this thread
    # Of a statement that has waited before, in the same turn: it may need what it waited for.
    is_of_wait: bool


class LineClock:
    """Takes the time of the lines of some functions, those that they call included.

    It traces as a debugger does, and steps back for one.
    """

    def __init__(self) -> None:
        self.is_running = False
        self._codes: Set[CodeType] = frozenset()
        self._frames: list[FrameType] = []
        self._waiting: set[FrameType] = set()  # in the statement that has waited
        self._at: tuple[CodeType, int, bool] | None = None
        self._since = (0.0, 0.0)
        self._spent: dict[tuple[CodeType, int, bool], tuple[float, float]] = {}

    def start(self, frames: list[FrameType], codes: Set[CodeType]) -> bool:
        """Take time from now on; False if somebody else traces.

        Args:
            frames: Those whose lines are told apart, innermost first; it has just waited.
            codes: The functions whose lines are told apart where they are called anew.
        """
        if sys.gettrace() is not None:
            return False
        self._frames, self._waiting, self._codes = frames, set(frames), codes
        self._spent = {}
        self._at = (frames[0].f_code, frames[0].f_lineno, True)
        for frame in frames:
            frame.f_trace = self._in_frame
        self.is_running = True
        self._since = time.perf_counter(), time.thread_time()
        sys.settrace(self._on_call)
        return True

    def stop(self) -> list[Spent]:
        """Take no more time; return what lines took."""
        if not self.is_running:
            return []
        sys.settrace(None)
        self._account()
        for frame in self._frames:
            frame.f_trace = None
        self.is_running, self._frames, self._waiting = False, [], set()
        return [
            Spent(code, line, seconds, cpu, is_of_wait)
            for (code, line, is_of_wait), (seconds, cpu) in self._spent.items()
        ]

    def _on_call(self, frame: FrameType, _event: str, _arg: Any) -> Any:
        if frame.f_code not in self._codes:
            return None
        self._account()
        self._at = frame.f_code, frame.f_lineno, False
        return self._in_frame

    def _in_frame(self, frame: FrameType, event: str, _arg: Any) -> Any:
        if not self.is_running:
            return None
        if event == "line":
            self._account()
            self._waiting.discard(frame)
            self._at = frame.f_code, frame.f_lineno, False
        elif event == "return":
            self._account()
            caller = self._traced_caller(frame)
            if caller is not None:
                self._at = caller.f_code, caller.f_lineno, caller in self._waiting
        return self._in_frame

    def _traced_caller(self, frame: FrameType) -> FrameType | None:
        caller = frame.f_back
        while caller is not None and caller.f_trace is None:
            caller = caller.f_back
        return caller

    def _account(self) -> None:
        now = time.perf_counter(), time.thread_time()
        if self._at is not None:
            seconds, cpu = self._spent.get(self._at, (0.0, 0.0))
            since = self._since
            self._spent[self._at] = seconds + now[0] - since[0], cpu + now[1] - since[1]
        self._since = now
