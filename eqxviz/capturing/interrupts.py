"""Interrupts that come at a bad moment, in which Python would lose them or crash by them."""

# `signal` makes enumerations of what these return: ten times as long.
import _signal  # pyright: ignore[reportMissingImports]
import _thread
import signal
import sys
import threading
import time
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_AGAIN_SECONDS = 0.01


class interrupts_held:  # noqa: N801 - used as a statement, and without a frame of contextlib's
    """Puts off what Ctrl+C does, whoever handles it, to the end of the block.

    Native modules that are interrupted as they are imported end the process or hide it, and what is
    half written of a call that was seen stays so.
    """

    __slots__ = ("_before", "_came")

    def __init__(self) -> None:
        self._before: Any = None
        self._came: list[FrameType | None] = []  # where each was

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            before = _signal.getsignal(signal.SIGINT)
            if callable(before):
                self._before = before
                _signal.signal(signal.SIGINT, self._keep)

    def __exit__(self, *_: object) -> None:
        before = self._before
        if before is None:
            return
        if _signal.getsignal(signal.SIGINT) == self._keep:  # the block may have set its own
            _signal.signal(signal.SIGINT, before)
        if self._came:
            before(signal.SIGINT, self._came[0])

    def _keep(self, number: int, frame: FrameType | None) -> None:
        self._came.append(frame)


def raise_lost_interrupts() -> None:
    """From now on raise those again that meet a function whose exceptions Python ignores.

    Such are destructors and what is called at a garbage collection; JAX has one of the latter.
    """
    before = sys.unraisablehook

    def hook(unraisable: "UnraisableHookArgs", /) -> None:
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            # No `threading` here: the collection may have met it in the middle of its own locks.
            _thread.start_new_thread(_interrupt_again, ())
        else:
            before(unraisable)

    sys.unraisablehook = hook


def _interrupt_again() -> None:
    # Raised at once, it would be ignored with the rest of that function.
    time.sleep(_AGAIN_SECONDS)
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGINT)
