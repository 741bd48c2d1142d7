"""What is known of a run grows as its records arrive."""

import math

import numpy as np
import pytest

from eqxviz.records import CompileEvent, MetricBatch, RunState, RunStatus, Series
from eqxviz.session import run_view
from eqxviz.session.run_view import RunView


@pytest.fixture
def view():
    return RunView("train.py", ["--steps", "5"], "/runs/one", None)


def batch(first, ids, values, new=()):
    n = len(ids)
    steps = np.arange(first, first + n, dtype=np.int64)
    return MetricBatch(
        first,
        tuple(Series(i, f"s{i}", -1, "train.py", 1) for i in new),
        np.array(ids, np.int32),
        steps,
        steps * 0.1,
        np.array(values, np.float64),
    )


def test_a_run_of_which_nothing_was_heard_is_starting(view):
    assert view.status.state is RunState.STARTING
    assert view.is_live
    assert math.isnan(view.status.steps_per_second)


def test_points_go_to_their_curves(view):
    view.add(batch(0, [0, 1, 0], [1.0, 10.0, 2.0], new=(0, 1)))
    view.add(batch(3, [1], [11.0]))
    assert view.series[0].read(0, 9).values.tolist() == [1.0, 2.0]
    assert view.series[1].read(0, 9).values.tolist() == [10.0, 11.0]
    assert view.series[0].read(0, 9).steps.tolist() == [0, 2]


def test_points_that_were_sent_before_are_not_taken_twice(view):
    view.add(batch(0, [0, 0], [1.0, 2.0], new=(0,)))
    view.add(batch(0, [0, 0, 0], [1.0, 2.0, 3.0], new=(0,)))
    view.add(batch(1, [0], [2.0]))
    assert view.series[0].read(0, 9).values.tolist() == [1.0, 2.0, 3.0]
    assert view.next_sequence == 3


def test_a_compilation_that_was_sent_before_is_not_taken_twice(view):
    event = CompileEvent(0, 0, 1, 1, 0.0, 0.1, 0.1, 0.1, 0.0, "train.py", 3)
    view.add(event)
    view.add(event)
    assert view.compiles == [event]


def test_an_end_is_an_end(view):
    view.add(RunStatus(RunState.FINISHED, 5, 0, 1.0, 1.0, "cpu:0", -1, "", 0, 0))
    assert not view.is_live


def test_only_the_end_of_a_long_output_is_kept(view, monkeypatch):
    monkeypatch.setattr(run_view, "MAX_OUTPUT_CHARS", 10)
    for text in ("abc", "defg", "hijk", "lm"):
        view.add_output(text)
    assert view.output == "defghijklm"
    view.add_output("0123456789ABCDEF")
    assert view.output == "6789ABCDEF"
