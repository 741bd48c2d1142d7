"""Real worker processes, and a small client that speaks to them."""

import itertools
import os
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eqxviz.records import Hello, Problem, Record, RunState, RunStatus, Watch, Welcome
from eqxviz.records.wire import receive, send

WAIT_SECONDS = 60.0


class Client:
    """One connection to a worker. Events that arrive while an answer is due are kept."""

    def __init__(self, path: Path, token: str) -> None:
        self.events: list[Record] = []
        self._ids = itertools.count(1)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(WAIT_SECONDS)
        wait_until(path.exists)
        self._socket.connect(str(path))
        self.welcome = self.ask(Hello(token))

    def tell(self, request: Record) -> int:
        """Send `request` and return its id, without waiting for the answer."""
        id = next(self._ids)
        send(self._socket, request, id)
        return id

    def ask(self, request: Record) -> Record:
        """Return the answer to `request`."""
        return self.answer(self.tell(request))

    def answer(self, id: int) -> Record:
        """Return the answer to request `id`."""
        while (message := receive(self._socket)) is not None:
            if message.request == id:
                return message.record
            self.events.append(message.record)
        raise AssertionError(f"the worker closed the connection; it said {self.events[-3:]}")

    def until(self, is_due: Callable[[Record], Any]) -> Record:
        """Return the first event, past or to come, for which `is_due` is true."""
        for event in self.events:
            if is_due(event):
                return event
        while (message := receive(self._socket)) is not None:
            self.events.append(message.record)
            if is_due(message.record):
                return message.record
        raise AssertionError(f"the worker closed the connection; it said {self.events[-3:]}")

    def until_state(self, *states: RunState) -> RunStatus:
        """Return the newest status if it is in one of `states`, else the first to come that is.

        After the answer to a command, that is one of the run that has obeyed.
        """
        newest = self.of(RunStatus)[-1:]
        self.events = [e for e in self.events if not isinstance(e, RunStatus) or e in newest]
        status = self.until(lambda e: isinstance(e, RunStatus) and e.state in states)
        assert isinstance(status, RunStatus)
        return status

    def until_end(self) -> RunStatus:
        """Return the status at the end of the run."""
        status = self.until(lambda e: isinstance(e, RunStatus) and e.state.is_end)
        assert isinstance(status, RunStatus)
        return status

    def of(self, kind: type) -> list[Any]:
        """Return the events of type `kind` so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def close(self) -> None:
        """Go away, as a window that dies does."""
        self._socket.close()


class Worker:
    """A worker process."""

    def __init__(self, place: Path, kind: str, *options: str, **environment: str) -> None:
        self.place = place
        self.socket, self.run_folder = place / "w.sock", place / "run"
        self.token = "the token"
        self._clients: list[Client] = []
        (place / "token").write_text(self.token)
        meet = ["--socket", str(self.socket), "--token-file", str(place / "token")]
        root = str(Path(__file__).resolve().parents[2])
        with open(place / "output.txt", "wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "eqxviz.worker", kind, *meet, *options],
                env={**os.environ, "PYTHONPATH": root, **environment},
                cwd=place,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def connect(self, token: str | None = None) -> Client:
        """Return a connection to it, closed with it."""
        self._clients.append(Client(self.socket, self.token if token is None else token))
        return self._clients[-1]

    @property
    def output(self) -> str:
        """What it has printed."""
        return (self.place / "output.txt").read_text()

    def end(self) -> None:
        """Be rid of it."""
        for client in self._clients:
            client.close()
        self.process.kill()
        self.process.wait()


class Run:
    """A script under capture, and a connection that watches it."""

    def __init__(
        self, place: Path, script: str, *argv: str, hold: bool = False, **environment: str
    ) -> None:
        (place / "script.py").write_text(textwrap.dedent(script))
        options = ["--folder", str(place / "run"), *(["--hold"] if hold else [])]
        self.worker = Worker(place, "run", *options, "--", "script.py", *argv, **environment)
        self.client = self.worker.connect()
        assert isinstance(self.client.welcome, Welcome)
        self.watch = self.client.tell(Watch(0))

    @property
    def output(self) -> str:
        """What the script has printed."""
        return self.worker.output

    def problems(self) -> list[Problem]:
        """Return the problems told so far."""
        return self.client.of(Problem)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Start a run of a script that is given as text."""
    runs: list[Run] = []

    def start(script: str, *argv: str, hold: bool = False, **environment: str) -> Run:
        place = tmp_path / str(len(runs))
        place.mkdir(exist_ok=True)
        runs.append(Run(place, script, *argv, hold=hold, **environment))
        return runs[-1]

    yield start
    for each in runs:
        each.worker.end()


@pytest.fixture(scope="module")
def opener(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A connection to a worker that opens files."""
    worker = Worker(tmp_path_factory.mktemp("opener"), "serve")
    yield worker.connect()
    worker.end()


def wait_until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_true():
        assert time.monotonic() < deadline, "waited for nothing"
        time.sleep(0.01)
