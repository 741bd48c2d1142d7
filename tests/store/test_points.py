"""Points come back from a store as they were written, in whatever shape they are kept by then."""

import dataclasses
import sqlite3
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eqxviz.records import MetricBatch, Series
from eqxviz.store import RunStore, StoreError, points, segments
from eqxviz.store.blocks import BLOCK, Blocks, Points, Summary, starts_of


def made_batches(seed: int, sizes: list[int], n_series: int, wild: bool) -> list[MetricBatch]:
    rng = np.random.default_rng(seed)
    batches: list[MetricBatch] = []
    first, counts = 0, np.zeros(n_series, np.int64)
    for size in sizes:
        ids = rng.integers(0, n_series, size).astype(np.int32)
        steps = np.empty(size, np.int64)
        for id in range(n_series):
            rows = np.flatnonzero(ids == id)
            steps[rows] = counts[id] + np.arange(len(rows))
            counts[id] += len(rows)
        seconds = (first + np.arange(size)) * 0.01
        values = rng.normal(size=size)
        if wild:
            steps[rng.random(size) < 0.01] -= 50
            seconds[rng.random(size) < 0.01] -= 1.0  # the clock was set back
            values[rng.random(size) < 0.05] = np.nan
            values[rng.random(size) < 0.02] = -np.inf
        new = tuple(Series(i, f"s{i}", -1, "t.py", 1) for i in range(n_series)) if not first else ()
        batches.append(MetricBatch(first, new, ids, steps, seconds, values))
        first += size
    return batches


def of_series(batches: list[MetricBatch], id: int) -> Points:
    parts = [Points(b.step, b.seconds, b.value) for b in batches]
    rows = np.concatenate([b.series for b in batches]) == id
    return Points._make(column[rows] for column in Points.joined(parts))


def same(one: Points, other: Points) -> bool:
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(one, other, strict=True))


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(segments, "SEGMENT", 500)
    monkeypatch.setattr(points, "_REPLAYED", 170)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    sizes=st.lists(st.integers(1, 900), min_size=1, max_size=12),
    n_series=st.sampled_from([1, 3, 300]),
    wild=st.booleans(),
    part=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_points_come_back_as_they_were(seed, sizes, n_series, wild, part):
    batches = made_batches(seed, sizes, n_series, wild)
    n = sum(sizes)
    with tempfile.TemporaryDirectory() as folder, _written(Path(folder), batches) as store:
        assert store.n_points() == n
        assert n - store.compacted_up_to() < 500
        first = int(part[0] * n)
        back = list(store.metrics(first))
        if first == n:
            assert back == []
            return
        assert back[0].first_sequence <= first
        assert [s.id for b in back for s in b.new_series] == list(range(n_series))
        together = np.concatenate([b.series for b in batches])[back[0].first_sequence :]
        assert np.array_equal(np.concatenate([b.series for b in back]), together)
        at = back[0].first_sequence
        for batch in back:  # no gap, nothing twice
            assert batch.first_sequence == at
            at += len(batch.series)
        assert at == n
        if first == 0:
            for id in range(0, n_series, 7):
                assert same(of_series(back, id), of_series(batches, id))
        for id in range(0, n_series, 7):
            _check_series(store, id, of_series(batches, id), part)


def _check_series(store: RunStore, id: int, expected: Points, part: tuple[float, float]) -> None:
    n = store.counts().get(id, 0)
    assert n <= expected.n
    first, stop = sorted(int(p * n) for p in part)
    start, found = store.points(id, first, stop)
    assert same(found, expected.part(first, stop))
    assert start == first
    summary, blocks, at = Summary(), list[Blocks](), 0
    for outline in store.outlines(id):
        assert outline.first == at
        at += outline.n
        summary = summary.then(outline.summary)
        starts = starts_of(outline.first, outline.n, BLOCK)
        held = Blocks.single(expected.part(outline.first, at)).merged(starts)
        assert outline.blocks.to_bytes() == held.to_bytes()
        blocks.append(outline.blocks)
    assert at == n
    assert str(summary) == str(Summary.of(expected.part(0, n)))


def _written(folder: Path, batches: list[MetricBatch]) -> RunStore:
    with RunStore.create(folder, "train.py", [], "python") as store:
        for batch in batches:
            store.append(batch)
    return RunStore.open(folder)


def test_the_last_value_of_every_curve_is_found_wherever_it_is(tmp_path: Path):
    batches = made_batches(0, [400, 400, 400], 3, False)
    once = dataclasses.replace(
        batches[0], new_series=(*batches[0].new_series, Series(9, "early", -1, "t.py", 1))
    )
    once.series[5] = 9
    with _written(tmp_path, [once, *batches[1:]]) as store:
        expected = [(f"s{i}", of_series(batches, i).values[-1]) for i in range(3)]
        assert store.finals() == (*expected, ("early", once.value[5]))


