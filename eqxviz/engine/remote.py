"""A process that listens on a port, on another machine or this one: where it is, who it is."""

import select
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from eqxviz.engine.peer import Peer, Way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eqxviz.records import Problem, Record, Watch, Welcome

NO_OUTPUT = "[What this process prints stays where it was started; it is not taken from there.]\n"
_CONNECT_SECONDS = 10.0
PING_SECONDS = 10.0
_SILENT_SECONDS = 3 * PING_SECONDS
_GREET_SECONDS = 15.0  # a refusal is told late, on purpose
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Address:
    """A port, and what whoever listens there asks of those who connect."""

    host: str
    port: int
    token: str

    @staticmethod
    def of(text: str, token: str) -> "Address":
        """Return the address that `text` names: "localhost:7007", ":7007", "7007".

        Raises:
            ValueError: If it names none.
        """
        host, _, port = text.strip().rpartition(":")
        host = host.strip("[]") or "localhost"
        if not port.isdecimal() or not 0 < int(port) < 1 << 16:
            raise ValueError(
                f"{text!r} is no address: write HOST:PORT, as in localhost:7007, with a port from "
                "1 to 65535"
            )
        return Address(host, int(port), token.strip())

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether it is a port of this machine, be it one that a tunnel begins at."""
        return self.host in _LOCAL

    def connect(self) -> socket.socket:
        """Return a connection.

        Raises:
            OSError: If nobody listens, or nobody answers.
        """
        sock = socket.create_connection((self.host, self.port), _CONNECT_SECONDS)
        sock.settimeout(None)
        set_up(sock)
        return sock


class Copy(Protocol):
    """What is kept here of a run that goes on elsewhere. Called on the worker's thread."""

    folder: Path

    def kept(self) -> "Iterator[Record]":
        """Yield what earlier connections have left."""
        ...

    def watch(self) -> "Watch":
        """Return the request for all that is missing."""
        ...

    def keep(self, record: "Record") -> "Iterable[Record]":
        """Keep `record`, and return what of it is news, and what there is to say of keeping it."""
        ...

    def close(self) -> None:
        """Keep no more."""
        ...


@dataclass(frozen=True)
class RemotePlace:
    """Where a process behind a port is met, and the folder of the copy of its run."""

    folder: Path
    address: Address

    @property
    def output(self) -> Path:
        """No file: what it prints stays where it runs."""
        return self.folder / "output.txt"

    def connect(self) -> socket.socket:
        """Return a connection. Raises as `Address.connect`."""
        return self.address.connect()

    def token(self) -> str:
        """Return what it asks of whoever connects."""
        return self.address.token


class Elsewhere:
    """A process of which there is nothing but a connection: it is never harmed.

    The connection comes back when a tunnel does.
    """

    pid = -1
    comes_back = True
    ping_seconds = PING_SECONDS
    is_alive = True  # as far as anyone here can tell

    def __init__(self, run: str, copy: Copy) -> None:
        self._run = run
        self._copy = copy

    def first_request(self) -> "Record | None":
        """Return what is asked at the beginning of each connection."""
        return self._copy.watch()

    def why_not(self, greeting: "Record") -> str:
        """Return why whoever greets so is not the one that is meant, "" if it is."""
        from eqxviz.records import Problem, Welcome

        if isinstance(greeting, Problem):
            return greeting.title
        if isinstance(greeting, Welcome) and greeting.run == self._run:
            return ""
        return "another process listens at that port by now"

    def wait(self, timeout_seconds: float) -> int | None:
        """Return None: its exit code is not known here."""
        return None

    def signal(self, signal_number: int) -> None:
        """Do nothing."""

    def signal_group(self, signal_number: int) -> None:
        """Do nothing."""

    def await_data(self, sock: socket.socket) -> bool:
        """Wait until `sock` can be read.

        Raises:
            TimeoutError: If nothing has come for so long that the connection must be dead.
        """
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        if not poll.poll(_SILENT_SECONDS * 1000):
            raise TimeoutError(f"nothing was heard for {_SILENT_SECONDS:.0f} s")
        return True

    def close(self) -> None:
        """Close the copy."""
        self._copy.close()


