"""What happens to a run whose store cannot be written: it goes on, says so, and loses nothing."""

import contextlib
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from eqxviz.records import Done, MetricBatch, Problem, RunState, Watch
from eqxviz.store import RunStore

from .conftest import Run

Start = Callable[..., Run]

# It makes steps until it is told that there were enough.
ENDLESS = """
    import os, time
    import jax, jax.numpy as jnp

    @jax.jit
    def make_step(w):
        return jnp.sum(w ** 2), 0.999 * w

    w = jnp.ones(3)
    while not os.path.exists("enough"):
        loss, w = make_step(w)
        time.sleep(0.002)
"""


class Watched:
    """A run that makes steps until `finish`, and what was told of it."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.folder = run.worker.run_folder
        self.pid = run.worker.process.pid

    def until_told(self, code: str) -> Problem:
        """Wait for a problem of this kind."""
        found = self.run.client.until(lambda e: isinstance(e, Problem) and e.code == code)
        assert isinstance(found, Problem)
        return found

    def see_more(self, n: int) -> None:
        """Wait until `n` more points have come."""
        wanted = self.n_seen + n
        self.run.client.until(lambda e: isinstance(e, MetricBatch) and _end(e) >= wanted)

    @property
    def n_seen(self) -> int:
        """How many points have come."""
        return max((_end(batch) for batch in self.run.client.of(MetricBatch)), default=0)

    def finish(self) -> None:
        """Let the script end."""
        (self.run.worker.place / "enough").touch()
        assert self.run.client.until_end().state is RunState.FINISHED

    def check_all_kept(self) -> None:
        """Everything that was shown, and all that came before it, is in the store."""
        seen = self.run.client.of(MetricBatch)
        with RunStore.open(self.folder) as store:
            kept = list(store.metrics())
        for name in ("series", "step", "seconds", "value"):
            one, other = (np.concatenate([getattr(b, name) for b in bs]) for bs in (seen, kept))
            np.testing.assert_array_equal(one, other[: len(one)])


def _end(batch: MetricBatch) -> int:
    return batch.first_sequence + len(batch.series)


@pytest.fixture
def watched(run: Start) -> Iterator[Watched]:
    """A run that makes steps, some of which were seen."""
    made = Watched(run(ENDLESS))
    made.see_more(20)
    yield made
    (made.run.worker.place / "enough").touch()


def test_no_more_may_be_written_for_a_while(watched: Watched):
    size = (watched.folder / "store.sqlite-wal").stat().st_size
    # Files may not grow: that is what a quota does.
    resource.prlimit(watched.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    problem = watched.until_told("store-failed")
    assert "store.sqlite cannot be written" in problem.why
    assert "kept in memory" in problem.fix
    watched.see_more(200)
    no_limit = resource.RLIM_INFINITY, resource.RLIM_INFINITY
    resource.prlimit(watched.pid, resource.RLIMIT_FSIZE, no_limit)
    watched.until_told("store-works")
    watched.see_more(20)
    watched.finish()
    watched.check_all_kept()
    assert len([p for p in watched.run.problems() if p.code == "store-failed"]) == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 300 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.call(mount, stderr=subprocess.DEVNULL):
        pytest.skip("mounting a small disk takes the rights to do so")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_disk_is_full_for_a_while(run: Start, small_disk: Path, tmp_path: Path):
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "run").symlink_to(small_disk)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(120_000))
    watched = Watched(run(ENDLESS))
    problem = watched.until_told("store-failed")
    assert "free some space on the disk" in problem.why
    watched.see_more(100)
    filler.unlink()
    watched.until_told("store-works")
    watched.finish()
    watched.check_all_kept()


def test_another_process_locks_the_store_for_a_while(watched: Watched):
    other = sqlite3.connect(watched.folder / "store.sqlite")
    other.execute("BEGIN IMMEDIATE")
    problem = watched.until_told("store-failed")
    assert "another process holds it locked" in problem.why
    started = time.monotonic()
    watched.see_more(200)
    assert time.monotonic() - started < 10  # what is made is shown all the same
    other.rollback()
    other.close()
    watched.until_told("store-works")
    watched.finish()
    watched.check_all_kept()


def test_the_folder_of_a_run_that_goes_on_is_deleted(watched: Watched):
    shutil.rmtree(watched.folder)
    watched.see_more(800)
    watched.finish()
    watched.check_all_kept()


def test_the_folder_cannot_be_made_again_for_a_while(watched: Watched):
    shutil.rmtree(watched.folder)
    watched.folder.write_text("in the way")
    problem = watched.until_told("store-failed")
    assert "was deleted" in problem.why or "cannot be written" in problem.why
    watched.see_more(50)
    watched.folder.unlink()
    watched.until_told("store-works")
    watched.finish()
    watched.check_all_kept()


def test_a_store_that_is_damaged_is_told_and_the_run_goes_on(watched: Watched):
    path = watched.folder / "store.sqlite"
    watched.see_more(20)
    with sqlite3.connect(path) as connection:  # have the log written to the file
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with path.open("r+b") as file:
        file.seek(0)
        file.write(b"\xff" * (path.stat().st_size))
    problem = watched.until_told("store-failed")
    assert "store.sqlite cannot be written" in problem.why
    watched.see_more(50)
    watched.finish()


def test_a_run_without_a_place_for_its_store_goes_on(run: Start, tmp_path: Path):
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "run").write_text("in the way")
    watched = Watched(run(ENDLESS))
    problem = watched.until_told("store-failed")
    assert str(watched.folder) in problem.why
    watched.see_more(50)
    second = watched.run.worker.connect()
    assert second.answer(second.tell(Watch(0))) == Done()
    assert second.of(MetricBatch)[0].first_sequence == 0
    watched.folder.unlink()
    watched.until_told("store-works")
    watched.finish()
    watched.check_all_kept()


def test_a_worker_that_is_killed_has_kept_all_that_it_told(watched: Watched):
    watched.see_more(300)
    os.kill(watched.pid, signal.SIGKILL)
    with contextlib.suppress(AssertionError, OSError):
        watched.run.client.until(lambda event: False)  # what was under way
    watched.run.worker.process.wait()
    watched.check_all_kept()
    with RunStore.open(watched.folder) as store:
        assert store.n_points() >= watched.n_seen
