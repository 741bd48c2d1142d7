"""A run's store keeps everything, is read while it is written, and says clearly when it cannot."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from eqxviz.records import (
    CompileEvent,
    FunctionSeen,
    FunctionTotals,
    JitFlavour,
    MetricBatch,
    RunState,
    RunStatus,
    Series,
)
from eqxviz.store import FORMAT_VERSION, RunStore, StoreError


def batch(first: int, n: int, *series: Series) -> MetricBatch:
    points = np.arange(first, first + n)
    return MetricBatch(
        first,
        series,
        (points % 2).astype(np.int32),
        points.astype(np.int64),
        points / 10,
        np.where(points % 7 == 0, np.nan, np.sqrt(points)),
    )


def curve(id: int, name: str) -> Series:
    return Series(id, name, 0, "train.py", 3)


def status(step: int) -> RunStatus:
    return RunStatus(RunState.RUNNING, step, 0, 2.0, 1.0, "cpu:0", -1, "", 0, -1)


def function(id: int) -> FunctionSeen:
    return FunctionSeen(id, f"f{id}", "train.py", 1, JitFlavour.JAX, True)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore.create(tmp_path, "train.py", ["--n", "3"], "/usr/bin/python3")


def test_what_is_known_of_the_run_as_a_whole_is_kept(store: RunStore, tmp_path: Path):
    with RunStore.open(tmp_path) as again:
        assert again.meta == store.meta
        assert again.meta.argv == ("--n", "3")
    store.close()


def test_batches_come_back_as_they_were(store: RunStore):
    batches = [batch(0, 5, curve(0, "loss")), batch(5, 1), batch(6, 1000, curve(1, "acc"))]
    store.append(*batches)
    assert list(store.metrics()) == batches
    store.close()


@pytest.mark.parametrize(
    ("first", "expected"), [(0, [0, 5, 6]), (4, [0, 5, 6]), (5, [5, 6]), (7, [6]), (2000, [])]
)
def test_reading_begins_at_the_batch_that_holds_a_point(
    store: RunStore, first: int, expected: list[int]
):
    store.append(batch(0, 5, curve(0, "loss")), batch(5, 1), batch(6, 1000, curve(1, "acc")))
    batches = list(store.metrics(first))
    assert [b.first_sequence for b in batches] == expected
    # Whoever begins in the middle learns the names as well.
    names = [series.name for b in batches for series in b.new_series]
    assert names == (["loss", "acc"] if expected else [])
    store.close()


def test_records_come_back_by_type_and_in_order(store: RunStore):
    compiled = CompileEvent(1, 0, 1, 7, 0.1, 0.2, 0.3, 0.4, 0.0, "train.py", 9)
    store.append(function(0), compiled, function(1))
    assert list(store.records_of(FunctionSeen)) == [function(0), function(1)]
    assert list(store.records_of(CompileEvent)) == [compiled]
    assert list(store.records_after(1)) == [(2, compiled), (3, function(1))]
    store.close()


def test_of_status_and_totals_the_newest_counts(store: RunStore):
    totals = FunctionTotals(
        np.zeros(1, np.int32), np.ones(1, np.int64), np.ones(1), np.ones(1, np.int64),
        np.zeros(1), np.full(1, np.nan), np.full(1, np.nan),
    )  # fmt: skip
    store.append(status(1), totals)
    store.append(status(2))
    assert list(store.records_of(RunStatus)) == [status(2)]
    assert list(store.records_of(FunctionTotals)) == [totals]
    assert set(map(type, store.newest())) == {RunStatus, FunctionTotals}
    assert list(store.records_after(0)) == []
    store.close()


def test_another_process_reads_what_was_committed(store: RunStore, tmp_path: Path):
    store.append(batch(0, 500, curve(0, "loss")))
    code = (
        "import sys; from pathlib import Path; from eqxviz.store import RunStore;"
        "print(sum(len(b.series) for b in RunStore.open(Path(sys.argv[1])).metrics()))"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "500\n"
    store.append(batch(500, 1))
    store.close()


def test_a_reader_in_the_middle_does_not_hold_up_the_writer(store: RunStore, tmp_path: Path):
    store.append(batch(0, 10), batch(10, 10))
    with RunStore.open(tmp_path) as reader:
        batches = reader.metrics()
        next(batches)
        store.append(batch(20, 10))
        assert [b.first_sequence for b in batches] == [10]
    store.close()


def test_a_second_run_needs_a_folder_of_its_own(store: RunStore, tmp_path: Path):
    with pytest.raises(StoreError, match="exists already"):
        RunStore.create(tmp_path, "other.py", [], "python")
    store.close()


def test_a_folder_without_a_run_is_told(tmp_path: Path):
    with pytest.raises(StoreError, match="holds no run"):
        RunStore.open(tmp_path)


def test_a_newer_format_is_told(store: RunStore, tmp_path: Path):
    store.close()
    with sqlite3.connect(store.path) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'format'")
    connection.close()
    with pytest.raises(StoreError, match=f"format 99.*up to {FORMAT_VERSION}"):
        RunStore.open(tmp_path)


def test_a_file_that_is_no_store_is_told(tmp_path: Path):
    (tmp_path / "store.sqlite").write_bytes(b"nothing of the kind " * 100)
    with pytest.raises(StoreError, match="no SQLite database"):
        RunStore.open(tmp_path)


def test_a_database_of_something_else_is_told(tmp_path: Path):
    with sqlite3.connect(tmp_path / "store.sqlite") as connection:
        connection.execute("CREATE TABLE meta (key TEXT, value TEXT)")
    connection.close()
    with pytest.raises(StoreError, match="no run of eqxviz"):
        RunStore.open(tmp_path)


def test_a_damaged_column_is_told(store: RunStore):
    store.append(batch(0, 4))
    store.append(batch(4, 4))
    with sqlite3.connect(store.path) as connection:
        connection.execute("UPDATE metrics SET value = x'00' WHERE first_sequence = 4")
    connection.close()
    batches = store.metrics()
    assert next(batches).first_sequence == 0
    with pytest.raises(StoreError, match="damaged at point 4"):
        next(batches)
    store.close()


def test_a_locked_store_is_told_and_the_same_records_may_be_tried_again(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
):
    store._connection.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(store.path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another process holds it locked"):
        store.append(function(0), batch(0, 3))
    other.rollback()
    other.close()
    assert list(store.metrics()) == []
    store.append(function(0), batch(0, 3))
    assert [b.first_sequence for b in store.metrics()] == [0]
    store.close()


def test_a_full_disk_is_told_and_what_was_kept_stays(store: RunStore):
    store.append(batch(0, 10))
    (n_pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {n_pages}")
    with pytest.raises(StoreError, match="free some space"):
        store.append(batch(10, 100_000))
    store._connection.execute("PRAGMA max_page_count = 1000000")
    store.append(batch(10, 100_000))
    assert [len(b.series) for b in store.metrics()] == [10, 100_000]
    store.close()
