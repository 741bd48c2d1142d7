"""The terminal of a run without a window: what the script writes, and a line about the run."""

import contextlib
import errno
import fcntl
import os
import struct
import termios
import threading
import time
import tty
from pathlib import Path

from eqxviz.engine.output import older_part, pieces, write_all
from eqxviz.engine.places import Place
from eqxviz.engine.process import Streams

_PART_BYTES = 32 << 20
_ERASE = b"\r\x1b[K"
# On no terminal a line is written after so long, and then each time after as long again.
_FIRST_SECONDS, _LONGEST_SECONDS = 10.0, 60.0
_STDIN, _STDOUT, _STDERR = 0, 1, 2


class Screen:
    """Passes on what a script writes to where this process writes, unchanged, and keeps it.

    The script sees a terminal where there is one, else a pipe. It reads from this process's own
    standard input. Where the standard error is a terminal, a line about the run stands below what
    the script has written, unless that is in the middle of a line of its own. With `stdout_aside`
    all that the script writes goes to this process's standard error.
    """

    def __init__(self, *, stdout_aside: bool = False) -> None:
        self._stdout = _STDERR if stdout_aside else _STDOUT
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._ptys: list[tuple[int, int]] = []  # the end that is read, and whose terminal it is
        self._reads: list[int] = []
        # While it is open the script's process knows that what it writes is read here.
        self._sign_of_life = -1
        self._is_terminal = os.isatty(_STDERR)
        self._is_shown = False
        self._is_mid_line = False
        self._next_line = time.monotonic() + _FIRST_SECONDS
        self._pause = _FIRST_SECONDS

    @property
    def shares_keyboard(self) -> bool:
        """Whether what is typed here, Ctrl+C too, reaches the script by itself."""
        return os.isatty(_STDIN)

    def open(self, place: Place) -> Streams:
        """Return the streams of a script, what it writes to be kept in `place` as well."""
        keep = _Kept(place.output)
        out = self._stdout
        is_one = os.isatty(out) and os.isatty(_STDERR) and _is_same(out, _STDERR)
        stdout = self._channel(out, keep)
        stderr = os.dup(stdout) if is_one else self._channel(_STDERR, keep)
        life, self._sign_of_life = os.pipe()
        bequest = (life, *map(os.dup, self._reads))
        return Streams(_STDIN, stdout, stderr, self.shares_keyboard, bequest)

    def resize(self) -> None:
        """Tell the script's terminals how large the real ones are."""
        for end, real in self._ptys:
            with contextlib.suppress(OSError):
                size = fcntl.ioctl(real, termios.TIOCGWINSZ, struct.pack("HHHH", 0, 0, 0, 0))
                fcntl.ioctl(end, termios.TIOCSWINSZ, size)

    def say(self, text: str) -> None:
        """Write a line that stays."""
        with self._lock:
            self._erase()
            if self._is_mid_line and self._is_terminal:
                write_all(_STDERR, b"\n")
                self._is_mid_line = False
            write_all(_STDERR, f"{text}\n".encode(errors="replace"))

    def show(self, text: str) -> None:
        """Say how far the run is: at once on a terminal, elsewhere only now and then."""
        if not self._is_terminal:
            if time.monotonic() >= self._next_line:
                self._next_line = time.monotonic() + self._pause
                self._pause = min(self._pause * 2, _LONGEST_SECONDS)
                self.say(text)
            return
        with self._lock:
            if self._is_mid_line:
                return
            with contextlib.suppress(OSError):
                n_columns = os.get_terminal_size(_STDERR).columns
                text = text[: n_columns - 1] if n_columns else text  # 0: it does not know
            write_all(_STDERR, _ERASE + text.encode(errors="replace"))
            self._is_shown = True

    def close(self, timeout_seconds: float) -> None:
        """Pass on what is left; what a process that goes on still writes is not waited for."""
        deadline = time.monotonic() + timeout_seconds
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))
        with self._lock:
            self._erase()

    def _channel(self, target: int, keep: "_Kept") -> int:
        """Return an end to write to, of which all goes to `target` and `keep`."""
        if os.isatty(target):
            read, write = os.openpty()
            tty.setraw(write)  # the real terminal does what there is to do
            self._ptys.append((read, target))
            self.resize()
        else:
            read, write = os.pipe()
        self._reads.append(read)
        thread = threading.Thread(target=self._pass_on, args=(read, target, keep), daemon=True)
        self._threads.append(thread)
        thread.start()
        return write

    def _pass_on(self, read: int, target: int, keep: "_Kept") -> None:
        was_terminal = os.isatty(target)
        for piece in pieces(read):
            keep.write(piece)
            with self._lock:
                self._erase()
                self._is_mid_line = not piece.endswith(b"\n")
            error = write_all(target, piece)
            if error is not None and not was_terminal:
                # Nobody reads on; the script is told as it writes the next time.
                write_all(self._sign_of_life, bytes([self._reads.index(read)]))
                if error.errno != errno.EPIPE:  # of which it hears itself
                    self.say(f"eqxviz: what the script writes cannot be written: {error.strerror}")
                break
        os.close(read)

    def _erase(self) -> None:
        if self._is_shown:
            write_all(_STDERR, _ERASE)
            self._is_shown = False


class _Kept:
    """The file that holds what a run wrote. Large, it becomes its older part, and begins anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._n_bytes = 0
        self._file = self._open()

    def write(self, piece: bytes) -> None:
        """Append `piece`; where the disk is full it is not kept, and the run goes on."""
        with self._lock:
            if self._n_bytes + len(piece) > _PART_BYTES:
                with contextlib.suppress(OSError):
                    os.replace(self._path, older_part(self._path))
                    os.close(self._file)
                    self._file, self._n_bytes = self._open(), 0
            write_all(self._file, piece)
            self._n_bytes += len(piece)

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def _is_same(one: int, other: int) -> bool:
    return os.path.sameopenfile(one, other)
