"""Stores that were cut off, overwritten, or may only be read: a clear error, and no other."""

import contextlib
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eqxviz.records import FunctionSeen, JitFlavour, MetricBatch, RunState, RunStatus, Series
from eqxviz.session.run_view import RunView
from eqxviz.store import Library, RunStore, StoreError, segments

ROOT = Path(__file__).resolve().parents[2]
_N = 3000


def write_run(folder: Path) -> None:
    series = Series(0, "loss", 0, "t.py", 1), Series(1, "acc", 0, "t.py", 1)
    store = RunStore.create(folder, "train.py", ["--n", "3"], "python")
    store.append(FunctionSeen(0, "f", "t.py", 1, JitFlavour.JAX, True))
    for first in range(0, _N, 100):
        at = np.arange(first, first + 100)
        ids = (at % 2).astype(np.int32)
        store.append(MetricBatch(first, series if not first else (), ids, at, at * 0.1, at * 1.0))
    store.append(RunStatus(RunState.FINISHED, 5, 0, 2.0, 1.0, "cpu:0", -1, "", 0, 0))
    store.close()


def read_all(folder: Path) -> None:
    """Read all there is in every way there is."""
    with RunStore.open(folder) as store:
        list(store.metrics())
        list(store.records_after(0))
        list(store.newest())
        store.finals()
        for series in store.counts():
            list(store.outlines(series))
            store.points(series, 0, _N)
    with RunStore.open(folder) as store:
        RunView("train.py", (), str(folder), None).take_in(store)


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(segments, "SEGMENT", 500)


@pytest.mark.usefixtures("small_segments")
@settings(max_examples=80, deadline=None)
@given(
    cut=st.none() | st.floats(0, 1),
    damage=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=300)), max_size=4),
)
def test_whatever_is_damaged_nothing_but_a_clear_error_comes_of_it(cut, damage):
    with tempfile.TemporaryDirectory() as name:
        runs = Path(name)
        (runs / "run").mkdir()
        write_run(runs / "run")
        path = runs / "run" / "store.sqlite"
        size = path.stat().st_size
        with path.open("r+b") as file:
            for place, what in damage:
                file.seek(int(place * size))
                file.write(what)
            if cut is not None:
                file.truncate(int(cut * size))
        with contextlib.suppress(StoreError):
            read_all(runs / "run")
        (listed,) = Library(runs, lambda _: False).runs()
        assert listed.id == "run"


_READ_AS_NOBODY = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from eqxviz.store import Library
from tests.store.test_faults import read_all
if os.getuid() == 0:  # who may write everywhere
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
runs = Path(sys.argv[2])
assert not os.access(runs / "run", os.W_OK)
read_all(runs / "run")
print([run.n_points for run in Library(runs, lambda _: False).runs()])
"""


@pytest.mark.usefixtures("small_segments")
@pytest.mark.parametrize("is_open", [False, True])
def test_a_folder_that_may_only_be_read_is_read(is_open: bool):
    # Below the folder of pytest's, nobody else may look.
    with tempfile.TemporaryDirectory() as name:
        runs, folder = Path(name), Path(name) / "run"
        folder.mkdir()
        write_run(folder)
        opened = RunStore.open(folder) if is_open else None  # there is a log beside it then
        for path in (runs, folder, *folder.iterdir()):
            path.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", _READ_AS_NOBODY, str(ROOT), str(runs)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        for path in (runs, folder):
            path.chmod(0o755)
        if opened is not None:
            opened.close()
        assert (done.stdout, done.stderr) == (f"[{_N}]\n", "")


def test_a_file_that_is_locked_for_long_is_told(tmp_path: Path):
    write_run(tmp_path)
    connection = sqlite3.connect(tmp_path / "store.sqlite")
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="another process holds it locked"):
        RunStore.open(tmp_path)
    connection.rollback()
    connection.close()
