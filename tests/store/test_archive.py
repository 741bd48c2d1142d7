"""Whole runs in one file: written, taken in elsewhere, and nothing else let in."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from eqxviz.records import RunState
from eqxviz.store import Library, RunStore, StoreError
from eqxviz.store.archive import take_in, write_archive
from eqxviz.store.run_reader import FILE_NAME
from tests.session.runs.made_runs import make_run


def quiet(_n: int) -> None:
    pass


@pytest.fixture
def runs(tmp_path: Path) -> Library:
    library = Library(tmp_path / "runs", lambda folder: folder.name == "20261121-goes-on-3f")
    make_run(library.folder, "20261121-train-1a", {"loss": list(np.linspace(3, 1, 5000))})
    make_run(library.folder, "20261121-train-2b", argv=["--lr", "1"])
    library.tag("20261121-train-1a", ["good"])
    return library


@pytest.fixture
def elsewhere(tmp_path: Path) -> Library:
    return Library(tmp_path / "elsewhere", lambda _folder: False)


def test_runs_come_out_elsewhere_as_they_were(tmp_path: Path, runs: Library, elsewhere: Library):
    before = runs.runs()
    path = tmp_path / "two.eqxrun"
    write_archive(path, before, quiet)
    assert sorted(take_in(path, elsewhere.folder)) == ["20261121-train-1a", "20261121-train-2b"]
    for was in before:
        now = elsewhere.run(was.id)
        told = ("argv", "started", "state", "finals", "n_points", "tags", "device")
        assert [getattr(now, name) for name in told] == [getattr(was, name) for name in told]
        assert (now.folder / "output.txt").read_text() == "hello\n"
        with RunStore.open(was.folder) as one, RunStore.open(now.folder) as other:
            values = [np.concatenate([b.value for b in store.metrics()]) for store in (one, other)]
        assert np.array_equal(*values)
    assert {p.name for p in elsewhere.folder.iterdir()} >= {run.id for run in before}
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_a_run_that_goes_on_is_written_as_it_is_now(
    tmp_path: Path, runs: Library, elsewhere: Library
):
    make_run(runs.folder, "20261121-goes-on-3f", state=RunState.RUNNING)
    path = tmp_path / "one.eqxrun"
    write_archive(path, [runs.run("20261121-goes-on-3f")], quiet)
    [id] = take_in(path, elsewhere.folder)
    assert elsewhere.run(id).state is RunState.ELSEWHERE
    assert runs.run(id).state is RunState.RUNNING


def test_how_far_it_is_is_told_and_what_it_raises_leaves_nothing(tmp_path: Path, runs: Library):
    told: list[int] = []
    path = tmp_path / "one.eqxrun"
    write_archive(path, runs.runs(), told.append)
    assert told == sorted(told)
    assert told[-1] == sum(run.n_points for run in runs.runs())
    path.unlink()

    def stop(_n: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_archive(path, runs.runs(), stop)
    assert [p.name for p in tmp_path.iterdir()] == ["runs"]


def test_a_run_that_is_there_already_stays_as_it_is(tmp_path: Path, runs: Library):
    path = tmp_path / "one.eqxrun"
    write_archive(path, runs.runs()[:1], quiet)
    with pytest.raises(StoreError, match="is among the runs already"):
        take_in(path, runs.folder)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../run/run.sqlite",
            "/etc/run.sqlite",
            "..",
            "a/../../b",
            "a/b/run.sqlite",
            "run.sqlite",
        ),
        *("a/.bashrc", "a/run.json", ".hidden/output.txt", "a\\b/output.txt", "a/"),
    ],
)
def test_a_path_that_is_no_file_of_a_run_is_refused(
    tmp_path: Path, runs: Library, elsewhere: Library, name: str
):
    path = tmp_path / "bad.eqxrun"
    write_archive(path, runs.runs(), quiet)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "text")
    with pytest.raises(StoreError, match="is no file of a run; nothing was taken out"):
        take_in(path, elsewhere.folder)
    assert not elsewhere.folder.exists()


def test_what_is_no_archive_is_refused(tmp_path: Path, runs: Library, elsewhere: Library):
    path = tmp_path / "bad.eqxrun"
    path.write_bytes(b"not a zip")
    with pytest.raises(StoreError, match="is no archive of runs, or is damaged"):
        take_in(path, elsewhere.folder)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/output.txt", "text")
    with pytest.raises(StoreError, match="holds no run"):
        take_in(path, elsewhere.folder)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"a/{FILE_NAME}", "no database")
    with pytest.raises(StoreError, match="no SQLite database"):
        take_in(path, elsewhere.folder)
    write_archive(path, runs.runs(), quiet)
    whole = bytearray(path.read_bytes())
    whole[200:260] = bytes(60)
    path.write_bytes(whole)
    with pytest.raises(StoreError, match="is no archive of runs, or is damaged"):
        take_in(path, elsewhere.folder)
    assert list(elsewhere.folder.iterdir()) == []


def test_what_there_is_no_room_for_is_not_taken_out(
    tmp_path: Path, runs: Library, elsewhere: Library, monkeypatch: pytest.MonkeyPatch
):
    from eqxviz.store import archive

    path = tmp_path / "one.eqxrun"
    write_archive(path, runs.runs(), quiet)
    monkeypatch.setattr(archive, "_free", lambda _folder: 1000)
    with pytest.raises(StoreError, match="1,000 are free"):
        take_in(path, elsewhere.folder)
