"""What a thread of the script is held at, and the call that was kept for replay."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from eqxviz.records import HaltKind, Stop, StopKind


@dataclass(frozen=True, eq=False)
class Held:
    """Where a thread of the script is held: between two calls, before a line, at an exception."""

    function: int  # FunctionSeen.id; -1 where it is about no jitted function
    target: Callable[..., Any] | None  # what the user called
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    file: str  # the user's line that goes on, or that raised
    line: int
    kind: HaltKind = HaltKind.CALL
    call: int = -1  # the how-manieth of the function, from 1
    result: Any = None  # of the call, at HaltKind.RETURN
    # At HaltKind.EXCEPTION. Its traceback has the frames; else they are those of the thread.
    error: BaseException | None = None
    said: str = ""  # by that: "ValueError: ...", its first line
    callback: str = ""  # as `Halt.callback`
    stop: int = -1  # Stop.id that was met
    stop_kind: StopKind | None = None  # of that stop
    why: str = ""  # as `Halt.why`
    thread: str = ""  # its name; the gate fills it in

    def met(self, stop: Stop, why: str) -> "Held":
        """Return the same place, where `stop` was met."""
        return replace(self, stop=stop.id, stop_kind=stop.kind, why=why)


@dataclass(eq=False)
class KeptCall:
    """A call whose arguments are held, so that it can be replayed.

    NumPy arrays, and arrays that the call would have donated, are copies.
    """

    function: int  # FunctionSeen.id
    call: int  # the how-manieth of the function, from 1
    target: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    n_bytes: int  # of the arrays in its arguments
    n_copied_bytes: int
    result: Any = field(default=None)  # None until it returned, or where it raised
    why_not: str = ""  # why it cannot be replayed
