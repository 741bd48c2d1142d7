"""Attaching to a job behind a port: the form's answers, the copy of its run, a broken tunnel."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from eqxviz.engine import remote
from eqxviz.engine.engine import Engine
from eqxviz.engine.remote import Elsewhere
from eqxviz.records import REPLACED, Done, MetricBatch, Problem, RunState
from eqxviz.records.codec import VERSION, encode
from eqxviz.records.wire import receive
from eqxviz.session.runs.reading import read_run
from eqxviz.session.session import Session
from eqxviz.store import RunStore
from tests.jobs import Job
from tests.owner import Owner

JOB = """
    import sys, time
    import jax
    import eqxviz

    eqxviz.capture("far away", port=0)
    step = jax.jit(lambda x: x * 2)
    for i in range(int(sys.argv[1])):
        loss = step(float(i))
        time.sleep(0.005)
"""


class Tunnel:
    """Passes bytes on to a port, as `ssh -L` does, until it is broken."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._sockets: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.is_open = True
        self._is_choked = False
        threading.Thread(target=self._accept, daemon=True).start()

    def break_off(self) -> None:
        """Cut every connection; new ones are closed at once."""
        self.is_open = False
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def choke(self) -> None:
        """Pass nothing on any more, and say nothing of it."""
        self._is_choked = True

    def mend(self) -> None:
        """Pass on again."""
        self.is_open = True

    def close(self) -> None:
        """Be gone."""
        self.break_off()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for sock in self._sockets:
            sock.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            if not self.is_open:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._target))
            self._sockets += [near, far]
            for ends in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=ends, daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(1 << 16):
                if self._is_choked:
                    continue
                sink.sendall(piece)
        for sock in (source, sink):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def sessions(owner: Owner, tmp_path: Path) -> Iterator:
    """Make sessions that share one library."""
    made: list[Session] = []

    def make() -> Session:
        made.append(Session(owner.post, Engine(owner.post, tmp_path / "library")))
        return made[-1]

    yield make
    for session in made:
        session.close(leave_run=True)


@pytest.fixture
def far(tmp_path: Path) -> Iterator:
    """Start a job with a port; returns it, a tunnel to it and its token."""
    ends = contextlib.ExitStack()

    def start(n_calls: int) -> tuple[Job, Tunnel, str]:
        job = Job(tmp_path / "far", JOB, str(n_calls))
        ends.callback(job.close)
        port, token = job.port_and_token()
        tunnel = Tunnel(port)
        ends.callback(tunnel.close)
        return job, tunnel, token

    with ends:
        yield start


def attach(session: Session, owner: Owner, port: int, token: str) -> None:
    session.attaching.ask(f"localhost:{port}", token)
    owner.run_until(lambda: session.attaching.state != "asking")


def n_points(session: Session) -> int:
    return sum(curve.n for curve in session.run.series.values()) if session.run else 0


def check_copy(session: Session, job: Job, n_calls: int) -> None:
    """Compare the copy with what the job has kept: the same, without gaps or doubles."""
    folder = Path(session.run.folder)
    session.close(leave_run=True)
    with RunStore.open(folder) as copy, RunStore.open(job.folder) as original:
        for store in (copy, original):
            values = np.concatenate([batch.value for batch in store.metrics()])
            np.testing.assert_array_equal(values, 2.0 * np.arange(n_calls))
        ours, theirs = (
            [type(record).__name__ for _, record in store.records_after(0)]
            for store in (copy, original)
        )
        assert ours == theirs
        newest = {type(record): record for record in original.newest()}
        for record in copy.newest():
            assert type(record) in REPLACED
            assert record == newest[type(record)]


def test_a_far_run_is_followed_to_its_end_and_kept_here(owner, sessions, far):
    job, tunnel, token = far(300)
    session = sessions()
    attach(session, owner, tunnel.port, token)
    assert session.attaching.problem is None
    assert session.run.is_captured
    owner.run_until(lambda: not session.run.is_live)
    assert session.run.status.state is RunState.FINISHED
    assert n_points(session) == 300
    assert job.end()[0] == 0
    check_copy(session, job, 300)


def test_a_broken_tunnel_is_told_and_what_was_missed_comes_once_it_is_mended(owner, sessions, far):
    job, tunnel, token = far(900)
    session = sessions()
    attach(session, owner, tunnel.port, token)
    for n in (50, 300):
        owner.run_until(lambda n=n: n_points(session) > n)
        tunnel.break_off()
        owner.run_until(lambda: session.attaching.is_lost)
        assert [p.code for p in session.problems] == ["link-lost"]
        assert "its process was killed" in session.problems[0].why
        tunnel.mend()
        owner.run_until(lambda: not session.attaching.is_lost)
        assert session.problems == []
    owner.run_until(lambda: not session.run.is_live)
    assert session.run.status.state is RunState.FINISHED
    assert n_points(session) == 900
    assert job.end()[0] == 0
    check_copy(session, job, 900)


@pytest.mark.full
def test_another_window_goes_on_with_the_same_copy(owner, sessions, far):
    job, tunnel, token = far(900)
    first = sessions()
    attach(first, owner, tunnel.port, token)
    owner.run_until(lambda: n_points(first) > 50)
    folder = first.run.folder
    first.close(leave_run=True)
    left = read_run(Path(folder))
    assert (left.status.state, left.problems) == (RunState.ELSEWHERE, [])
    second = sessions()
    attach(second, owner, tunnel.port, token)
    assert second.run.folder == folder
    owner.run_until(lambda: not second.run.is_live)
    assert n_points(second) == 900
    assert job.end()[0] == 0
    check_copy(second, job, 900)


