"""The library lists what is there, whatever happened to it, and keeps what the user wrote."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eqxviz.records import MetricBatch, RunDescription, RunState, RunStatus, Series
from eqxviz.store import Library, RunStore, StoreError, library
from eqxviz.store.index import INDEX_FILE

ROOT = Path(__file__).resolve().parents[2]


def status(state: RunState, step: int = 5) -> RunStatus:
    return RunStatus(state, step, 0, 2.0, 1.5, "cpu:0", -1, "", 0, -1)


def described() -> RunDescription:
    return RunDescription(
        "train.py", (), "/", "python", (), (), "host", (), "", "abc123", "main", "", 0.0
    )


def make_run(
    folder: Path, id: str, *, state: RunState = RunState.FINISHED, argv: tuple[str, ...] = ()
) -> RunStore:
    (folder / id).mkdir()
    store = RunStore.create(folder / id, "/home/me/train.py", argv, "python")
    series = Series(0, "loss", 0, "t.py", 1), Series(1, "model.w", 0, "t.py", 1, is_state=True)
    points = np.arange(10)
    store.append(
        MetricBatch(0, series, (points % 2).astype(np.int32), points, points * 0.1, points * 1.0),
        status(state),
        described(),
    )
    return store


@pytest.fixture
def runs(tmp_path: Path) -> Library:
    """Three runs that have ended; of one the process is there all the same: it answers."""
    for i in range(3):
        make_run(tmp_path, f"run{i}", argv=("--seed", str(i))).close()
    return Library(tmp_path, lambda folder: folder.name == "run2")


def test_the_arguments_of_a_run_that_was_copied_are_those_that_it_tells(tmp_path: Path):
    with make_run(tmp_path, "copy") as store:
        store.append(replace(described(), argv=("--lr", "1")))
    assert Library(tmp_path, lambda folder: False).run("copy").argv == ("--lr", "1")


def test_a_copy_of_a_run_that_goes_on_elsewhere_has_not_died_and_began_when_the_run_did(
    tmp_path: Path,
):
    for id, is_copy in (("own", False), ("copy", True)):
        (tmp_path / id).mkdir()
        with RunStore.create(tmp_path / id, "train.py", (), "python", is_copy=is_copy) as store:
            store.append(status(RunState.RUNNING), replace(described(), started=1e9))
    library = Library(tmp_path, lambda folder: False)
    own, copy = library.run("own"), library.run("copy")
    assert (own.state, copy.state) == (RunState.DIED, RunState.ELSEWHERE)
    assert own.started > copy.started == 1e9
    assert not copy.is_live
    with RunStore.open(tmp_path / "copy") as store:
        store.append(status(RunState.FINISHED))
    assert library.run("copy").state is RunState.FINISHED


def test_listing_runs_that_have_ended_touches_none_of_their_folders(runs: Library):
    folders = [runs.folder / f"run{i}" for i in range(3)]
    before = [folder.stat().st_mtime_ns for folder in folders]
    assert [run.n_points for run in runs.runs()] == [10, 10, 10]
    assert [folder.stat().st_mtime_ns for folder in folders] == before


@pytest.fixture
def no_reading(monkeypatch: pytest.MonkeyPatch):
    def read_nothing(folder: Path, n_bytes: int, is_live: bool) -> None:
        raise AssertionError(f"{folder} was read")

    return lambda: monkeypatch.setattr(library, "read_summary", read_nothing)


def test_a_run_is_summed_up(runs: Library):
    run = runs.run("run1")
    assert (run.id, run.folder) == ("run1", runs.folder / "run1")
    assert (run.script, run.argv, run.title) == ("/home/me/train.py", ("--seed", "1"), "train.py")
    assert (run.state, run.steps, run.device) == (RunState.FINISHED, 5, "cpu:0")
    assert (run.elapsed_seconds, run.git_commit, run.git_branch) == (1.5, "abc123", "main")
    assert run.finals == (("loss", 8.0),)
    assert run.n_points == 10
    assert run.n_bytes == sum(path.stat().st_size for path in run.folder.iterdir())
    assert not run.is_live
    assert run.problem == ""


def test_runs_are_listed_with_the_newest_first_and_the_second_time_without_reading(
    runs: Library, no_reading
):
    first = runs.runs()
    assert [run.id for run in first] == ["run2", "run1", "run0"]
    no_reading()
    assert runs.runs() == first
    assert Library(runs.folder, lambda _: False).runs() == first


def test_a_run_that_changed_is_read_again(runs: Library):
    runs.runs()
    make_run(runs.folder, "fresh", state=RunState.FAILED).close()
    with RunStore.open(runs.folder / "run0") as store:
        store.append(status(RunState.FINISHED, 99))
    found = {run.id: run for run in runs.runs()}
    assert found["fresh"].state is RunState.FAILED
    assert found["run0"].steps == 99


def test_what_the_user_wrote_is_in_the_folder_of_the_run(runs: Library):
    runs.tag("run1", ["good", " paper ", "good", ""])
    runs.rename("run1", "  best ")
    runs.note("run1", "lower rate\nthan before")
    (runs.folder / INDEX_FILE).unlink(missing_ok=True)
    shutil.move(runs.folder / "run1", runs.folder / "moved")
    run = runs.run("moved")
    assert run.tags == ("good", "paper")
    assert (run.name, run.title, run.note) == ("best", "best", "lower rate\nthan before")


def test_labels_that_cannot_be_read_are_none(runs: Library):
    for text in ("[", "[]", '{"tags": 3}'):
        (runs.folder / "run1" / "labels.json").write_text(text)
        assert runs.run("run1").tags == ()


def test_runs_are_deleted_by_the_library_or_by_hand(runs: Library):
    runs.runs()
    runs.delete(["run0", "run0"])
    shutil.rmtree(runs.folder / "run1")
    assert [run.id for run in runs.runs()] == ["run2"]
    with pytest.raises(StoreError, match="there is no run run1"):
        runs.run("run1")
    with pytest.raises(StoreError, match="holds no run"):
        runs.open("run1")


def test_a_run_that_goes_on_is_never_deleted(runs: Library):
    store = make_run(runs.folder, "run9", state=RunState.RUNNING)
    goes_on = Library(runs.folder, lambda folder: folder.name == "run9")
    assert goes_on.run("run9").is_live
    with pytest.raises(StoreError, match="run9 cannot be deleted while it goes on"):
        goes_on.delete(["run0", "run9"])
    assert len(goes_on.runs()) == 4
    store.close()
    runs.delete(["run2"])  # it has ended, and its process only answers


@pytest.mark.parametrize("id", ["", "..", "a/b", "/etc"])
def test_only_names_of_folders_are_ids(runs: Library, id: str):
    with pytest.raises(StoreError, match="is no run"):
        runs.delete([id])


def test_a_library_without_a_folder_is_empty(tmp_path: Path):
    assert Library(tmp_path / "none", lambda _: False).runs() == []


def test_a_run_whose_store_is_damaged_is_listed_with_the_reason(runs: Library):
    runs.tag("run0", ["keep"])
    (runs.folder / "run0" / "store.sqlite").write_bytes(b"nothing of the kind " * 100)
    found = {run.id: run for run in runs.runs()}
    assert "no SQLite database" in found["run0"].problem
    assert found["run0"].tags == ("keep",)
    assert found["run0"].state is RunState.DIED
    assert found["run1"].problem == ""


@pytest.mark.parametrize("damage", [b"no database at all" * 100, b""])
def test_a_damaged_index_is_made_again(runs: Library, no_reading, damage: bytes):
    first = runs.runs()
    (runs.folder / INDEX_FILE).write_bytes(damage)
    assert runs.runs() == first
    runs.runs()
    no_reading()
    assert runs.runs() == first


def test_an_index_of_another_version_is_not_believed(runs: Library):
    first = runs.runs()
    import sqlite3

    with sqlite3.connect(runs.folder / INDEX_FILE) as connection:
        connection.execute("UPDATE runs SET told = ?", (json.dumps({"state": "asleep"}),))
    connection.close()
    assert runs.runs() == first


def test_an_index_that_is_locked_is_done_without(runs: Library):
    import sqlite3

    first = runs.runs()
    connection = sqlite3.connect(runs.folder / INDEX_FILE)
    connection.execute("BEGIN EXCLUSIVE")
    assert runs.runs() == first
    connection.rollback()
    connection.close()


_WRITER = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.store.test_library import make_run, status
from eqxviz.records import RunState
for i in range(int(sys.argv[4])):
    store = make_run(Path(sys.argv[2]), f"{sys.argv[3]}{i}", state=RunState.RUNNING)
    store.append(status(RunState.RUNNING, 7))
    if len(sys.argv) > 5:
        print("written", flush=True)
        time.sleep(60)
    store.append(status(RunState.FINISHED, 8))
    store.close()
"""


def writer(*words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(ROOT), *words], stdout=subprocess.PIPE, text=True
    )


def test_a_run_whose_process_was_killed_has_died_and_lost_nothing(tmp_path: Path):
    process = writer(str(tmp_path), "killed", "1", "wait")
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    alive = [True]
    runs = Library(tmp_path, lambda _: alive[0])
    assert runs.run("killed0").is_live
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    alive[0] = False
    (run,) = runs.runs()
    assert (run.state, run.steps, run.n_points) == (RunState.DIED, 7, 10)
    assert runs.runs() == [run]


def test_runs_of_several_processes_are_all_listed_while_they_are_written(tmp_path: Path):
    processes = [writer(str(tmp_path), name, "6") for name in "ab"]
    runs = Library(tmp_path, lambda _: False)
    while any(process.poll() is None for process in processes):
        runs.runs()
    for process in processes:
        assert process.stdout is not None
        process.stdout.close()
        assert process.returncode == 0
    found = runs.runs()
    assert sorted(run.id for run in found) == [f"{name}{i}" for name in "ab" for i in range(6)]
    assert {(run.state, run.steps) for run in found} == {(RunState.FINISHED, 8)}
