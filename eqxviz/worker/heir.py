"""What becomes of what a script writes when the process that passes it on is killed."""

import contextlib
import os
import select
import threading
from collections.abc import Sequence
from pathlib import Path

from eqxviz.engine.output import pieces, write_all

_STREAMS = (1, 2)


class Heir:
    """Has the script go on undisturbed: what it writes is kept in the file `output` from then on.

    `bequest` is that of `engine.process.Streams`. A byte that comes by its first descriptor is the
    number of one of the others: nobody reads on there, and the script is to hear of that.
    """

    def __init__(self, bequest: Sequence[int], output: Path) -> None:
        self._life, *ends = bequest
        self._ends = dict(enumerate(ends))
        self._output = output
        # The script may put others in the place of these.
        self._streams = [(stream, os.fstat(stream)) for stream in _STREAMS]
        for end in bequest:
            os.set_inheritable(end, False)
        os.register_at_fork(after_in_child=self._forget)

    def start(self) -> None:
        """Wait for that from now on."""
        threading.Thread(target=self._wait, name="eqxviz-heir", daemon=True).start()

    def descriptors(self) -> tuple[int, ...]:
        """Return the descriptors that it has open."""
        return self._life, *self._ends.values()

    def _wait(self) -> None:
        while said := os.read(self._life, 1):
            os.close(self._ends.pop(said[0]))
        file = os.open(self._output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for end in self._ends.values():
            _keep_what_is_there(end, file)
        for stream, before in self._streams:
            with contextlib.suppress(OSError):
                if os.path.samestat(os.fstat(stream), before):
                    os.dup2(file, stream)
        for end in self._ends.values():  # what the script has started writes there still
            arguments, name = (end, file), "eqxviz-heir"
            threading.Thread(target=_keep, args=arguments, name=name, daemon=True).start()

    def _forget(self) -> None:
        for end in self.descriptors():
            with contextlib.suppress(OSError):
                os.close(end)


def _keep_what_is_there(end: int, file: int) -> None:
    with contextlib.suppress(OSError):  # how the end of a terminal is told
        while select.select([end], [], [], 0)[0]:
            piece = os.read(end, select.PIPE_BUF)
            if not piece:
                return
            write_all(file, piece)


def _keep(end: int, file: int) -> None:
    for piece in pieces(end):
        write_all(file, piece)
