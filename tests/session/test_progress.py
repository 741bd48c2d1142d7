"""The progress bars of a script in words."""

import math

from eqxviz.records import Bar
from eqxviz.session.progress import progress_of, shown_progress, whole_progress


def bar(n, total=math.nan, text="", unit="it", seconds=10.0, is_over=False):
    return Bar(0, text, n, total, unit, seconds, is_over)


def test_a_bar_with_a_total_says_how_far_it_is_and_how_long_it_takes_yet():
    told = progress_of(bar(3, 10, "epoch"))
    assert (told.words, told.share, told.remaining) == ("epoch: 3 of 10", 0.3, "23 s")
    assert progress_of(bar(1200, 5000, "", "batch")).words == "1,200 of 5,000 batch"
    assert progress_of(bar(0.5, 2.0, "Loss: ")).words == "Loss: 0.50 of 2"


def test_a_bar_without_a_total_counts():
    told = progress_of(bar(1240, text="steps"))
    assert (told.words, told.remaining) == ("steps: 1,240 it", "")
    assert math.isnan(told.share)


def test_a_bar_at_its_start_does_not_know_how_long_it_takes():
    assert progress_of(bar(0, 10)).remaining == ""
    assert progress_of(bar(0, 0)).words == "0 it"
    assert progress_of(bar(12, 10)).remaining == ""
    assert progress_of(bar(12, 10)).share == 1.0


def test_bars_that_are_over_are_gone_and_the_outermost_tells_how_far_the_run_is():
    bars = (bar(1, 2, "over", is_over=True), bar(5, text="no end"), bar(3, 10, "epoch"), bar(1, 4))
    assert [told.words for told in shown_progress(bars)] == [
        "no end: 5 it",
        "epoch: 3 of 10",
        "1 of 4",
    ]
    assert whole_progress(bars).words == "epoch: 3 of 10"
    assert whole_progress(()) is None