def test_a_tunnel_that_dies_in_silence_is_noticed_and_a_quiet_run_is_not_lost(
    owner, sessions, far, monkeypatch
):
    monkeypatch.setattr(Elsewhere, "ping_seconds", 0.1)
    monkeypatch.setattr(remote, "_SILENT_SECONDS", 1.0)
    _, tunnel, token = far(2000)
    session = sessions()
    attach(session, owner, tunnel.port, token)
    owner.run_until(lambda: n_points(session) > 10)
    session.pause()
    owner.run_until(lambda: session.run.status.state is RunState.PAUSED)
    lost: list[bool] = []
    session.attaching.changed.connect(lambda: lost.append(session.attaching.is_lost))
    deadline = time.monotonic() + 2.0
    owner.run_until(lambda: time.monotonic() > deadline)
    assert not lost
    tunnel.choke()
    owner.run_until(lambda: session.attaching.is_lost)


def test_a_question_that_a_broken_tunnel_took_along_is_answered(owner, sessions, far):
    _, tunnel, token = far(900)
    session = sessions()
    attach(session, owner, tunnel.port, token)
    owner.run_until(lambda: n_points(session) > 10)
    tunnel.break_off()
    answers: list = []
    session.ask_run(Problem("x", "note", "no", "request", "at all"), answers.append)
    owner.run_until(lambda: answers)
    assert isinstance(answers[0], Problem)


def test_a_wrong_token_and_a_port_without_anyone_are_told(owner, sessions, far):
    _, tunnel, _ = far(300)
    session = sessions()
    attach(session, owner, tunnel.port, "guess")
    assert (session.attaching.state, session.attaching.problem.code) == ("failed", "wrong-token")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    attach(session, owner, port, "guess")
    assert session.attaching.problem.code == "nobody-there"
    assert session.run is None
    session.attaching.ask("localhost", "guess")
    assert session.attaching.problem.code == "no-address"
    session.attaching.forget()
    assert (session.attaching.state, session.attaching.problem) == ("idle", None)


def test_something_else_behind_the_port_is_told(owner, sessions):
    def answer(listening: socket.socket) -> None:
        sock, _ = listening.accept()
        with sock:
            sock.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")

    session = sessions()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=answer, args=(listening,), daemon=True).start()
        attach(session, owner, listening.getsockname()[1], "guess")
    assert session.attaching.problem.code == "another-version"


def test_another_version_of_eqxviz_is_told_with_both_numbers(owner, sessions):
    def answer(listening: socket.socket) -> None:
        sock, _ = listening.accept()
        with sock:
            receive(sock)
            frame = b"".join(encode(Done(), 0)).replace(
                b"\xa1v" + bytes([VERSION]), b"\xa1v" + bytes([VERSION + 1])
            )
            sock.sendall(frame)

    session = sessions()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=answer, args=(listening,), daemon=True).start()
        attach(session, owner, listening.getsockname()[1], "guess")
    problem = session.attaching.problem
    assert problem.code == "another-version"
    assert f"version {VERSION + 1}" in problem.why
    assert f"version {VERSION}" in problem.why


def test_batches_that_overlap_are_kept_once(tmp_path):
    from eqxviz.session.attaching.mirror import Mirror

    def batch(first: int, n: int) -> MetricBatch:
        steps = np.arange(first, first + n)
        series = np.zeros(n, np.int32)
        return MetricBatch(first, (), series, steps, steps.astype(float), steps.astype(float))

    mirror = Mirror(tmp_path, "train.py", "python")
    assert list(mirror.kept()) == []
    news = [new for each in (batch(0, 4), batch(2, 4), batch(3, 2)) for new in mirror.keep(each)]
    assert [(new.first_sequence, len(new.series)) for new in news] == [(0, 4), (4, 2)]
    assert mirror.watch().first_sequence == 6
    mirror.close()
    again = Mirror(tmp_path, "train.py", "python")
    assert [new.step.tolist() for new in again.kept()] == [[0, 1, 2, 3], [4, 5]]
    assert again.watch().first_sequence == 6
    again.close()


def test_of_two_that_watch_the_same_run_the_first_one_keeps_it(tmp_path):
    from eqxviz.session.attaching.mirror import Mirror

    def batch(first: int) -> MetricBatch:
        steps = np.arange(first, first + 2)
        return MetricBatch(first, (), np.zeros(2, np.int32), steps, steps * 1.0, steps * 1.0)

    first, second = (Mirror(tmp_path, "train.py", "python") for _ in range(2))
    assert list(first.kept()) == []
    list(first.keep(batch(0)))
    known, note = second.kept()
    assert (known.step.tolist(), note.code) == ([0, 1], "kept-by-another")
    for each in (first, second):
        assert [new.step.tolist() for new in each.keep(batch(2))] == [[2, 3]]
    first.close()
    # Whoever comes after the first one goes on where that one was.
    third = Mirror(tmp_path, "train.py", "python")
    assert [new.step.tolist() for new in third.kept()] == [[0, 1], [2, 3]]
    assert [new.step.tolist() for new in third.keep(batch(4))] == [[4, 5]]
    third.close()
    second.close()
