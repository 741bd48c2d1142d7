"""The moving average: right for any values, however they come in, and at any zoom."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eqxviz.session.plots import smoothing
from eqxviz.session.plots.smoothing import Average, Extent, Smoother, average

VALUES = st.lists(
    st.one_of(st.floats(-1e6, 1e6), st.sampled_from([np.nan, np.inf, -np.inf])), max_size=60
)


def by_hand(values: np.ndarray, window: int) -> np.ndarray:
    """Return the average as its definition says it, one value after the other."""
    keep, total, weight = 1 - 2 / (window + 1), 0.0, 0.0
    smooth = []
    for value in values:
        if np.isfinite(value):
            total, weight = keep * total + value, keep * weight + 1
        smooth.append(total / weight if np.isfinite(value) else np.nan)
    return np.array(smooth)


def reader(values: np.ndarray):
    steps = np.arange(len(values))
    return lambda start, stop: (steps[start:stop], steps[start:stop] / 10, values[start:stop])


@settings(deadline=None)
@given(VALUES, st.integers(1, 1000))
def test_the_average_is_what_its_definition_says(values: list[float], window: int):
    values = np.array(values, np.float64)
    smooth, _ = average(values, window, Average())
    np.testing.assert_allclose(smooth, by_hand(values, window), rtol=1e-7, atol=1e-7)


@settings(deadline=None)
@given(VALUES, st.integers(1, 100), st.integers(0, 60))
def test_the_average_goes_on_where_it_stood(values: list[float], window: int, cut: int):
    values = np.array(values, np.float64)
    first, stands = average(values[:cut], window, Average())
    second, _ = average(values[cut:], window, stands)
    whole, _ = average(values, window, Average())
    np.testing.assert_allclose(np.concatenate([first, second]), whole, rtol=1e-7, atol=1e-7)


def test_the_average_of_a_constant_is_the_constant_from_its_first_point():
    smooth, _ = average(np.full(100, 3.0), 1000, Average())
    np.testing.assert_allclose(smooth, 3.0)


def test_a_window_of_one_changes_nothing():
    values = np.array([1.0, np.nan, 3.0, np.inf, -2.0])
    smooth, _ = average(values, 1, Average())
    np.testing.assert_array_equal(smooth, [1.0, np.nan, 3.0, np.nan, -2.0])


@settings(deadline=None)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=8), st.sampled_from([1, 7, 300]))
def test_an_outline_that_grows_is_that_of_all_points(cuts: list[int], window: int):
    n = sum(cuts)
    values = np.random.default_rng(n).normal(size=n)
    values[::17] = np.nan
    grown, stop = Smoother(window), 0
    for cut in cuts:
        stop += cut
        grown.extend(reader(values), stop)
    whole = Smoother(window)
    whole.extend(reader(values), n)
    np.testing.assert_allclose(grown.so_far().blocks, whole.so_far().blocks, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("window", [1, 20, 3000])
def test_blocks_become_larger_rather_than_more_and_stay_exact(monkeypatch, window: int):
    monkeypatch.setattr(smoothing, "MOST_BLOCKS", 96)
    monkeypatch.setattr(smoothing, "CHUNK", 512)
    values = np.random.default_rng(0).normal(size=40_123)
    values[5000:5300] = np.nan
    smoother = Smoother(window)
    for stop in (1, 777, 20_000, 40_123):
        smoother.extend(reader(values), stop)
    so_far, expected = smoother.so_far(), by_hand(values, window)
    assert len(so_far.blocks) <= 96
    assert so_far.size * len(so_far.blocks) >= len(values)
    starts = np.arange(0, len(values), so_far.size)
    np.testing.assert_allclose(so_far.blocks[:, 4], np.fmin.reduceat(expected, starts), rtol=1e-9)
    np.testing.assert_allclose(so_far.blocks[:, 5], np.fmax.reduceat(expected, starts), rtol=1e-9)
    _, _, smooth = so_far.stretch(reader(values), 30_001, 30_500)
    np.testing.assert_allclose(smooth, expected[30_001:30_500], rtol=1e-9)


def test_an_outline_has_the_greatest_and_the_least_average_in_sight():
    values = np.zeros(100_000)
    values[50_000] = 1000.0
    smoother = Smoother(10)
    smoother.extend(reader(values), len(values))
    outline = smoother.so_far().envelope(Extent(0, 99_999, 100, "step"), 0)
    assert len(outline.x) <= 200
    assert outline.high.max() == pytest.approx(by_hand(values, 10).max())
    assert outline.low.min() == 0
