"""A curve whose points lie in a store for the most part is outlined as if it held them all."""

import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eqxviz.records import MetricBatch, Series
from eqxviz.session import run_view
from eqxviz.session.curves import Curve, edges
from eqxviz.session.points import outlining
from eqxviz.session.points.outlining import Buckets, Outliner
from eqxviz.session.points.stored import read_past
from eqxviz.session.run_view import RunView
from eqxviz.store import RunStore, segments
from eqxviz.store.blocks import Points


class Background:
    """Does what is to be done in the background when it is told to."""

    def __init__(self) -> None:
        self.works: list[tuple[Callable[[], Any], Callable[[Any], None]]] = []

    def __call__(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self.works.append((work, done))

    def do(self) -> int:
        n = len(self.works)
        for _ in range(n):
            work, done = self.works.pop(0)
            done(work())
        return n


def points_like(shape: str, n: int, seed: int) -> Points:
    """Return points whose steps, or times, are as `shape` says."""
    rng = np.random.default_rng(seed)
    steps = np.arange(n)
    seconds = np.cumsum(rng.random(n)) * 0.01
    values = np.cumsum(rng.normal(size=n))
    if shape == "pauses":
        seconds += np.cumsum(rng.random(n) < 4 / n) * 1000.0
    elif shape == "epochs":
        steps = steps % max(n // 3, 1)
    elif shape == "clock set back":
        seconds[n // 2 :] -= seconds[n // 2] / 2
    elif shape == "same steps":
        steps = steps // 500 * 500
    values[rng.random(n) < rng.choice([0, 0.001, 0.2])] = np.nan
    values[rng.random(n) < 0.0005] = np.inf
    return Points(steps, seconds, values)


SHAPES = ["plain", "pauses", "epochs", "clock set back", "same steps"]


def batches_of(told: Points, size: int, new: bool = True) -> list[MetricBatch]:
    found: list[MetricBatch] = []
    for at in range(0, told.n, size):
        part = told.part(at, at + size)
        series = (Series(0, "loss", -1, "t.py", 1),) if at == 0 else ()
        found.append(MetricBatch(at, series, np.zeros(part.n, np.int32), *part))
    return found


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch):
    """What takes millions of points is seen with thousands."""
    monkeypatch.setattr(segments, "SEGMENT", 3000)
    monkeypatch.setattr(outlining, "_FEW_POINTS", 300)
    monkeypatch.setattr(outlining, "_FEW_BLOCKS", 16)
    for name, value in (("_HELD_POINTS", 1000), ("_HELD_BLOCKS", 200), ("_LEAST_HELD", 16)):
        monkeypatch.setattr(run_view, name, value)
    monkeypatch.setattr(run_view, "_SORT_OUT", 2000)


def opened(folder: Path, background: Background) -> RunView:
    with RunStore.open(folder) as store:
        view = RunView("train.py", (), str(folder), None)
        view.take_in(store)
    view.read_in(background)
    background.do()
    return view


def followed(folder: Path, batches: list[MetricBatch], background: Background) -> RunView:
    """Return a view to which the points came one batch after the other, and lie in the store."""
    view = RunView("train.py", (), str(folder), None)
    view.read_in(background)
    with RunStore.open(folder) as store:
        assert store.n_points() == sum(len(batch.series) for batch in batches)
    for batch in batches:
        view.add(batch)
        background.do()
    return view


def write(folder: Path, batches: list[MetricBatch]) -> None:
    with RunStore.create(folder, "train.py", [], "python") as store:
        for batch in batches:
            store.append(batch)


def settled(curve: Curve, background: Background, *view: Any, **more: Any) -> Any:
    """Return the outline once all that it takes has been read."""
    for _ in range(6):
        outline = curve.envelope(*view, **more)
        if not background.do():
            return outline
    raise AssertionError("the curve asks for more and more")


def check_outline(curve: Curve, told: Points, x0: float, x1: float, n: int, axis: str) -> None:
    """Every bucket has the least and greatest number of its points, but for its very ends."""
    x = told.steps.astype(float) if axis == "step" else told.seconds
    ends = edges(x0, x1, n, is_log=False)
    buckets = Buckets(ends)
    outliner = Outliner(curve._held(), axis, buckets)
    outliner.outline(0, curve.n, False)
    if outliner.missing:
        return
    slack = (x1 - x0) / n * outlining._PART * (1 + 1e-9) + 1e-9
    for j in range(n):
        last = ends[j + 1] if j < n - 1 else np.inf
        first = ends[j] if j else -np.inf
        sure = told.values[(x >= max(first + slack, x0)) & (x <= min(last - slack, x1))]
        possible = told.values[(x >= ends[j] - slack) & (x <= ends[j + 1] + slack)]
        low, high = buckets.low[j], buckets.high[j]
        if not np.isnan(sure).all():
            assert low <= np.nanmin(sure)
            assert high >= np.nanmax(sure)
        if not np.isnan(low):
            assert low >= np.nanmin(possible)
            assert high <= np.nanmax(possible)
        assert buckets.has_nan[j] or not np.isnan(sure).any()
        assert np.isnan(possible).any() or not buckets.has_nan[j]


@settings(max_examples=40, deadline=None)
@given(
    shape=st.sampled_from(SHAPES),
    n=st.integers(1, 30_000),
    size=st.integers(20, 4000),
    seed=st.integers(0, 2**31),
    is_followed=st.booleans(),
    views=st.lists(st.tuples(st.floats(-0.1, 1.1), st.floats(-0.1, 1.1)), min_size=1, max_size=4),
    n_buckets=st.integers(1, 60),
    axis=st.sampled_from(["step", "seconds"]),
)
def test_the_outline_is_that_of_the_points(
    shape, n, size, seed, is_followed, views, n_buckets, axis
):
    told, background = points_like(shape, n, seed), Background()
    batches = batches_of(told, size)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, batches)
        run = followed(folder, batches, background) if is_followed else opened(folder, background)
        curve = run.series[0]
        assert curve.n == n
        x = told.steps.astype(float) if axis == "step" else told.seconds
        assert curve.span(axis) == (x.min(), x.max())
        is_sorted = bool(np.all(np.diff(x) >= 0))
        for ends in views:
            x0, x1 = sorted(x.min() + end * (x.max() - x.min()) for end in ends)
            outline = settled(curve, background, x0, x1, n_buckets, axis)
            inside = (x >= x0) & (x <= x1)
            assert np.all(np.diff(outline.x) >= 0)
            if is_sorted and inside.sum() <= 2 * n_buckets:
                first = int(np.searchsorted(x, x0, "left"))
                stop = int(np.searchsorted(x, x1, "right"))
                near = slice(max(first - 1, 0), stop + 1)
                np.testing.assert_array_equal(outline.x, x[near])
                np.testing.assert_array_equal(outline.low, told.values[near])
            elif inside.sum() > 2 * n_buckets and x1 > x0:
                assert len(outline.x) <= n_buckets
                check_outline(curve, told, x0, x1, n_buckets, axis)
        assert curve.n_held < 16_000


def test_what_is_held_stays_little_while_a_run_goes_on(tmp_path: Path):
    told, background = points_like("plain", 120_000, 0), Background()
    batches = batches_of(told, 500)
    write(tmp_path, batches)
    curve = followed(tmp_path, batches, background).series[0]
    background.do()
    assert curve.n == 120_000
    assert curve.n_held < 8_000
    assert all(len(level) <= 200 for level in curve._whole.levels)
    outline = settled(curve, background, 0, 120_000, 50)
    assert outline.is_final
    assert np.nanmin(outline.low) == np.nanmin(told.values)


def test_points_that_are_being_read_are_outlined_meanwhile_and_then_come(tmp_path: Path):
    told, background = points_like("plain", 20_000, 1), Background()
    write(tmp_path, batches_of(told, 500))
    run = opened(tmp_path, background)
    refined: list[int] = []
    run.curves_refined.connect(lambda: refined.append(1))
    coarse = run.series[0].envelope(4000, 4050, 60)
    assert not coarse.is_final
    part = told.values[4000:4051]
    assert np.nanmin(coarse.low) <= np.nanmin(part)
    assert np.nanmax(coarse.high) >= np.nanmax(part)
    assert not refined
    background.do()
    assert refined == [1]
    fine = run.series[0].envelope(4000, 4050, 60)
    assert fine.is_final
    np.testing.assert_array_equal(fine.low, told.values[3999:4052])


def test_the_nearest_point_is_read_when_it_is_not_held(tmp_path: Path):
    told, background = points_like("plain", 20_000, 1), Background()
    write(tmp_path, batches_of(told, 500))
    curve = opened(tmp_path, background).series[0]
    assert curve.near(4321.4) is None
    background.do()
    assert curve.near(4321.4)[:2] == (4321, 4321)
    assert curve.near(4321.6)[:2] == (4322, 4322)
    assert curve.near(1e9)[:2] == curve.near(np.inf)[:2] == (19_999, 19_999)
    assert curve.near(-np.inf) is None
    background.do()
    assert curve.near(-np.inf)[:2] == (0, 0)
    assert curve.near(np.nan) is None


def test_points_are_read_wherever_they_are(tmp_path: Path):
    told, background = points_like("plain", 20_000, 1), Background()
    write(tmp_path, batches_of(told, 500))
    curve = opened(tmp_path, background).series[0]
    for first, stop in ((0, 20_000), (100, 200), (19_000, 30_000), (14_000, 19_999), (30_000, 9)):
        for one, other in zip(curve.read(first, stop), told.part(first, stop), strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_store_that_is_gone_leaves_the_coarse_outline(tmp_path: Path):
    told, background = points_like("plain", 20_000, 1), Background()
    write(tmp_path, batches_of(told, 500))
    run = opened(tmp_path, background)
    for path in tmp_path.glob("store.sqlite*"):
        path.unlink()
    assert not run.series[0].envelope(4000, 4050, 60).is_final
    background.do()
    # It is not asked for again and again.
    assert run.series[0].envelope(4000, 4050, 60).is_final
    assert background.works == []


def test_a_view_of_a_run_is_as_if_it_had_been_followed(tmp_path: Path):
    told, background = points_like("epochs", 10_000, 1), Background()
    batches = batches_of(told, 300)
    write(tmp_path, batches)
    one, other = opened(tmp_path, background), followed(tmp_path, batches, background)
    assert one.next_sequence == other.next_sequence == 10_000
    assert one.series[0].last() == other.series[0].last()
    assert str(one.series[0].summary) == str(other.series[0].summary)
    assert one.series[0].extremes() == other.series[0].extremes()


def test_of_a_damaged_store_the_rest_is_shown_and_a_problem_tells_of_it(tmp_path: Path):
    told, background = points_like("plain", 10_000, 1), Background()
    batches = batches_of(told, 300)
    other = Series(1, "acc", -1, "t.py", 1)
    batches[0] = replace(batches[0], new_series=(*batches[0].new_series, other))
    batches[0].series[10:20] = 1
    write(tmp_path, batches)
    with sqlite3.connect(tmp_path / "store.sqlite") as connection:
        connection.execute("UPDATE outlines SET blocks = x'00' WHERE series = 1")
    connection.close()
    run = opened(tmp_path, background)
    assert run.series[0].n == 9_990
    assert run.series[1].n == 0
    assert [problem.code for problem in run.problems] == ["store-damaged"]
    assert "curve 1 at 0" in run.problems[0].why


def test_a_run_that_goes_on_is_followed_from_where_its_store_ends(tmp_path: Path):
    told, background = points_like("plain", 10_000, 1), Background()
    batches = batches_of(told, 400)
    run = RunView("train.py", (), str(tmp_path), None)
    run.read_in(background)
    run.adopt(read_past(tmp_path))  # there is none yet
    assert run.next_sequence == 0
    write(tmp_path, batches[:20])
    run.adopt(read_past(tmp_path))
    assert run.next_sequence == run.series[0].n == 8000
    for batch in batches[19:]:
        run.add(batch)
    assert run.series[0].n == 10_000
    np.testing.assert_array_equal(run.series[0].read(0, 10_000).values, told.values)


@pytest.mark.parametrize("n", [1, 63, 64, 65, 3200, 6400])
def test_the_newest_point_is_held_wherever_the_blocks_end(tmp_path: Path, n: int):
    told, background = points_like("plain", n, 1), Background()
    with RunStore.create(tmp_path, "train.py", [], "python") as store:
        store.append(*batches_of(told, 3200))
    curve = opened(tmp_path, background).series[0]
    assert curve.n == n
    newest = curve.last()
    assert newest is not None
    assert newest.number == newest.step == n - 1
