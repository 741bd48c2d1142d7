"""A window attaches to what runs already, here or behind a port, and its end harms nothing."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from eqxviz.engine.places import RunInfo
from eqxviz.gui.widgets import LinkButton, ProblemCard
from tests.jobs import Job

from .conftest import Desk

JOB = """
    import sys, time
    import jax, jax.numpy as jnp
    import eqxviz

    eqxviz.capture("digits", folder=sys.argv[2], port=0)

    @jax.jit
    def step(weights, x):
        return weights - 0.01 * x, (weights * x).sum()

    weights = jnp.ones(4)
    for i in range(int(sys.argv[1])):
        weights, loss = step(weights, jnp.ones(4))
        time.sleep(0.005)
    print("trained")
    sys.exit(3)
"""


@pytest.fixture
def job(tmp_path: Path, runs: Path) -> Iterator[Callable[[int], Job]]:
    """Start a job that makes so many calls, in the library of the window or in another."""
    ends = contextlib.ExitStack()

    def start(n_calls: int, library: Path = runs) -> Job:
        made = Job(tmp_path / "job", JOB, str(n_calls), str(library))
        ends.callback(made.close)
        return made

    with ends:
        yield start


def listed(desk: Desk) -> LinkButton:
    """Return the entry of the job on the start page, once it is there."""
    page = desk.window.start_page

    def find() -> list[LinkButton]:
        page.refresh(tuple(desk.session.running()))
        return [b for b in page.findChildren(LinkButton) if b.whole_text.startswith("digits")]

    deadline = time.monotonic() + 60
    while not (found := find()):
        assert time.monotonic() < deadline, "the job is not listed"
        QTest.qWait(50)
    return found[0]


def has_points(desk: Desk, n: int) -> bool:
    run = desk.session.run
    return run is not None and sum(curve.n for curve in run.series.values()) >= n


def test_a_job_is_found_watched_held_and_left(desk: Desk, another_desk, job):
    started = job(2000)
    QTest.mouseClick(listed(desk), Qt.MouseButton.LeftButton)
    desk.until(lambda: has_points(desk, 20), "points")
    session, actions = desk.session, desk.window.actions_table.q
    assert "stays where it was started" in session.run.output
    assert not actions["run.stop"].isEnabled()
    desk.act("run.pause")
    desk.wait_for_state("paused")
    step = session.run.status.step
    desk.act("run.step")
    desk.until(lambda: session.run.status.step == step + 1, "the step")
    desk.wait_for_state("paused")
    # Closing asks nothing: there is nothing to decide.
    desk.window.close()
    desk.is_closed = True
    again = another_desk()
    again.session.attach(next(run for run in again.session.running() if run.title == "digits"))
    again.until(lambda: has_points(again, step + 50), "points after the pause")
    again.act("run.detach")
    assert again.session.run is None
    assert started.end()[:2] == (3, "trained\n")


def test_the_end_of_a_job_is_seen_and_nothing_offers_to_run_it_again(desk: Desk, job):
    started = job(400)
    QTest.mouseClick(listed(desk), Qt.MouseButton.LeftButton)
    desk.wait_for_state("finished")
    assert started.end()[0] == 3
    assert not desk.window.actions_table.q["run.continue"].isEnabled()
    assert desk.session.problems == []


@pytest.mark.full
def test_the_form_tells_of_a_wrong_token_and_attaches_with_the_right_one(desk: Desk, job, tmp_path):
    started = job(1500, tmp_path / "far")
    port, token = started.port_and_token()
    desk.act("run.attach")
    form = desk.window.attach_form
    assert form.isVisible()
    assert not form.go.isEnabled()
    QTest.keyClicks(form.address, f"localhost:{port}")
    QTest.keyClicks(form.token, "a guess")
    QTest.keyClick(form.token, Qt.Key.Key_Return)
    attaching = desk.session.attaching
    desk.until(lambda: attaching.state == "failed", "the refusal", attaching.changed)
    (card,) = form.findChildren(ProblemCard)
    assert card.problem.code == "wrong-token"
    form.token.selectAll()
    QTest.keyClicks(form.token, token)
    QTest.keyClick(form.token, Qt.Key.Key_Return)
    desk.until(lambda: has_points(desk, 20), "points", attaching.changed)
    assert not form.isVisible()
    assert form.token.text() == ""
    assert Path(desk.session.run.folder).parent == desk.session.engine.runs_folder
    desk.wait_for_state("finished")
    assert started.end()[0] == 3


def test_escape_leaves_the_form_and_drops_the_answer(desk: Desk, job, tmp_path):
    started = job(1500, tmp_path / "far")
    port, token = started.port_and_token()
    desk.act("run.attach")
    form = desk.window.attach_form
    QTest.keyClicks(form.address, f"localhost:{port}")
    QTest.keyClicks(form.token, token)
    QTest.mouseClick(form.go, Qt.MouseButton.LeftButton)
    QTest.keyClick(form, Qt.Key.Key_Escape)
    assert not form.isVisible()
    QTest.qWait(300)
    assert desk.session.run is None


@pytest.fixture
def window(repository: Path, runs: Path) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Start `eqxviz attach` as a process of its own, with a window that nobody sees."""
    made: list[subprocess.Popen[bytes]] = []

    def start(*words: str) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, "PYTHONPATH": str(repository), "QT_QPA_PLATFORM": "offscreen:"}
        made.append(
            subprocess.Popen(
                [sys.executable, "-m", "eqxviz", "attach", *words],
                env=environment | {"XDG_STATE_HOME": str(runs / "of-windows")},
                stderr=subprocess.PIPE,
            )
        )
        return made[-1]

    yield start
    for each in made:
        each.kill()
        each.communicate()


@pytest.mark.full
def test_a_window_is_killed_while_the_job_is_paused_and_the_job_goes_on(
    desk: Desk, another_desk, job, window, runs
):
    started = job(1500)
    listed(desk)
    info = next(run for run in desk.session.running() if run.title == "digits")
    killed = window(info.folder)
    desk.session.attach(info)
    desk.until(lambda: has_points(desk, 20), "points")
    desk.act("run.pause")
    desk.wait_for_state("paused")
    step = desk.session.run.status.step
    QTest.qWait(1500)  # the other window connects as well
    desk.close(leave_run=True)
    killed.send_signal(signal.SIGKILL)
    again = another_desk()
    again.session.attach(RunInfo.read(Path(info.folder)))
    again.until(lambda: has_points(again, step + 20), "points after the pause")
    assert started.end()[:2] == (3, "trained\n")