@dataclass(frozen=True)
class Followed:
    """A process that belongs to the user: it is watched, and never ended."""

    way: Way
    begin: Callable[[], Peer]
    title: str
    news_of: "Callable[[Record], Iterable[Record]] | None" = None
    on_link: Callable[[bool], None] | None = None

    def end_problem(self, why: str, has_finished: bool) -> "Problem":
        """Return the Problem of its end; `why` is what went wrong with the connection.

        Where it `has_finished`, that is no news; it answers what is asked later on.
        """
        from eqxviz.records import Problem, Severity

        if has_finished:
            return Problem(
                "process-ended",
                Severity.NOTE,
                f"The process of {self.title} has ended",
                "Its objects went with it; what it told is kept.",
                "Pause it before its last call to look into its arguments.",
            )
        if why:
            return Problem(
                "worker-unreachable",
                Severity.ERROR,
                f"{self.title} can no longer be watched",
                f"{why[:1].upper()}{why[1:]}.",
                "Attach to it again. The process itself is not affected.",
            )
        return Problem(
            "process-ended",
            Severity.WARNING,
            f"{self.title} has ended without saying how",
            "Its process was killed, crashed, or left by os._exit; all that was seen is kept.",
            "Look at what it printed where it was started.",
        )


def set_up(sock: socket.socket) -> None:
    """Send at once what is sent by `sock`, and notice within half a minute that nobody is there."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def greet(address: Address) -> "Welcome | Problem":
    """Return who listens at `address`, or why that cannot be known; blocks for seconds."""
    from eqxviz.records import CodecError, Hello, Problem, Welcome
    from eqxviz.records.wire import receive, send

    try:
        with address.connect() as sock:
            sock.settimeout(_GREET_SECONDS)
            send(sock, Hello(address.token), 0)
            message = receive(sock)
    except CodecError as error:
        return _another_version(address, str(error))
    except OSError as error:
        return _unreachable(address, error)
    answer = message.record if message is not None else None
    if isinstance(answer, Welcome):
        return answer
    if isinstance(answer, Problem):
        is_wrong = answer.code == "refused"
        return _wrong_token(address) if is_wrong else _another_version(address, answer.why)
    return _unreachable(address, ConnectionError("the connection was closed without an answer"))


def ask_who(
    post: Callable[[Callable[[], None]], None],
    address: Address,
    answered: "Callable[[Welcome | Problem], None]",
) -> None:
    """Call `answered` with what `greet` returns, through `post`."""

    def ask() -> None:
        found = greet(address)
        post(lambda: answered(found))

    threading.Thread(target=ask, name="eqxviz-greet", daemon=True).start()


def _unreachable(address: Address, error: OSError) -> "Problem":
    from eqxviz.records import Problem, Severity

    through = (
        f"Where it runs on another machine, keep `ssh -L {address.port}:localhost:PORT HOST` open, "
        "with the PORT that capture() printed there."
        if address.is_local
        else "A process listens on its own machine's loopback only: open a tunnel with `ssh -L "
        f"{address.port}:localhost:{address.port} {address.host}`, and attach to "
        f"localhost:{address.port}."
    )
    said = error.strerror or str(error)
    return Problem(
        "nobody-there",
        Severity.ERROR,
        f"Nobody answers at {address}",
        f"{said[:1].upper()}{said[1:]}.",
        f"Check that the process runs and called eqxviz.capture(port=...). {through}",
    )


def _wrong_token(address: Address) -> "Problem":
    from eqxviz.records import Problem, Severity

    return Problem(
        "wrong-token",
        Severity.ERROR,
        f"{address} refused the token" if address.token else f"{address} asks for a token",
        "Each process has a token of its own, made anew when it starts.",
        "Copy it from the file that capture() named on that machine: cat FILE.",
    )


def _another_version(address: Address, why: str) -> "Problem":
    from eqxviz.records import Problem, Severity

    return Problem(
        "another-version",
        Severity.ERROR,
        f"What listens at {address} does not speak this version of eqxviz",
        f"{why[:1].upper()}{why[1:]}.",
        "Use the same version of eqxviz on both machines, and check the port.",
    )


def connection_lost() -> "Problem":
    """Return the Problem of a request whose answer a lost connection has taken along."""
    from eqxviz.records import Problem, Severity

    return Problem(
        "connection-lost",
        Severity.NOTE,
        "There is no connection just now",
        "It was lost before the answer came; it is tried again every second.",
        "Look at the tunnel, and ask again when the run goes on.",
    )


def link_lost() -> "Problem":
    """Return the Problem of a run whose connection is lost and tried again."""
    from eqxviz.records import Problem, Severity

    return Problem(
        "link-lost",
        Severity.WARNING,
        "The connection to the run is lost",
        "Either the way there is broken: then the run goes on, the connection is tried again every "
        "second, and nothing of what it tells meanwhile will be missing. Or its process was killed "
        "or its machine is down: then no more will come. From here both look alike.",
        "Look here whether `ssh -L` still runs, and there whether the process does (`ps`). If it "
        "is gone, detach: all that it told is kept.",
    )