def test_a_store_of_the_first_format_is_brought_up_to_date(tmp_path: Path):
    batches = made_batches(3, [450] * 8, 2, True)
    store = RunStore.create(tmp_path, "train.py", [], "python")
    store._compact_after = np.inf
    for batch in batches:
        store.append(batch)
    store.close()
    _make_first_format(tmp_path)
    with RunStore.open(tmp_path) as again:
        assert again.compacted_up_to() == 3600
        assert same(of_series(list(again.metrics()), 1), of_series(batches, 1))
        assert again.points(1, 0, 10**6)[1].n == of_series(batches, 1).n
    with RunStore.open(tmp_path) as again:
        again.append(dataclasses.replace(batches[0], first_sequence=3600, new_series=()))
        assert again.n_points() == 4050


def test_a_store_of_the_first_format_that_is_being_written_is_read_as_it_is(tmp_path: Path):
    batches = made_batches(3, [450] * 4, 2, False)
    store = RunStore.create(tmp_path, "train.py", [], "python")
    store._compact_after = np.inf
    store.append(*batches)
    store.close()
    _make_first_format(tmp_path)
    writer = sqlite3.connect(tmp_path / "store.sqlite")
    writer.execute("BEGIN IMMEDIATE")
    with RunStore.open(tmp_path) as again:
        assert same(of_series(list(again.metrics()), 1), of_series(batches, 1))
        assert again.counts() == {}
        assert list(again.outlines(1)) == []
    writer.rollback()
    writer.close()


def _make_first_format(folder: Path) -> None:
    with sqlite3.connect(folder / "store.sqlite") as connection:
        for table in ("segments", "chunks", "outlines"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("UPDATE meta SET value = '1' WHERE key = 'format'")
    connection.close()


def test_what_is_read_is_of_one_moment_while_segments_are_made(tmp_path: Path):
    batches = made_batches(5, [200] * 6, 1, False)
    with _written(tmp_path, batches[:3]) as store, RunStore.open(tmp_path) as reader:
        with reader.unchanging():
            n = reader.counts()[0]
            store.append(*batches[3:])
            store.close()
            assert reader.counts()[0] == n
            assert reader.n_points() == 600
            assert reader.compacted_up_to() == n
        assert reader.n_points() == 1200
        assert reader.counts()[0] > n


def test_a_reader_that_is_overtaken_by_segments_misses_nothing(tmp_path: Path):
    batches = made_batches(6, [90] * 20, 2, False)
    with _written(tmp_path, batches[:5]) as store, RunStore.open(tmp_path) as reader:
        reading = reader.metrics()
        back = [next(reading)]
        store.append(*batches[5:])
        store.close()
        back += reading
        assert sum(len(b.series) for b in back) >= 450
        assert same(of_series(back, 0), of_series(batches, 0).part(0, of_series(back, 0).n))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("UPDATE outlines SET blocks = x'00'", "outline of curve 0 at 0.*blocks take"),
        ("UPDATE outlines SET summary = x'00'", "outline of curve 0 at 0"),
    ],
)
def test_a_damaged_outline_is_told(tmp_path: Path, damage: str, told: str):
    with _written(tmp_path, made_batches(0, [600], 1, False)) as store:
        _execute(tmp_path, damage)
        with pytest.raises(StoreError, match=told):
            list(store.outlines(0))


def test_a_damaged_chunk_is_told(tmp_path: Path):
    with _written(tmp_path, made_batches(0, [600], 1, False)) as store:
        _execute(tmp_path, "UPDATE chunks SET value = x'00'")
        with pytest.raises(StoreError, match=r"curve 0 at 0: a column has"):
            store.points(0, 0, 10)
        _execute(tmp_path, "DELETE FROM chunks")
        with pytest.raises(StoreError, match="point 0: a segment of 600 points has chunks of 0"):
            list(store.metrics())


def _execute(folder: Path, sql: str) -> None:
    with sqlite3.connect(folder / "store.sqlite") as connection:
        connection.execute(sql)
    connection.close()


def test_a_segment_that_was_cut_off_before_its_last_step_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(segments, "SEGMENT", 10**9)
    batches = made_batches(4, [300] * 4, 2, False)
    _written(tmp_path, batches).close()
    connection = sqlite3.connect(tmp_path / "store.sqlite")

    def deny_the_last(action: int, table: str | None, *_: object) -> int:
        is_last = action == sqlite3.SQLITE_INSERT and table == "segments"
        return sqlite3.SQLITE_DENY if is_last else sqlite3.SQLITE_OK

    connection.set_authorizer(deny_the_last)
    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        segments.make_segment(connection, batches[:3], {})
    connection.close()
    with RunStore.open(tmp_path) as store:
        assert store.counts() == {}
        assert list(store.outlines(0)) == []
        assert store.n_points() == 1200
        assert store.finals()[0] == ("s0", of_series(batches, 0).values[-1])
    monkeypatch.setattr(segments, "SEGMENT", 1000)
    with RunStore.open(tmp_path) as store:
        store.append(dataclasses.replace(batches[0], first_sequence=1200, new_series=()))
    with RunStore.open(tmp_path) as store:
        assert store.compacted_up_to() == 1500
        for id in (0, 1):
            expected = of_series([*batches, batches[0]], id)
            assert same(store.points(id, 0, 10**6)[1], expected)
            assert sum(outline.n for outline in store.outlines(id)) == expected.n
