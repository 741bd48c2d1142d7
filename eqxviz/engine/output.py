"""What a worker prints: a file that grows, read as it does."""

import codecs
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

MAX_BACKLOG = 1 << 20  # bytes; what lies further back is left out
_PIECE = 1 << 16
_BUSY_SECONDS = 0.05  # a piece this often is 1.3 MB/s, which a text view can follow
_IDLE_SECONDS = 0.3


def older_part(path: Path) -> Path:
    """Return where the worker keeps what was in its output file before it began it anew."""
    return path.with_name(f"{path.stem}.1{path.suffix}")


class Tail:
    """Reads a growing file on a thread, and hands on what is new as text.

    Where the worker begins the file anew, what is left of it is read from the older part.
    """

    def __init__(self, path: Path, arrived: Callable[[str], None]) -> None:
        self._path, self._arrived = path, arrived
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._at = 0
        self._parts = _identity(older_part(path))
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
                    found = self._read(stream)
                    self._ended.wait(_BUSY_SECONDS if found else _IDLE_SECONDS)
                while self._read(stream):
                    pass
        except OSError as error:
            self._arrived(f"\n[eqxviz: the output can no longer be read: {error}]\n")

    def _read(self, stream: BinaryIO) -> bool:
        """Hand on the next piece; False if there is none."""
        parts = _identity(older_part(self._path))
        if parts != self._parts:
            with open(older_part(self._path), "rb", buffering=0) as older:
                if self._read_piece(older):
                    return True
            self._parts, self._at = parts, 0
        return self._read_piece(stream)

    def _read_piece(self, stream: BinaryIO) -> bool:
        fd = stream.fileno()
        n_left_out = os.fstat(fd).st_size - self._at - MAX_BACKLOG
        if n_left_out > 0:
            self._at += n_left_out
            self._decoder.reset()
            self._arrived(
                f"\n[eqxviz: {n_left_out:,} bytes left out; the newest are in {self._path}]\n"
            )
        piece = os.pread(fd, _PIECE, self._at)
        self._at += len(piece)
        text = self._decoder.decode(piece)
        if text:
            self._arrived(text)
        return bool(piece)


def pieces(read: int) -> Iterator[bytes]:
    """Yield what comes by the descriptor `read`, until its other end is closed."""
    while True:
        try:
            piece = os.read(read, _PIECE)
        except OSError:  # how the end of a terminal is told
            return
        if not piece:
            return
        yield piece


def write_all(target: int, data: bytes) -> OSError | None:
    """Write all of `data`; return what kept it from that: a closed pipe, or a full disk."""
    while data:
        try:
            data = data[os.write(target, data) :]
        except OSError as error:
            return error
    return None


def last_lines(path: Path, n_lines: int) -> list[str]:
    """Return the last lines of an output file; none if it is not there."""
    return end_of(path, _PIECE).decode("utf-8", "replace").splitlines()[-n_lines:]


def end_of(path: Path, n_bytes: int) -> bytes:
    """Return the last `n_bytes` of an output file, its older part included; none if it is gone."""
    found = b""
    for part in (path, older_part(path)):
        try:
            with open(part, "rb") as stream:
                stream.seek(max(os.path.getsize(part) - (n_bytes - len(found)), 0))
                found = stream.read() + found
        except OSError:
            continue
        if len(found) >= n_bytes:
            break
    return found


def _identity(path: Path) -> tuple[int, int]:
    """Return what changes when `path` is replaced by another file; zeros if there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return 0, 0
    return found.st_ino, found.st_mtime_ns
