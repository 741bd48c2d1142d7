"""A ring stands where the call came to its end that compiled."""

import numpy as np

from eqxviz.records import CompileEvent, MetricBatch, RunState, RunStatus, Series
from eqxviz.session.plots.axis import XAxis
from eqxviz.session.plots.compile_marks import CompileMarks
from eqxviz.session.run_view import RunView

STEP, EVALUATE, START = 0, 1, 2


def compiled(id: int, function: int, start: float) -> CompileEvent:
    return CompileEvent(id, function, 1, 1, start, 0.01, 0.01, 0.01, 0.0, "/x.py", 3)


def trained() -> RunView:
    """A step at each full second, after the 4th and the 8th an evaluation."""
    run = RunView("/x.py", (), "", None)
    rows = [(STEP, step, float(step)) for step in range(1, 11)]
    rows += [(EVALUATE, 4, 4.2), (EVALUATE, 8, 8.2)]
    series, steps, seconds = zip(*sorted(rows, key=lambda row: row[2]), strict=True)
    run.add(
        MetricBatch(
            0,
            (Series(0, "loss", STEP, "/x.py", 1), Series(1, "val", EVALUATE, "/x.py", 2)),
            np.array(series, np.int32),
            np.array(steps, np.int64),
            np.array(seconds),
            np.arange(12.0),
        )
    )
    return run


def places(run: RunView) -> list[float]:
    axis = XAxis("step", False)
    return [mark.place for mark in CompileMarks().marks(run, axis, (0.0, 100.0), 0.0)]


def test_a_ring_stands_at_the_step_whose_call_compiled_not_at_the_one_before():
    run = trained()
    # The end of the step before is nearer to its begin than its own end is.
    run.add(compiled(0, STEP, 0.5))
    run.add(compiled(1, STEP, 4.3))
    run.add(compiled(2, STEP, 9.05))
    assert places(run) == [1, 5, 10]


def test_what_compiled_between_steps_stands_at_the_step_that_its_own_points_have():
    run = trained()
    run.add(compiled(0, EVALUATE, 4.05))
    run.add(compiled(1, EVALUATE, 8.05))
    run.add(compiled(2, START, 0.1))
    assert places(run) == [4, 8, 1]


def test_what_compiled_after_the_last_point_stands_there_once_the_run_is_over():
    run = trained()
    run.add(compiled(0, START, 11.0))
    assert places(run) == []
    run.add(RunStatus(RunState.FINISHED, 10, 0, 1.0, 12.0, "cpu:0", -1, "", 0, 0))
    assert places(run) == [10]
