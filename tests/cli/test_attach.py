"""`eqxviz attach` in a terminal: what is listed, which one is meant, a port and its token."""

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.jobs import Job

JOB = """
    import sys, time
    import jax
    import eqxviz

    eqxviz.capture(sys.argv[2], port=0)
    step = jax.jit(lambda x: x * 2)
    for i in range(int(sys.argv[1])):
        loss = step(float(i))
        time.sleep(0.005)
    print("trained")
    sys.exit(3)
"""
Start = Callable[[int, str], Job]


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start a job that makes so many calls, in the library that `run` uses as well."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "library"))
    monkeypatch.delenv("EQXVIZ_TOKEN", raising=False)
    ends = contextlib.ExitStack()

    def start(n_calls: int, name: str) -> Job:
        place = tmp_path / name
        made = Job(place, JOB, str(n_calls), name, XDG_STATE_HOME=str(tmp_path / "library"))
        ends.callback(made.close)
        deadline = time.monotonic() + 60
        while name not in "".join(
            file.read_text() for file in tmp_path.glob("library/eqxviz/runs/*/run.json")
        ):
            assert time.monotonic() < deadline, "the job keeps no run"
            time.sleep(0.02)
        return made

    with ends:
        yield start


def test_nothing_to_attach_to_is_told_with_what_makes_a_process_one(run, job: Start):
    ended = run("attach")
    assert ended.returncode == 1
    assert "eqxviz.capture()" in ended.stderr
    assert run("attach", "--list").returncode == 0


def test_several_are_listed_and_one_is_named(run, job: Start):
    first, second = job(3000, "digits"), job(3000, "letters")
    listed = run("attach", "--list")
    assert listed.returncode == 0
    rows = [row.split() for row in listed.stdout.splitlines()]
    assert {(row[0], row[1], row[2]) for row in rows} == {
        (str(first.process.pid), "digits", "captured"),
        (str(second.process.pid), "letters", "captured"),
    }
    unclear = run("attach", "--headless")
    assert unclear.returncode == 1
    assert unclear.stderr.startswith("eqxviz: say which of them, by its number:\n")
    unknown = run("attach", "words", "--headless")
    assert unknown.returncode == 1
    assert unknown.stderr.startswith("eqxviz: no live process is called words; there are:\n")


def test_the_only_one_is_followed_to_its_end_in_the_terminal(run, job: Start):
    started = job(600, "digits")
    ended = run("attach", "--headless")
    assert ended.returncode == 0
    assert re.search(r"eqxviz: digits – finished, step 600 .*; it is kept in ", ended.stderr)
    assert started.end()[:2] == (3, "trained\n")


@pytest.mark.full
def test_ctrl_c_detaches_and_the_process_goes_on(job: Start, repository: Path):
    started = job(1500, "digits")
    near, far = pty.openpty()
    following = subprocess.Popen(
        [sys.executable, "-m", "eqxviz", "attach", str(started.process.pid), "--headless"],
        env={**os.environ, "PYTHONPATH": str(repository)},
        stderr=far,
    )
    os.close(far)
    said = b""
    while b"step " not in said:
        said += os.read(near, 4096)
    following.send_signal(signal.SIGINT)
    with contextlib.suppress(OSError):
        while piece := os.read(near, 4096):
            said += piece
    os.close(near)
    assert following.wait(60) == 0
    assert b"eqxviz: detached; the process goes on" in said
    assert started.end()[:2] == (3, "trained\n")


@pytest.mark.full
def test_a_port_takes_its_token_from_an_option_a_file_or_the_environment(
    run, job: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    started = job(2500, "digits")
    port, token = started.port_and_token()
    without = run("attach", f"localhost:{port}", "--headless")
    assert without.returncode == 1
    assert "asks for a token" in without.stderr
    wrong = run("attach", f"localhost:{port}", "--token", "a guess", "--headless")
    assert wrong.returncode == 1
    assert f"localhost:{port} refused the token" in wrong.stderr
    nowhere = run("attach", "localhost:99999", "--token", token)
    assert nowhere.returncode == 1
    assert "is no address" in nowhere.stderr
    file = tmp_path / "token"
    file.write_text(f"{token}\n")
    missing = run("attach", f"localhost:{port}", "--token-file", tmp_path / "none", "--headless")
    assert missing.returncode == 1
    assert "No such file" in missing.stderr
    monkeypatch.setenv("EQXVIZ_TOKEN", token)
    ended = run("attach", f"localhost:{port}", "--headless")
    assert ended.returncode == 0
    assert "finished, step 2,500" in ended.stderr
    assert started.end()[0] == 3
