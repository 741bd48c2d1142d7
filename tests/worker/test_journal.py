"""The journal: committed, then told; to the slow from the store, to all when the store fails."""

import gc
import threading
from pathlib import Path

import numpy as np
import pytest

from eqxviz.records import (
    DynamicsHistogram,
    DynamicsState,
    FunctionSeen,
    JitFlavour,
    Keeping,
    MetricBatch,
    Problem,
    Quantity,
    Record,
    Series,
)
from eqxviz.store import RunStore
from eqxviz.worker.journal import Cursor, Journal


def batch(first: int, *series: Series) -> MetricBatch:
    return MetricBatch(
        first, series, np.zeros(1, np.int32), np.full(1, first), np.zeros(1), np.full(1, 0.5)
    )


def function(id: int) -> FunctionSeen:
    return FunctionSeen(id, f"f{id}", "train.py", 1, JitFlavour.JAX, True)


def sequences(records: list[Record]) -> list[int]:
    return [r.first_sequence for r in records if isinstance(r, MetricBatch)]


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore.create(tmp_path, "train.py", [], "python")


def test_who_keeps_up_gets_each_record_once(store: RunStore, tmp_path: Path):
    journal, cursor = Journal(tmp_path, lambda: store), Cursor(0)
    told: list[int] = []
    journal.listen(lambda: told.append(1))
    journal.append([function(0), batch(0)])
    assert list(journal.after(cursor)) == [function(0), batch(0)]
    journal.append([batch(1)])
    assert list(journal.after(cursor)) == [batch(1)]
    assert list(journal.after(cursor)) == []
    assert len(told) == 2
    journal.close()


def test_of_what_is_replaced_the_newest_comes_in_the_order_it_was_told(
    store: RunStore, tmp_path: Path
):
    journal, cursor = Journal(tmp_path, lambda: store), Cursor(0)
    keeping, dynamics = Keeping(True), DynamicsState(is_on=True)
    for records in ([dynamics, keeping], [keeping, dynamics]):
        journal.append(records)
        assert list(journal.after(cursor)) == records
    journal.close()


def test_who_falls_far_behind_is_served_from_the_store(store: RunStore, tmp_path: Path):
    journal, slow = Journal(tmp_path, lambda: store), Cursor(0)
    name = Series(0, "loss", 0, "train.py", 1)
    for i in range(1000):
        journal.append([batch(i, name) if i == 0 else batch(i)])
        if i % 2 == 0:
            journal.append([function(i)])
    records = list(journal.after(slow))
    assert sequences(records) == list(range(1000))
    assert sum(isinstance(r, FunctionSeen) for r in records) == 500
    assert next(r for r in records if isinstance(r, MetricBatch)).new_series == (name,)
    middle = list(journal.after(Cursor(500)))
    assert sequences(middle)[0] == 500
    journal.close()


def told(journal: Journal, cursor: Cursor) -> list[Problem]:
    return [r for r in journal.after(cursor) if isinstance(r, Problem)]


def test_a_store_that_fails_is_told_once_and_everything_still_reaches_the_window(
    store: RunStore, tmp_path: Path
):
    journal, cursor = Journal(tmp_path, lambda: store), Cursor(0)
    journal.append([batch(0)])
    (n_pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {n_pages}")
    for i in range(1, 600):
        journal.append([batch(i), function(i)])
    records = list(journal.after(cursor))
    assert sequences(records) == list(range(600))
    (problem,) = [r for r in records if isinstance(r, Problem)]
    assert problem.code == "store-failed"
    again = threading.Event()
    journal.listen(lambda: again.set() if not journal._unstored else None)
    # Space was freed: what was kept in memory goes to the store by itself.
    store._connection.execute("PRAGMA max_page_count = 1000000")
    assert again.wait(10)
    assert sequences(list(store.metrics())) == list(range(600))
    (works,) = told(journal, cursor)
    assert works.code == "store-works"
    assert list(store.records_of(Problem)) == [problem, works]
    journal.append([batch(600)])
    assert sequences(list(store.metrics(600))) == [600]
    journal.close()


def test_what_waits_is_written_at_the_end(store: RunStore, tmp_path: Path):
    journal = Journal(tmp_path, lambda: store)
    store._connection.execute("PRAGMA max_page_count = 1")
    for i in range(5):
        journal.append([batch(i), function(i)])
    store._connection.execute("PRAGMA max_page_count = 1000000")
    journal.close()
    with RunStore.open(tmp_path) as again:
        assert sequences(list(again.metrics())) == list(range(5))


def test_a_store_that_cannot_be_made_is_made_later(tmp_path: Path):
    folder = tmp_path / "runs"

    def make() -> RunStore:
        return RunStore.create(folder, "train.py", [], "python")

    journal, cursor = Journal(folder, make), Cursor(0)
    for i in range(1000):
        journal.append([batch(i)])
    records = list(journal.after(cursor))
    assert sequences(records) == list(range(1000))
    assert [r.code for r in records if isinstance(r, Problem)] == ["store-failed"]
    again = threading.Event()
    journal.listen(again.set)
    folder.mkdir()
    assert again.wait(10)
    with RunStore.open(folder) as store:
        assert sequences(list(store.metrics())) == list(range(1000))
    journal.close()


def test_what_is_kept_in_memory_is_bounded_also_where_batches_are_large(
    store: RunStore, tmp_path: Path
):
    journal, slow = Journal(tmp_path, lambda: store), Cursor(0)
    n = 50_000
    for i in range(6):
        points = np.arange(n)
        name = (Series(0, "loss", 0, "train.py", 1),) if i == 0 else ()
        journal.append(
            [MetricBatch(i * n, name, np.zeros(n, np.int32), points, points * 0.1, points * 1.0)]
        )
    assert len(journal._batches) <= 2
    assert sum(len(r.series) for r in journal.after(slow) if isinstance(r, MetricBatch)) == 6 * n
    journal.close()


def test_few_large_records_are_not_all_kept_in_memory(store: RunStore, tmp_path: Path) -> None:
    journal = Journal(tmp_path, lambda: store)
    for step in range(40):
        counts = np.full((8192, 64), step, np.uint16)
        journal.append([DynamicsHistogram(0, step, Quantity.PARAMETER, counts)])
    gc.collect()
    kept = [each for each in gc.get_objects() if type(each) is DynamicsHistogram]
    assert sum(each.counts.nbytes for each in kept) < 16 << 20
    told = list(journal.after(Cursor(0)))
    assert [each.step for each in told if isinstance(each, DynamicsHistogram)] == list(range(40))
    journal.close()
