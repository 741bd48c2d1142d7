"""What the main thread computes outside of jit, operation by operation, as JAX carries it out.

While it is watched the thread's current trace is one of ours in place of JAX's own: it is handed
each primitive with its arguments, jitted functions among them, and does with them what the other
one does. JAX takes no short cuts then: a call of a jitted function costs some 25 us more.
"""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from eqxviz.analysis import compat
from eqxviz.analysis.user_code import UserCode
from eqxviz.doctor.seen import Line, Operation


class EagerWatch:
    """Tells of each operation of this thread, between `start` and `stop`."""

    def __init__(self, user_code: UserCode, tell: Callable[[Operation], None]) -> None:
        self._user_code = user_code
        self._tell = tell
        self._leave: Callable[[], None] | None = None

    def start(self) -> None:
        """Watch from now on."""
        self._leave = compat.watch_operations(self._see)

    def stop(self) -> None:
        """Watch no more. To be called in the thread that started it."""
        if self._leave is not None:
            self._leave()
            self._leave = None

    def _see(self, primitive: Any, inputs: Any, params: dict[str, Any], outputs: Any) -> None:
        frame: FrameType | None = self._user_code.frame_from(sys._getframe(1))
        if frame is None:
            return
        made = tuple(outputs) if primitive.multiple_results else (outputs,)
        at = Line(frame.f_code.co_filename, frame.f_lineno)
        self._tell(Operation(primitive, params, at, tuple(inputs), made))
