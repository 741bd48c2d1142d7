"""Interrupts that come at a bad moment, in which Python would lose them or crash by them."""

import _thread
import signal
import sys
import threading
import time
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_AGAIN_SECONDS = 0.01


class interrupts_held:  # noqa: N801 - used as a statement, and without a frame of contextlib's
    """Puts off what Ctrl+C raises to the end of the block.

    Native modules that are interrupted as they are imported end the process or hide it.
    """

    def __init__(self) -> None:
        self._n_came = 0
        self._is_held = False

    def __enter__(self) -> None:
        is_main = threading.current_thread() is threading.main_thread()
        self._is_held = is_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._is_held:
            signal.signal(signal.SIGINT, self._keep)

    def __exit__(self, *_: object) -> None:
        if not self._is_held:
            return
        if signal.getsignal(signal.SIGINT) == self._keep:  # the block may have set its own
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._n_came:
            raise KeyboardInterrupt

    def _keep(self, number: int, _frame: FrameType | None) -> None:
        self._n_came += 1


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
