"""The journal: committed, then told; to the slow from the store, to all when the store fails."""

from pathlib import Path

import numpy as np
import pytest

from eqxviz.records import FunctionSeen, JitFlavour, MetricBatch, Problem, Record, Series
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
    journal, cursor = Journal(tmp_path, store), Cursor(0)
    told: list[int] = []
    journal.listen(lambda: told.append(1))
    journal.append([function(0), batch(0)])
    assert list(journal.after(cursor)) == [function(0), batch(0)]
    journal.append([batch(1)])
    assert list(journal.after(cursor)) == [batch(1)]
    assert list(journal.after(cursor)) == []
    assert len(told) == 2
    journal.close()


def test_who_falls_far_behind_is_served_from_the_store(store: RunStore, tmp_path: Path):
    journal, slow = Journal(tmp_path, store), Cursor(0)
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


def test_a_store_that_fails_is_told_once_and_everything_still_reaches_the_window(
    store: RunStore, tmp_path: Path
):
    journal, cursor = Journal(tmp_path, store), Cursor(0)
    journal.append([batch(0)])
    (n_pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {n_pages}")
    for i in range(1, 600):
        journal.append([batch(i), function(i)])
    records = list(journal.after(cursor))
    assert sequences(records) == list(range(600))
    (problem,) = [r for r in records if isinstance(r, Problem)]
    assert problem.code == "store-failed"
    # Space was freed: what was kept in memory goes to the store.
    store._connection.execute("PRAGMA max_page_count = 1000000")
    journal.append([batch(600)])
    assert [b.first_sequence for b in store.metrics()] == list(range(601))
    assert list(store.records_of(Problem)) == [problem]
    journal.close()


def test_without_a_store_everything_is_kept_in_memory(tmp_path: Path):
    journal = Journal(tmp_path, None)
    for i in range(1000):
        journal.append([batch(i)])
    assert sequences(list(journal.after(Cursor(0)))) == list(range(1000))
