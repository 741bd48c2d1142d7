"""Interrupts that come at a bad moment, in which Python would lose them or crash by them."""

import _thread
import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_AGAIN_SECONDS = 0.01


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """Put off what Ctrl+C raises to the end of the block.

    Native modules that are interrupted as they are imported end the process or hide it.
    """
    plain = signal.default_int_handler
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not plain:
        yield
        return
    came: list[int] = []

    def keep(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    signal.signal(signal.SIGINT, keep)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is keep:  # the block may have set its own
            signal.signal(signal.SIGINT, plain)
        if came:
            raise KeyboardInterrupt


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
