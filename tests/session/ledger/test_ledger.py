"""What the ledger adds up."""

import math

import numpy as np
import pytest

from eqxviz.records import CacheUse, Executable, FunctionTotals, Problem, Severity
from eqxviz.records.recompiles import ALARM
from eqxviz.session.ledger.summary import alarms, compile_summary, settled_alarms
from eqxviz.session.run_view import RunView

from .made_runs import compiled, run_with


def alarm(function: int) -> Problem:
    title = "it compiles anew on nearly every call"
    return Problem(
        ALARM, Severity.WARNING, title, "why", "fix", "/x/train.py", 50, function=function
    )


def totals(function: int, calls: int, *outside: float) -> FunctionTotals:
    one = np.array([1.0])
    return FunctionTotals(
        np.array([function], np.int32), np.array([calls]), one, np.array([1]), one, one, one,
        *outside,
    )  # fmt: skip


def test_a_function_that_was_never_called_has_a_row_of_zeros():
    row = run_with().ledger.rows()[0]
    assert (row.calls, row.compiles, row.call_seconds) == (0, 0, 0.0)
    assert math.isnan(row.later_median)
    assert row.place == "train.py:20"


def test_compilations_of_one_function_add_up():
    rows = run_with(compiled(0, 1, 0.25), compiled(1, 1, 0.5), compiled(2, 0, 1.0)).ledger.rows()
    by_name = {row.name: row for row in rows}
    assert by_name["make_step"].compiles == 2
    assert by_name["make_step"].trace_seconds == 0.75
    assert by_name["make_step"].stage_seconds == 2.25
    assert by_name["evaluate"].compile_seconds == 1.0


def test_what_is_read_from_the_persistent_cache_counts_as_compiling():
    run = run_with(
        compiled(0, seconds=0.1, cache=CacheUse.MISS),
        compiled(1, seconds=0.0, cache=CacheUse.HIT, loaded=0.3),
    )
    row = run.ledger.row(1)
    assert row.cache_hits == 1
    assert row.compile_seconds == pytest.approx(0.4)


def test_a_compilation_that_arrives_later_is_counted_once():
    run = run_with(compiled(0))
    assert run.ledger.row(1).compiles == 1
    run.add(compiled(1))
    run.add(compiled(1))  # sent again, after an attachment
    assert run.ledger.row(1).compiles == 2
    assert [event.id for event in run.ledger.events(1)] == [0, 1]


def test_time_spent_orders_the_users_own_functions_before_all_others():
    run = run_with()
    run.add(
        FunctionTotals(
            np.array([0, 1, 2], np.int32),
            np.array([1, 2, 3]),
            np.array([1.0, 2.0, 9.0]),
            np.array([0, 0, 0]),
            *np.zeros((3, 3)),
        )
    )
    assert [row.name for row in run.ledger.rows()] == ["make_step", "evaluate", "_normal"]


def test_runs_are_told_apart_from_compilations():
    run = run_with(compiled(0))
    times = (np.array([0.2]), np.array([0.01]), np.array([0.05]))
    run.add(
        FunctionTotals(
            np.array([1], np.int32), np.array([7]), np.array([1.0]), np.array([1]), *times
        )
    )
    row = run.ledger.row(1)
    assert (row.first_run_seconds, row.later_median, row.later_worst) == (0.2, 0.01, 0.05)


def test_a_compilation_is_found_by_its_id():
    run = run_with(compiled(3), compiled(7))
    event = run.ledger.event(7)
    assert event is not None
    assert event.id == 7
    assert run.ledger.event(4) is None
    assert run.ledger.event(-1) is None


def test_a_row_has_the_memory_of_the_latest_compilation_that_was_asked_about():
    run = run_with(compiled(0), compiled(1), compiled(2))
    for event in (0, 1):
        run.ledger.add_answer(event, Executable(event, 100 + event, 20, 30, 0, -1, 5.0))
    run.ledger.add_answer(2, Problem("gone", Severity.NOTE, "It is gone", "", ""))
    executable = run.ledger.row(1).executable
    assert executable is not None
    assert executable.argument_bytes == 101


def test_the_summary_names_total_and_count():
    assert compile_summary(run_with()) == "Nothing was compiled yet"
    one = run_with(compiled(0, 1, 0.5))
    assert compile_summary(one) == "1.50 s of this 10.0 s run were compiling, in one compilation"


def test_time_in_which_several_threads_compile_counts_once():
    run = run_with(
        compiled(0, seconds=1.0, start=1.0, thread=0),
        compiled(1, seconds=1.0, start=2.0, thread=1),
        compiled(2, seconds=0.1, start=2.5, thread=2),
    )
    assert compile_summary(run).startswith("4.00 s of this 10.0 s run")


def test_what_is_compiled_outside_of_calls_is_in_the_total_and_told_apart():
    run = run_with(compiled(0, 1, 0.5))
    run.add(totals(1, 1, 20, 0.3))
    assert compile_summary(run) == (
        "1.80 s of this 10.0 s run were compiling, in 21 compilations, "
        "20 of them (300 ms) outside of calls of jitted functions"
    )


def test_an_alarm_belongs_to_the_function_that_it_is_about():
    run = run_with(compiled(0, 0), compiled(1, 1))  # both called at line 50
    problem = alarm(1)
    run.add(problem)
    assert alarms(run, [problem]) == {1: problem}
    assert alarms(run, []) == {}  # it was dismissed


def test_an_alarm_of_another_run_marks_nothing():
    before: RunView = run_with(compiled(0))
    problem = alarm(1)
    before.add(problem)
    assert alarms(run_with(compiled(0)), [problem]) == {}


def test_an_alarm_is_over_once_more_calls_in_a_row_were_reused_than_compiled():
    run = run_with(*(compiled(id, 1, call=id + 1) for id in range(5)))
    problem = alarm(1)
    run.add(problem)
    run.add(totals(1, 10))
    assert settled_alarms(run, [problem]) == []
    run.add(totals(1, 11))
    assert settled_alarms(run, [problem]) == [problem]
    assert settled_alarms(run, []) == []
