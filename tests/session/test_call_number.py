"""The call that a run is to pause before, as it is written."""

from dataclasses import replace

import pytest

from eqxviz.records import RunState
from eqxviz.session.call_number import CallNumberError, call_hint, call_number
from eqxviz.session.run_view import RunView


@pytest.mark.parametrize(
    ("text", "call"),
    [("1500", 1500), ("1,500", 1500), (" 2k ", 2000), ("+100", 113), ("1_000", 1000), ("13", 13)],
)
def test_a_call_is_named_by_its_number_or_from_here_on(text, call):
    assert call_number(text, 12) == call


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Write a number"),
        ("soon", "Write a number"),
        ("-3", "Write a number"),
        ("1.5", "Write a number"),
        ("12", "12 calls were made already: the next is 13"),
        ("+0", "12 calls were made already"),
        ("9" * 30, "more calls than can be counted"),
    ],
)
def test_what_names_no_call_to_come_says_why(text, why):
    with pytest.raises(CallNumberError, match=why):
        call_number(text, 12)


def test_how_far_a_call_is_is_said():
    run = RunView("train.py", [], "", None)
    run.status = replace(run.status, state=RunState.RUNNING, step=12)
    assert call_hint(run, 13) == "That is the next call"
    assert call_hint(run, 112) == "99 calls from here"
    run.status = replace(run.status, steps_per_second=10.0)
    assert call_hint(run, 14) == "1 call from here, about 100 ms"
