"""The file descriptors of this process that are not the script's to close."""

import contextlib
import errno
import os
from collections.abc import Callable, Iterable
from pathlib import Path

_OPEN = Path("/proc/self/fd")


class Descriptors:
    """Keeps `os.close` and `os.closerange` from what eqxviz has open in the process of a script.

    Programs close what they do not know, to become daemons or before they start others. They find
    these closed already; else they would take the store and the connections away, and what is
    written there would go into files that they open later, under the same numbers.

    `numbers` gives those known by number; files in `folder` are eqxviz's as well, but for the three
    standard streams.
    """

    def __init__(self, numbers: Callable[[], Iterable[int]], folder: Path | None = None) -> None:
        self._numbers = numbers
        self._folder = f"{folder}{os.sep}" if folder is not None else ""
        self._close, self._closerange = os.close, os.closerange
        os.register_at_fork(after_in_child=self.release)

    def hold(self) -> None:
        """Begin."""
        os.close, os.closerange = self.close, self.closerange

    def release(self) -> None:
        """Let everything be closed again: in a child, or after the script."""
        os.close, os.closerange = self._close, self._closerange

    def close(self, fd: int) -> None:
        """Stand in for `os.close`."""
        if self._is_own(fd):
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        self._close(fd)

    def closerange(self, fd_low: int, fd_high: int, /) -> None:
        """Stand in for `os.closerange`."""
        try:
            found = [int(name) for name in os.listdir(_OPEN)]
        except OSError:
            found = list(range(fd_low, fd_high))
        for fd in found:
            if fd_low <= fd < fd_high and not self._is_own(fd):
                with contextlib.suppress(OSError):
                    self._close(fd)

    def _is_own(self, fd: int) -> bool:
        if fd in self._numbers():
            return True
        if fd <= 2 or not self._folder:
            return False
        try:
            return os.readlink(_OPEN / str(fd)).startswith(self._folder)
        except OSError:
            return False
