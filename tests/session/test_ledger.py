"""What the ledger adds up."""

from dataclasses import replace

import numpy as np

from eqxviz.records import CompileEvent, FunctionSeen, FunctionTotals, JitFlavour
from eqxviz.session.ledger.ledger import compile_summary
from eqxviz.session.run_view import RunView


def run_with(*events: CompileEvent) -> RunView:
    run = RunView("train.py", (), "", None)
    run.add(FunctionSeen(0, "evaluate", "/x/train.py", 20, JitFlavour.JAX, True))
    run.add(FunctionSeen(1, "make_step", "/x/train.py", 12, JitFlavour.EQXCORE, True))
    run.add(FunctionSeen(2, "_normal", "/lib/random.py", 9, JitFlavour.JAX, False))
    for event in events:
        run.add(event)
    run.status = replace(run.status, elapsed_seconds=10.0)
    return run


def compiled(event: int, function: int, seconds: float) -> CompileEvent:
    return CompileEvent(event, function, 1, 0, 0.5, seconds, seconds, seconds, 0.0, "train.py", 5)


def test_a_function_that_was_never_called_has_a_row_of_zeros():
    row = run_with().ledger.rows()[0]
    assert (row.calls, row.compiles, row.call_seconds) == (0, 0, 0.0)
    assert row.place == "train.py:20"


def test_compilations_of_one_function_add_up():
    rows = run_with(compiled(0, 1, 0.25), compiled(1, 1, 0.5), compiled(2, 0, 1.0)).ledger.rows()
    by_name = {row.name: row for row in rows}
    assert by_name["make_step"].compiles == 2
    assert by_name["make_step"].trace_seconds == 0.75
    assert by_name["evaluate"].compile_seconds == 1.0


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


def test_the_summary_names_total_and_count():
    assert compile_summary(run_with()) == "Nothing was compiled yet"
    one = run_with(compiled(0, 1, 0.5))
    assert compile_summary(one) == "1.50 s of this 10.0 s run were compiling, in one compilation"
