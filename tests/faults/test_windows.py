"""A window that dies costs nothing; with its worker, at most the last moment."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eqxviz.engine.places import RunInfo
from eqxviz.records import RunState, RunStatus
from eqxviz.session.runs.reading import read_run
from eqxviz.store import RunStore, StoreError

from .conftest import SLACK_SECONDS, STOP_SECONDS, Watcher, training

# What a point waits at most before it is on disk; more on a machine whose cores are all busy.
LOST_SECONDS = 0.1
BUSY_SECONDS = 0.9
FOREVER = """
with open("steps", "w", buffering=1) as file:
    while True:
        loss, w = make_step(w)
        print(i := i + 1, time.perf_counter(), file=file)
        time.sleep(0.002)
"""


@pytest.fixture
def window(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    repository: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> "Iterator[subprocess.Popen[bytes]]":
    """A window of its own process that runs a script, with the options that are the fixture's
    parameter; it and the script end with the test.
    """
    (tmp_path / "train.py").write_text(training(FOREVER, first="import time\ni = 0", n_steps=0))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    window = subprocess.Popen(
        [sys.executable, "-m", "eqxviz", "run", *getattr(request, "param", ()), "train.py"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(repository),
            "QT_QPA_PLATFORM": "offscreen:",  # with the colon it is a display
            "DISPLAY": ":none",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield window
    window.kill()
    window.wait()
    for run in (tmp_path / "state").glob("**/run.json"):
        info = RunInfo.read(run.parent)
        if info is not None and info.is_live:
            os.killpg(info.pid, signal.SIGKILL)


def folder_of(tmp_path: Path, n_steps: int) -> Path:
    """Return the folder of the run once it has made `n_steps`."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if len(made(tmp_path)) >= n_steps:
            (file,) = (tmp_path / "state").glob("**/run.json")
            return file.parent
        time.sleep(0.05)
    raise AssertionError("the script did not begin")


def made(tmp_path: Path) -> list[float]:
    """Return when each step was made, by the script's own account."""
    file = tmp_path / "steps"
    lines = file.read_text().splitlines() if file.exists() else []
    return [float(words.split()[1]) for words in lines if len(words.split()) == 2]


def steps_kept(folder: Path) -> list[int]:
    """Return the steps whose loss is on disk."""
    with RunStore.open(folder) as store:
        return [int(step) for batch in store.metrics() for step in batch.step]


def test_a_window_that_is_killed_leaves_a_run_that_the_next_one_shows_whole(
    window: "subprocess.Popen[bytes]", tmp_path: Path
):
    folder = folder_of(tmp_path, 100)
    window.kill()
    window.wait()
    n_then = len(made(tmp_path))
    folder_of(tmp_path, n_then + 100)
    watcher = Watcher(tmp_path, tmp_path / "state" / "eqxviz")
    (found,) = watcher.session.running()
    watcher.session.attach(found)
    watcher.until(lambda: watcher.run.status.step > n_then + 100)
    assert watcher.stop() < STOP_SECONDS + SLACK_SECONDS
    watcher.close()
    assert steps_kept(folder) == list(range(1, watcher.run.status.step + 1))
    assert watcher.run.status.step >= len(made(tmp_path)) - 1


def test_of_a_window_and_a_worker_that_are_killed_all_but_the_last_moment_is_on_disk(
    window: "subprocess.Popen[bytes]", tmp_path: Path
):
    folder = folder_of(tmp_path, 300)
    info = RunInfo.read(folder)
    assert info is not None
    os.killpg(info.pid, signal.SIGKILL)
    window.kill()
    window.wait()
    times = made(tmp_path)
    kept = steps_kept(folder)
    assert kept == list(range(1, len(kept) + 1))
    lost = times[-1] - times[len(kept) - 1]
    print(f"{len(times) - len(kept)} steps of {len(times)} lost, {1000 * lost:.0f} ms")
    assert lost < LOST_SECONDS + BUSY_SECONDS
    # What is shown of it later counts all of them, and says that nobody saw how it ended.
    found = read_run(folder)
    assert found.status.state is RunState.DIED
    assert found.status.step >= len(kept)
    assert [problem.title for problem in found.problems] == ["train.py ended its process"]


@pytest.mark.parametrize("window", [("--hold",)], indirect=True)
def test_a_run_that_is_paused_goes_on_when_its_window_is_killed(
    window: "subprocess.Popen[bytes]", tmp_path: Path
):
    state = tmp_path / "state" / "eqxviz"
    watcher = Watcher(tmp_path, state)
    watcher.until(lambda: any(_is_paused(path) for path in state.glob("runs/*")))
    (info,) = watcher.session.running()
    assert made(tmp_path) == []
    window.kill()
    window.wait()
    folder_of(tmp_path, 100)
    watcher.session.attach(info)
    watcher.until(lambda: watcher.run.status.step > 100)
    assert watcher.stop() < STOP_SECONDS + SLACK_SECONDS
    watcher.close()


def test_a_run_that_is_left_paused_waits_for_the_next_window(tmp_path: Path):
    first, second = Watcher(tmp_path), Watcher(tmp_path)
    first.start(training(n_steps=10_000_000))
    first.until(lambda: first.run.status.step > 10)
    first.session.pause()
    first.until(lambda: first.run.status.state is RunState.PAUSED)
    step = first.run.status.step
    first.session.leave_run()
    time.sleep(0.3)  # time enough to go on
    (info,) = second.session.running()
    second.session.attach(info)
    second.until(lambda: second.run.status.state is RunState.PAUSED)
    assert second.run.status.step == step
    assert second.stop() < STOP_SECONDS + SLACK_SECONDS
    first.close()
    second.close()


def _is_paused(folder: Path) -> bool:
    with contextlib.suppress(StoreError), RunStore.open(folder) as store:
        return any(status.state is RunState.PAUSED for status in store.records_of(RunStatus))
    return False
