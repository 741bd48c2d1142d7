"""What the process keeps of memory that it no longer uses."""

import ctypes
import sys


def give_back_freed_memory() -> None:
    """Give freed memory back to the system, on Linux; elsewhere the system sees to that itself.

    The C library keeps what was freed between things that are still in use. Other threads go on
    meanwhile, but for those that allocate.
    """
    if not sys.platform.startswith("linux"):
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc alone
    if trim is not None:
        trim(0)
