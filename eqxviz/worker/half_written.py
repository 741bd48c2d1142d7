"""Files that are being written, under a hidden name until they are whole."""

import contextlib
import fcntl
import os
import tempfile
from pathlib import Path

_SUFFIX = ".eqxviz.part"


def begin(file: Path) -> tuple[int, str]:
    """Return the descriptor and the name of what is to become `file`, open to be written.

    What was left there by others is removed before. It lies beside that: only within one file
    system does it take another's place at once. As long as it is open it is locked, so that nobody
    takes it for a left one.
    """
    remove_left(file.parent)
    while True:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=_SUFFIX, dir=file.parent)
        with contextlib.suppress(OSError):  # there are file systems without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:
            return handle, name
        os.close(handle)  # it was taken for a left one before it was locked


def remove_left(folder: Path) -> None:
    """Remove what processes left half written in `folder` that were killed."""
    for path in folder.glob(f".*{_SUFFIX}"):
        with contextlib.suppress(OSError):  # it is being written, or not ours to remove
            handle = os.open(path, os.O_RDWR)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            finally:
                os.close(handle)
