"""What a connection needs to know of the process at its other end, and of where that is met."""

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from eqxviz.records import Record


class Way(Protocol):
    """Where a process is met."""

    @property
    def folder(self) -> Path:
        """Where its run is kept, or the copy of it."""
        ...

    @property
    def output(self) -> Path:
        """The file that its streams go to; it need not be there."""
        ...

    def connect(self) -> socket.socket:
        """Return a connection, or raise `OSError`."""
        ...

    def token(self) -> str:
        """Return what it asks of whoever connects, or raise `OSError`."""
        ...


class Peer(Protocol):
    """The process itself. Called on the worker's thread."""

    @property
    def pid(self) -> int:
        """Its id, -1 where it has none here."""
        ...

    @property
    def comes_back(self) -> bool:
        """Whether a connection that is lost may be there again later."""
        ...

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended, as far as it is known."""
        ...

    @property
    def ping_seconds(self) -> float | None:
        """How often it is asked whether it is there, None where its end is seen otherwise."""
        ...

    def first_request(self) -> "Record | None":
        """Return what is asked at the beginning of each connection."""
        ...

    def why_not(self, greeting: "Record") -> str:
        """Return why whoever greets so is not the one that is meant, "" if it is."""
        ...

    def wait(self, timeout_seconds: float) -> int | None:
        """Return its exit code, waiting for its end; None if that is not known."""
        ...

    def signal(self, signal_number: int) -> None:
        """Send a signal to it alone, if it is ours to end."""
        ...

    def signal_group(self, signal_number: int) -> None:
        """Send a signal to it and to all that it started, if it is ours to end."""
        ...

    def await_data(self, sock: socket.socket) -> bool:
        """Wait until `sock` can be read, or the process ended with nothing left to read: False."""
        ...

    def close(self) -> None:
        """Give back what watching it took."""
        ...
