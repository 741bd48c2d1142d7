"""Where the time goes is added up, and judged in words."""

import math

import pytest

from eqxviz.session.system.time_shares import judge_time, shares_text, time_shares
from tests.session.system.made_samples import history, sample


def test_what_is_not_in_calls_is_outside():
    shares = time_shares([sample(10.0, 100, calls=3.0, compiling=1.0)])
    assert shares is not None
    assert (shares.calls, shares.compiling, shares.outside) == (2.0, 1.0, 7.0)
    assert not shares.knows_waiting
    assert sum(part.share for part in shares.parts) == pytest.approx(1.0)


def test_waiting_for_results_is_told_apart_where_it_is_known():
    shares = time_shares([sample(10.0, 100, calls=3.0, waiting=5.0)])
    assert shares is not None
    assert (shares.waiting, shares.outside) == (5.0, 2.0)
    assert shares_text(shares) == (
        "In jitted calls 30 % (3.00 s), Waiting for results 50 % (5.00 s), "
        "Outside jit 20 % (2.00 s)"
    )


def test_what_comes_before_the_first_call_is_left_out():
    shares = time_shares([sample(12.0, 100, calls=3.0, waiting=6.0, first_call=2.0)])
    assert shares is not None
    assert (shares.whole, shares.outside) == (10.0, 1.0)
    lately = time_shares([sample(10.0, first_call=9.5), sample(80.0, first_call=9.5)], 60.0)
    assert lately is not None
    assert lately.whole == 70.0


def test_calls_of_several_threads_are_never_longer_than_the_run():
    shares = time_shares([sample(10.0, 100, calls=35.0, compiling=20.0, waiting=4.0)])
    assert shares is not None
    assert shares.outside == 0
    assert shares.calls + shares.compiling + shares.waiting == pytest.approx(10.0)


def test_the_last_minute_is_apart_from_the_start():
    samples = history(120, inside=0.4)
    lately = time_shares(samples, 60.0)
    assert lately is not None
    assert lately.compiling == 0
    assert lately.outside / lately.whole == pytest.approx(0.6)
    assert time_shares(history(30), 60.0) is None
    assert time_shares([]) is None


@pytest.mark.parametrize(
    ("given", "words", "advice"),
    [
        ({"calls": 3.8, "waiting": 0.0}, "62 % of the time is spent outside jit", "Load the next"),
        ({"calls": 3.8}, "62 % of the time is spent outside jit", "waits for the device"),
        ({"calls": 6.0, "compiling": 5.0}, "50 % of the time is spent compiling", "Compile tab"),
        ({"calls": 1.0, "waiting": 8.5}, "85 % of the time the script waits", "larger batch"),
        ({"calls": 9.7}, "97 % of the time is spent in jitted calls", "little to win"),
        ({"calls": 6.0, "waiting": 0.0}, "60 % of the time is spent in", "thread"),
    ],
)  # fmt: skip
def test_the_largest_part_is_judged(given, words, advice):
    shares = time_shares([sample(10.0, 100, **given)])
    assert shares is not None
    judgement = judge_time(shares)
    assert words in judgement.words
    assert advice in judgement.advice


def test_what_is_outside_is_named_and_waiting_only_where_it_is_not_told_apart():
    known, unknown = (
        judge_time(time_shares([sample(10.0, 100, calls=3.0, waiting=waiting)]))
        for waiting in (0.0, math.nan)
    )
    assert known.what == "data loading, eager operations or printing"
    assert unknown.what.endswith("or waiting for results")
