"""How long the runs of a function take."""

import math

import pytest

from eqxviz.capturing.timings import RunTimes


def counted(*seconds: float) -> RunTimes:
    times = RunTimes()
    times.waiting.extend(seconds)
    times.count()
    return times


@pytest.mark.parametrize("seconds", [2.49e-4, 2.5e-4, 2.51e-4, 1e-10, 3_000.0])
def test_the_median_is_never_better_than_the_best_nor_worse_than_the_worst(seconds: float):
    once = counted(seconds)
    assert once.best == once.median == once.worst == seconds
    twice = counted(seconds, seconds * 1.001)
    assert twice.best <= twice.median <= twice.worst


def test_the_median_of_many_is_within_two_percent():
    times = counted(*(n * 1e-5 for n in range(1, 1002)))
    assert times.median == pytest.approx(5.01e-3, rel=0.02)
    assert (times.best, times.worst) == (1e-5, 1001 * 1e-5)


def test_what_was_never_run_has_no_times():
    assert math.isnan(counted().median)
