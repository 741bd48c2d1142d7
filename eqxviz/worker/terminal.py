"""The script's standard input: a terminal that a window types into."""

import contextlib
import os
import sys
import termios


class Terminal:
    """A pseudo-terminal of which the script has one end, as file descriptor 0.

    It belongs to this process, not to the window: a window that dies takes no input away, and one
    that attaches can type.
    """

    def __init__(self) -> None:
        self._typing_end = -1

    @property
    def descriptor(self) -> int:
        """The end that is typed into, -1 before it is open and where there is no terminal."""
        return self._typing_end

    def open(self) -> None:
        """Make the terminal this process's standard input, where the machine makes terminals."""
        try:
            self._typing_end, script_end = os.openpty()
        except OSError:  # a bare container, for one: the input stays empty
            return
        settings = termios.tcgetattr(script_end)
        settings[3] &= ~termios.ECHO  # `type` shows what was typed; nobody reads an echo here
        termios.tcsetattr(script_end, termios.TCSANOW, settings)
        os.set_blocking(self._typing_end, False)
        os.dup2(script_end, 0)
        os.close(script_end)
        sys.stdin = sys.__stdin__ = open(0, closefd=False)  # noqa: SIM115 - for the process's life

    def type(self, text: str) -> bool:
        """Type `text`, and show it in the output; False while the script reads nothing from here.

        "\\x04" at the start of a line is the end of the input.
        """
        if self._typing_end < 0:
            return False
        try:
            os.write(self._typing_end, text.encode())
        except BlockingIOError:
            return False
        with contextlib.suppress(OSError):
            os.write(1, text.replace("\x04", "").encode())
        return True
