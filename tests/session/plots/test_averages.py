"""The averages of curves, as they are drawn: every point where there is room for it."""

import numpy as np
import pytest

from eqxviz.records import Series
from eqxviz.session.curves import Curve, Envelope
from eqxviz.session.plots.averages import Averages
from eqxviz.session.plots.smoothing import Average, Extent, average
from eqxviz.store.blocks import Points


def curve_of(values: np.ndarray) -> Curve:
    curve = Curve(Series(0, "loss", 0, "train.py", 1))
    steps = np.arange(1, len(values) + 1)
    curve.extend(Points(steps, steps / 10, values))
    return curve


def outline_of(curve: Curve, extent: Extent, window: int) -> Envelope:
    averages = Averages(lambda work, done: done(work()))
    averages.begin(window)
    averages.outline(curve, extent)
    outline = averages.outline(curve, extent)
    assert outline is not None
    return outline


@pytest.mark.parametrize("n", [1000, 200_000])
def test_on_a_logarithmic_axis_the_first_averages_stand_each_at_its_own_step(n: int):
    values = np.random.default_rng(0).random(n)
    expected, _ = average(values, 50, Average())
    outline = outline_of(curve_of(values), Extent(1.0, float(n), 400, "step", is_log=True), 50)
    np.testing.assert_array_equal(outline.x[:20], np.arange(1, 21))
    np.testing.assert_allclose(outline.low[:20], expected[:20], rtol=1e-9)
    np.testing.assert_array_equal(outline.low[:20], outline.high[:20])
    # And no column of pixels further on is left out, or holds what is not there.
    widths = np.diff(np.log10(outline.x[outline.x > 200]))
    assert widths.min() > 0
    assert widths.max() < 3 * np.log10(n) / 400
    assert outline.low.min() == pytest.approx(expected.min())
    assert outline.high.max() == pytest.approx(expected.max())


@pytest.mark.parametrize("is_log", [False, True])
def test_the_extremes_of_an_average_are_those_of_all_its_points_at_any_zoom(is_log: bool):
    values = np.random.default_rng(1).random(50_000)
    expected, _ = average(values, 5, Average())
    curve = curve_of(values)
    for x0, x1 in ((1, 50_000), (10, 90), (20_000, 40_000), (49_000, 50_000)):
        outline = outline_of(curve, Extent(x0, x1, 300, "step", is_log), 5)
        inside = (outline.x >= x0) & (outline.x <= x1)
        seen = expected[x0 - 1 : x1]
        assert outline.low[inside].min() == pytest.approx(seen.min(), rel=0.05)
        assert outline.high[inside].max() == pytest.approx(seen.max(), rel=0.05)
