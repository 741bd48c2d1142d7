"""The horizontal axis: steps, seconds and samples, evenly or by powers of ten."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eqxviz.records import MetricBatch, Series
from eqxviz.records.telemetry import BatchSize, Pace
from eqxviz.session.curves import Curve
from eqxviz.session.plots.axis import XAxis
from eqxviz.session.plots.scales import XKind
from eqxviz.session.points.samples import Samples
from eqxviz.session.run_view import RunView

SIZES = st.lists(
    st.tuples(st.integers(0, 1000), st.integers(1, 512)), max_size=5, unique_by=lambda s: s[0]
).map(lambda pairs: [BatchSize(*pair) for pair in sorted(pairs)])


def curve_of(values: np.ndarray, *told: BatchSize | Pace) -> Curve:
    run = RunView("/x.py", (), "", None)
    for record in told:
        run.add(record)
    n = len(values)
    steps = np.arange(n)
    series = (Series(0, "loss", -1, "/x.py", 1),)
    run.add(MetricBatch(0, series, np.zeros(n, np.int32), steps, steps / 10.0, values))
    return run.series[0]


@settings(deadline=None)
@given(SIZES, st.integers(0, 2000))
def test_samples_are_the_sum_of_the_sizes_of_all_steps_so_far(sizes: list[BatchSize], step: int):
    samples = Samples(sizes)
    expected = 0
    is_from_one = bool(sizes) and sizes[0].step > 0
    for s in range(1 if is_from_one else 0, step + 1):
        of = [size.size for size in sizes if size.step <= s]
        expected += of[-1] if of else (sizes[0].size if sizes else 1)
    seen = samples.of_steps(np.array([float(step)]))
    assert seen[0] == expected
    assert samples.to_steps(seen)[0] == pytest.approx(step)


def test_the_outline_along_samples_stands_at_the_samples_of_its_steps():
    axis = XAxis("samples", is_log=False)
    curve = curve_of(np.arange(10.0), BatchSize(0, 10), BatchSize(5, 20))
    outline = axis.outline(curve, *axis.span([curve]), 100)
    assert outline.x.tolist() == [10, 20, 30, 40, 50, 70, 90, 110, 130, 150]
    assert outline.high.tolist() == list(range(10))


def test_each_curve_has_the_samples_that_were_seen_at_its_own_steps():
    # A scan of 5 steps in each call, and what is logged once in 2 calls; the last calls are larger.
    sizes = BatchSize(1, 100), BatchSize(5, 200)
    stacked = curve_of(np.arange(40.0), *sizes, Pace(0, 0, 1 / 5, 5.0))
    logged = curve_of(np.arange(4.0), *sizes, Pace(0, 0, 2.0, 0.5))
    calls = curve_of(np.arange(9.0), *sizes)
    axis = XAxis("samples", is_log=False)
    assert stacked.samples.of_steps(np.array([0.0, 4, 19, 20, 24])).tolist() == [
        20, 100, 400, 440, 600,
    ]  # fmt: skip
    assert logged.samples.of_steps(np.array([0.0, 1, 2])).tolist() == [200, 400, 800]
    assert axis.span([stacked, logged, calls]) == (0, 1200)
    for curve in (stacked, logged, calls):
        for step in (1.0, 3.0):
            place = float(axis.places(np.array([step]), curve)[0])
            assert axis.base_at(place, curve) == pytest.approx(step)
    # A later call that is shorter: its steps are larger parts of it.
    short = curve_of(np.arange(12.0), *sizes, Pace(0, 0, 1 / 5, 5.0), Pace(0, 10, 2.5, 2.0))
    assert short.samples.of_steps(np.array([9.0, 10, 11])).tolist() == [200, 250, 300]


@pytest.mark.parametrize("kind", ["step", "seconds", "samples"])
@pytest.mark.parametrize("n", [30, 50_000])
def test_a_logarithmic_axis_leaves_no_point_out_but_the_one_at_zero(kind: XKind, n: int):
    values = np.random.default_rng(n).normal(size=n)
    values[n // 3], values[n // 2] = 99.0, -99.0
    axis = XAxis(kind, is_log=True)
    curve = curve_of(values, BatchSize(0, 8))
    low, high = axis.span([curve])
    outline = axis.outline(curve, low, high, 300)
    assert np.all(np.diff(outline.x[np.isfinite(outline.x)]) >= 0)
    assert (outline.high.max(), outline.low.min()) == (99.0, -99.0)
    if kind == "samples":
        assert outline.x[0] == pytest.approx(np.log10(8))


def test_an_axis_without_points_has_a_span():
    assert XAxis("step", is_log=False).span([]) == (0.0, 1.0)
    assert XAxis("step", is_log=True).span([curve_of(np.ones(1))]) != ()
