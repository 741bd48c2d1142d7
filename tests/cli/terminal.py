"""A terminal of a test's own."""

import contextlib
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

# Not in the process of the tests, which has threads and must not fork.
_TAKE_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """A terminal in which a command runs in the foreground, as a shell starts it."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.text = ""
        self._end, other = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _TAKE_TERMINAL, *command],
            **dict.fromkeys(("stdin", "stdout", "stderr"), other), cwd=folder, env=environment,
        )  # fmt: skip
        os.close(other)

    def wait_for(self, words: str, seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while words not in self.text:
            assert time.monotonic() < deadline, f"{words!r} did not come: {self.text}"
            self._read(0.2)

    def type(self, text: str) -> None:
        os.write(self._end, text.encode())

    def end(self, seconds: float = 30.0) -> int:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._read(0.1)
            if (code := self.process.poll()) is not None:
                self._read(0.1)
                self.close()
                return code
        raise AssertionError(f"it did not end: {self.text}")

    def close(self) -> None:
        if self._end >= 0:
            os.close(self._end)
            self._end = -1

    def _read(self, seconds: float) -> None:
        with contextlib.suppress(OSError):
            while select.select([self._end], [], [], seconds)[0]:
                piece = os.read(self._end, 1 << 16)
                if not piece:
                    return
                self.text += piece.decode()
                seconds = 0
