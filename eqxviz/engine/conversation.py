"""Frames to and from a process, over one connection after the other."""

import contextlib
import itertools
import queue
import socket
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from eqxviz.engine.peer import Peer, Way

if TYPE_CHECKING:
    from eqxviz.records import Record

    _Requests = queue.SimpleQueue[tuple[Record, int] | None]

_CONNECT_SECONDS = 60.0  # a cold disk on a busy machine; a process that ended is seen at once
_RETRY_SECONDS = 0.02
_LEAVE_SECONDS = 0.5  # so long one that is slow to listen is told that it is left
BACK_SECONDS = 1.0  # between two attempts to have a lost connection back


class Conversation:
    """What is said to the process that is met at `place`, and what it says.

    `take` is called with the id and the record of each frame, on the thread of `hold`; all else is
    for any thread. Requests wait until there is a connection.
    """

    def __init__(self, place: Way, take: "Callable[[int, Record], None]") -> None:
        self.is_left = False
        self._place, self._take = place, take
        self._socket: socket.socket | None = None
        self._ids = itertools.count(1)
        self._outgoing: _Requests = queue.SimpleQueue()
        self._has_said_all = threading.Event()

    def send(self, request: "Record") -> int:
        """Send a request, and return its id."""
        id = next(self._ids)
        self._outgoing.put((request, id))
        return id

    def hold(self, process: Peer) -> str:
        """Connect, and exchange frames until one side is gone; return what went wrong, or ""."""
        connected = self._connected(process)
        if connected is None:
            is_silent = process.is_alive and not process.comes_back and not self.is_left
            return f"it did not listen within {_CONNECT_SECONDS:.0f} s" if is_silent else ""
        self._socket = connected
        try:
            return "" if self.is_left else self._exchange(process, connected)
        finally:
            self._hang_up()
            connected.close()

    def begin_anew(self) -> None:
        """Forget what was not sent yet: the connection is lost, and may come back."""
        self._outgoing.put(None)
        self._outgoing = queue.SimpleQueue()

    def end(self) -> None:
        """Send nothing more."""
        self._outgoing.put(None)

    def leave(self) -> None:
        """Say so, hang up for good, and wake the thread of `hold`, which closes the socket."""
        from eqxviz.records import Leave

        self.is_left = True
        if self._socket is not None:
            self.send(Leave())
            self.end()
            self._has_said_all.wait(_LEAVE_SECONDS)
        self._hang_up()

    def _connected(self, process: Peer) -> socket.socket | None:
        """Return a connection; None if the process ended, or never listened, before it."""
        deadline = time.monotonic() + _CONNECT_SECONDS
        while time.monotonic() < deadline and not self.is_left:
            with contextlib.suppress(OSError):
                return self._place.connect()
            if not process.is_alive:
                return None
            time.sleep(BACK_SECONDS if process.comes_back else _RETRY_SECONDS)
        return None

    def _exchange(self, process: Peer, sock: socket.socket) -> str:
        # Needs numpy, which takes as long to import as the window to appear: not before now.
        from eqxviz.records import CodecError, Hello
        from eqxviz.records.wire import receive, send

        try:
            send(sock, Hello(self._place.token()), 0)
            if (first := process.first_request()) is not None:
                send(sock, first, next(self._ids))
            threading.Thread(
                target=self._write,
                args=(sock, self._outgoing, process.ping_seconds),
                name="eqxviz-worker-requests",
                daemon=True,
            ).start()
            while process.await_data(sock):
                message = receive(sock)
                if message is None:
                    break
                if message.request == 0 and (why := process.why_not(message.record)):
                    return why
                self._take(message.request, message.record)
        except CodecError as error:
            return str(error)
        except OSError:
            pass  # the other side is gone; how its process ended says why
        return ""

    def _write(
        self, sock: socket.socket, outgoing: "_Requests", ping_seconds: float | None
    ) -> None:
        from eqxviz.records.wire import send

        with contextlib.suppress(OSError):  # the reader sees the same end, and reports it
            while (request := _next(outgoing, ping_seconds)) is not None:
                send(sock, request[0], request[1] or next(self._ids))
        if self.is_left:
            self._has_said_all.set()

    def _hang_up(self) -> None:
        sock = self._socket
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def _next(outgoing: "_Requests", ping_seconds: float | None) -> "tuple[Record, int] | None":
    """Return the next request with its id, waiting for one; a ping, with 0, if none comes."""
    from eqxviz.records import Ping

    try:
        return outgoing.get(timeout=ping_seconds)
    except queue.Empty:
        return Ping(), 0
