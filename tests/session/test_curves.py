"""Curves keep all points; their outline is exact at every zoom."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eqxviz.records import Series
from eqxviz.session.curves import Curve
from eqxviz.store.blocks import Points


def curve_of(values, steps=None, piece=1000):
    curve = Curve(Series(0, "loss", -1, "train.py", 1))
    values = np.asarray(values, np.float64)
    steps = np.arange(len(values)) if steps is None else np.asarray(steps)
    for at in range(0, len(values), piece):
        part = slice(at, at + piece)
        curve.extend(Points(steps[part].astype(np.int64), steps[part] * 0.5, values[part]))
    return curve


def test_points_come_back_as_they_were_added():
    curve = curve_of([3.0, np.nan, 1.0], [0, 5, 6], piece=2)
    assert curve.n == 3
    steps, seconds, values = curve.read(0, 9)
    assert steps.tolist() == [0, 5, 6]
    assert seconds.tolist() == [0.0, 2.5, 3.0]
    np.testing.assert_array_equal(values, [3.0, np.nan, 1.0])
    assert curve.last() == (2, 6, 3.0, 1.0)
    assert curve.span() == (0, 6)
    assert curve.extremes() == (1.0, 3.0)
    assert curve.near(4) == (1, 5, 2.5, pytest.approx(np.nan, nan_ok=True))


def test_few_points_are_their_own_outline_with_a_neighbour_on_either_side():
    outline = curve_of(np.arange(100.0)).envelope(10, 20, 50)
    assert outline.x.tolist() == list(range(9, 22))
    assert outline.low.tolist() == outline.high.tolist() == list(range(9, 22))


def test_a_curve_without_points_has_an_empty_outline():
    assert len(curve_of([]).envelope(0, 1, 10).x) == 0


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(200, 5000),
    piece=st.integers(1, 700),
    n_buckets=st.integers(1, 90),
    ends=st.tuples(st.floats(-0.2, 1.2), st.floats(-0.2, 1.2)),
    seed=st.integers(0, 2**31),
    axis=st.sampled_from(["step", "seconds"]),
    is_sorted=st.booleans(),
)
def test_the_outline_is_that_of_the_points_themselves(
    n, piece, n_buckets, ends, seed, axis, is_sorted
):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=n)
    values[rng.random(n) < rng.choice([0, 0.01, 0.9])] = np.nan
    values[rng.random(n) < 0.01] = np.inf
    steps = rng.integers(0, 2 * n, n)
    if is_sorted:
        steps = np.sort(steps)
    curve = curve_of(values, steps, piece)
    x = steps.astype(float) if axis == "step" else steps * 0.5
    x0, x1 = sorted(end * x.max() for end in ends)
    outline = curve.envelope(x0, x1, n_buckets, axis)
    inside = (x >= x0) & (x <= x1)
    if inside.sum() <= 2 * n_buckets:
        return
    assert len(outline.x) <= n_buckets
    assert np.all(np.diff(outline.x) >= 0)
    bucket = np.searchsorted(np.linspace(x0, x1, n_buckets + 1)[1:-1], x[inside], "right")
    for at, key in enumerate(np.unique(bucket)):
        points = values[inside][bucket == key]
        finite = points[~np.isnan(points)]
        expected = (finite.min(), finite.max()) if len(finite) else (np.nan, np.nan)
        np.testing.assert_array_equal((outline.low[at], outline.high[at]), expected)
        assert outline.has_nan[at] == np.isnan(points).any()


@pytest.mark.parametrize("limits", [(-np.inf, np.inf), (0, 1e300)])
def test_limits_may_lie_far_outside(limits):
    outline = curve_of(np.arange(10_000.0)).envelope(*limits, 20_000)
    assert len(outline.x) == 10_000
