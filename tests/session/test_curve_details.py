"""What is said of a curve: where it comes from, and which of its points stand out."""

import numpy as np

from eqxviz.records import FunctionSeen, JitFlavour, MetricBatch, Series
from eqxviz.session.curve_details import curve_details
from eqxviz.session.run_view import RunView
from eqxviz.session.selection import Selection


def run_with(values: list[float], function: int = 0, *, is_state: bool = False) -> RunView:
    run, n = RunView("train.py", (), "", None), len(values)
    run.add(FunctionSeen(0, "make_step", "/x/train.py", 12, JitFlavour.JAX, True))
    new = (Series(4, "loss", function, "/x/train.py", 30, is_state),)
    ids, steps = np.full(n, 4, np.int32), np.arange(n, dtype=np.int64) * 10
    run.add(MetricBatch(0, new, ids, steps, steps * 0.5, np.array(values, np.float64)))
    return run


def said(run: RunView) -> dict[str, str]:
    details = curve_details(run, 4)
    assert details is not None
    return {fact.name: fact.value for fact in details.facts}


def test_a_curve_tells_its_function_its_line_and_its_extremes():
    run = run_with([3.0, 0.5, 2.0])
    assert said(run) == {
        "Returned by": "make_step",
        "Source": "train.py:30",
        "Points": "3",
        "Steps": "0 to 20",
        "Last": "2",
        "Min": "0.5 at step 10",
        "Max": "3 at step 0",
    }
    details = curve_details(run, 4)
    assert details is not None
    assert details.title == "loss"
    assert details.facts[0].link == Selection(kind="function", function=0)


def test_the_first_point_that_is_no_number_is_told():
    run = run_with([1.0, np.inf, np.nan, 2.0, np.nan])
    assert said(run)["NaN"] == "2, the first at step 20"
    assert said(run)["Infinite"] == "1, the first at step 10"
    assert said(run)["Max"] == "2 at step 30"


def test_a_curve_of_nothing_but_nans_has_no_extremes():
    told = said(run_with([np.nan]))
    assert "Min" not in told
    assert told["NaN"] == "1, the first at step 0"


def test_what_is_logged_and_what_is_state_say_so():
    logged = curve_details(run_with([1.0], function=-1), 4)
    state = curve_details(run_with([1.0], is_state=True), 4)
    assert logged is not None
    assert state is not None
    assert "logs" in logged.note
    assert "goes back into the next call" in state.note


def test_a_curve_that_the_run_does_not_have_has_no_details():
    assert curve_details(run_with([1.0]), 7) is None
