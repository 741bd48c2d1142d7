"""What a worker prints: a file that grows, read as it does."""

import codecs
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

MAX_BACKLOG = 1 << 20  # bytes; what lies further back is left out
MAX_FILE = 64 << 20  # bytes; then the file begins anew, and one older part is kept
_PIECE = 1 << 16
_BUSY_SECONDS = 0.05  # a piece this often is 1.3 MB/s, which a text view can follow
_IDLE_SECONDS = 0.3


class Tail:
    """Reads a growing file on a thread, and hands on what is new as text."""

    def __init__(self, path: Path, arrived: Callable[[str], None]) -> None:
        self._path, self._arrived = path, arrived
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._at = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="eqxviz-output", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Read what is left, then no more. Returns at once."""
        self._ended.set()

    def _follow(self) -> None:
        try:
            with open(self._path, "rb", buffering=0) as stream:
                while not self._ended.is_set():
                    found = self._read(stream.fileno())
                    self._ended.wait(_BUSY_SECONDS if found else _IDLE_SECONDS)
                while self._read(stream.fileno()):
                    pass
        except OSError as error:
            self._arrived(f"\n[eqxviz: the output can no longer be read: {error}]\n")

    def _read(self, fd: int) -> bool:
        """Hand on the next piece; False if there is none."""
        size = os.fstat(fd).st_size
        if size < self._at:  # begun anew
            self._at = 0
        n_left_out = size - self._at - MAX_BACKLOG
        if n_left_out > 0:
            self._at += n_left_out
            self._decoder.reset()
            self._arrived(f"\n[eqxviz: {n_left_out:,} bytes left out; they are in {self._path}]\n")
        piece = os.pread(fd, _PIECE, self._at)
        self._at += len(piece)
        text = self._decoder.decode(piece)
        if text:
            self._arrived(text)
        if size > MAX_FILE and self._at >= size:
            self._begin_anew()
        return bool(piece)

    def _begin_anew(self) -> None:
        """Move what was written to a second file. The writer appends, so that it goes on at 0.

        What it writes between the copy and the cut is lost: the price of not having to be told.
        """
        shutil.copyfile(self._path, self._path.with_suffix(".1.txt"))
        os.truncate(self._path, 0)
        self._at = 0


def last_lines(path: Path, n_lines: int) -> list[str]:
    """Return the last lines of a file; none if it is not there."""
    try:
        with open(path, "rb") as stream:
            stream.seek(max(os.path.getsize(path) - _PIECE, 0))
            return stream.read().decode("utf-8", "replace").splitlines()[-n_lines:]
    except OSError:
        return []
