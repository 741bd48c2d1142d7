"""Raising an exception in another thread, where it is to go no further than it should."""

import ctypes
import time

_LOOKS = 100


def raise_in(thread: int, kind: type[BaseException]) -> None:
    """Raise `kind` in a thread as soon as Python runs there."""
    # Never to be called back by a NULL: that leaves Python 3.11 looking for it for ever, which
    # slows it down, and keeps it from ever going on where lines are traced.
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(kind))


def meet_raised(kind: type[BaseException]) -> bool:
    """Let `kind` that was raised in this thread, and may not have arrived, arrive here.

    Return whether it did.
    """
    try:
        for _ in range(_LOOKS):
            time.sleep(0)
    except kind:
        return True
    return False
