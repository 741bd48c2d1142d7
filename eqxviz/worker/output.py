"""The file that the streams of this process go to, kept from growing without end."""

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

from eqxviz.engine.output import older_part
from eqxviz.records import Problem, Severity

PART_BYTES = 16 << 20  # then the file begins anew, and one older part is kept
OLDER_BYTES = 48 << 20  # of the older part; the file may have grown a lot between two looks
_PIECE = 16 << 20
_IDLE_SECONDS = 0.25
_BUSY_SECONDS = 0.05
_BUSY_BYTES = 1 << 20  # in the time between two looks


class OutputFile:
    """Moves what the file `path` holds to an older part whenever it has become large.

    The file itself stays, and is made empty: whoever writes appends to it, the children of the
    script too, and need not be told. What they write in the microseconds between the end of the
    copy and the cut is lost. A file that is deleted is told to `tell`, once.
    """

    def __init__(self, path: Path, tell: Callable[[Problem], None]) -> None:
        self._path = path
        self._tell = tell
        self._over = threading.Event()

    def start(self) -> None:
        """Look at it from now on, if it is there."""
        if self._path.exists():
            threading.Thread(target=self._watch, name="eqxviz-output", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._over.set()

    def _watch(self) -> None:
        n_missed, before, seconds = 0, 0, _IDLE_SECONDS
        while not self._over.wait(seconds):
            try:
                found = os.stat(self._path)
            except (FileNotFoundError, NotADirectoryError):
                n_missed += 1
                if n_missed > 1:  # it may have been in the middle of becoming its older part
                    self._tell(_deleted(self._path))
                    return
                continue
            except OSError:
                return
            n_missed, size = 0, found.st_size
            if size >= PART_BYTES and _is_printed_to(found):
                with contextlib.suppress(OSError):  # the disk is full
                    self._begin_anew()
                    size = 0
            seconds = _BUSY_SECONDS if size > before + _BUSY_BYTES else _IDLE_SECONDS
            before = size

    def _begin_anew(self) -> None:
        older = older_part(self._path)
        fresh = older.with_suffix(".new")
        with open(self._path, "rb+", buffering=0) as source, open(fresh, "wb") as copy:
            at = max(os.fstat(source.fileno()).st_size - OLDER_BYTES, 0)
            # Who prints faster than this copies is not followed for ever.
            end = at + OLDER_BYTES + PART_BYTES
            while at < end and (n := os.sendfile(copy.fileno(), source.fileno(), at, _PIECE)):
                at += n
            os.replace(fresh, older)
            os.ftruncate(source.fileno(), 0)


def _is_printed_to(file: os.stat_result) -> bool:
    with contextlib.suppress(OSError):
        return os.path.samestat(os.fstat(1), file)
    return False


def _deleted(path: Path) -> Problem:
    return Problem(
        "output-deleted",
        Severity.WARNING,
        "What the script prints is no longer kept on disk",
        f"{path} was deleted while the script was running.",
        "It is still shown where the run was started. To keep all of it, copy it from there, or "
        "run the script again.",
    )
