"""Ticks: at round places, not too many, and told apart by what is written at them."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from eqxviz.session.plots.scales import Scale, XKind
from eqxviz.session.plots.ticks import x_ticks, y_ticks

PLACES = st.floats(-1e12, 1e12)


def texts(ticks) -> list[str]:
    return [tick.text for tick in ticks if tick.text]


@settings(deadline=None)
@given(PLACES, st.floats(1e-6, 1e12), st.integers(1, 20), st.sampled_from(["step", "seconds"]))
def test_ticks_lie_within_and_are_told_apart(low: float, width: float, most: int, kind: XKind):
    high = low + width
    assume(width > abs(low) * 1e-9)
    for ticks in (x_ticks(low, high, most, Scale(), kind), y_ticks(low, high, most, Scale())):
        room = width * 1e-6
        assert all(low - room <= tick.place <= high + room for tick in ticks)
        assert len(texts(ticks)) <= most + 2
        assert len(set(texts(ticks))) == len(texts(ticks))


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0, 10, ["0", "2", "4", "6", "8", "10"]),
        (0, 2, ["0", "1", "2"]),
        (0, 100_000, ["0", "20 k", "40 k", "60 k", "80 k", "100 k"]),
        (0, 2_500_000, ["0", "500 k", "1 M", "1.5 M", "2 M", "2.5 M"]),
        (3_000_000, 3_000_400, ["3,000,000", "3,000,100", "3,000,200", "3,000,300", "3,000,400"]),
    ],
)
def test_steps_are_counted_in_whole_numbers(low: float, high: float, said: list[str]):
    assert texts(x_ticks(low, high, 5, Scale(), "step")) == said


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0, 0.004, ["0", "0.001 s", "0.002 s", "0.003 s", "0.004 s"]),
        (0, 60, ["0", "15 s", "30 s", "45 s", "1 min"]),
        (0, 400, ["0", "2 min", "4 min", "6 min"]),
        (3600, 3660, ["1 h", "1:00:15 h", "1:00:30 h", "1:00:45 h", "1:01 h"]),
    ],
)
def test_times_are_told_as_a_clock_does(low: float, high: float, said: list[str]):
    assert texts(x_ticks(low, high, 4, Scale(), "seconds")) == said


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0, 1, ["0", "0.5", "1.0"]),
        (1e-9, 3e-9, ["1e-9", "2e-9", "3e-9"]),
        (-1e300, 1e300, ["-1e300", "0", "1e300"]),
        (-1e-10, 1e-10, ["-1e-10", "0", "1e-10"]),
        (-1e-5, 1e-5, ["-1e-5", "0", "1e-5"]),
        (0.0, 1e-4, ["0", "0.00005", "0.00010"]),
        (0.0, 1e6, ["0", "5e5", "1e6"]),
        (1e300, 2e300, ["1e300", "1.5e300", "2e300"]),
    ],
)
def test_values_have_the_digits_that_tell_them_apart(low: float, high: float, said: list[str]):
    assert texts(y_ticks(low, high, 3, Scale())) == said


def test_a_logarithmic_axis_has_ticks_at_powers_of_ten():
    ticks = y_ticks(-3, 2, 10, Scale(is_log=True))
    assert texts(ticks) == ["0.001", "0.01", "0.1", "1", "10", "100"]
    assert any(tick.place == pytest.approx(math.log10(0.5)) for tick in ticks)
