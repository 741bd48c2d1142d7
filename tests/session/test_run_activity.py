"""What a run is doing is said truthfully, also between what it tells of itself."""

import math
from dataclasses import replace

import numpy as np
import pytest

from eqxviz.records import (
    Control,
    FunctionSeen,
    FunctionTotals,
    GateCommand,
    JitFlavour,
    Problem,
    RunState,
    RunStatus,
    Severity,
)
from eqxviz.session.run_activity import RunActivity
from eqxviz.session.run_view import RunView


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Told:
    """A run that tells things one after the other, as a session takes them in."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.run = RunView("train.py", [], "", None)
        self.activity = RunActivity(self.clock)

    def tell(self, record) -> None:
        self.run.add(record)
        self.activity.add(record)

    def state(self, state: RunState, **changes) -> None:
        self.tell(replace(self.run.status, state=state, **changes))

    def calls(self, **calls: int) -> None:
        ids = {seen.name: id for id, seen in self.run.functions.items()}
        zeros, n = np.zeros(len(calls)), len(calls)
        self.tell(
            FunctionTotals(
                np.array([ids[name] for name in calls], np.int32),
                np.array(list(calls.values()), np.int64),
                *(zeros, np.zeros(n, np.int64), zeros, zeros, zeros),
            )
        )

    def sees(self, id: int, name: str) -> None:
        self.tell(FunctionSeen(id, name, "train.py", 10, JitFlavour.JAX, True))

    def ask(self, command: GateCommand, call: int = -1) -> None:
        self.activity.ask(Control(command, call), self.run.status)

    @property
    def words(self) -> str:
        return self.activity.words(self.run)


@pytest.fixture
def told() -> Told:
    return Told()


def test_a_run_starts_imports_compiles_and_runs(told: Told):
    assert told.words == "starting"
    told.state(RunState.RUNNING)
    assert told.words == "running, no jitted call yet"
    told.sees(0, "make_step")
    assert told.words == "compiling make_step in its first call"
    told.calls(make_step=1)
    assert told.words == "running"


def test_a_long_compilation_tells_how_long_it_takes_and_a_pause_waits_for_it(told: Told):
    told.state(RunState.RUNNING)
    told.sees(0, "make_step")
    told.clock.now += 8
    assert told.words == "compiling make_step in its first call for 8 s"
    assert told.activity.quiet_seconds(told.run) == 0
    told.ask(GateCommand.PAUSE)
    assert told.words == "pausing…, compiling make_step in its first call for 8 s"


def test_a_function_that_is_compiled_later_is_named_as_well(told: Told):
    told.state(RunState.RUNNING)
    told.sees(0, "make_step")
    told.calls(make_step=500)
    told.sees(1, "evaluate")
    assert told.words == "compiling evaluate in its first call"
    told.calls(make_step=500, evaluate=1)
    assert told.words == "running"


def test_a_first_call_that_failed_is_over_with_the_next_call_of_another(told: Told):
    told.state(RunState.RUNNING)
    told.sees(0, "make_step")
    told.calls(make_step=0)
    told.sees(1, "other")
    told.calls(make_step=0, other=1)
    assert told.words == "running"


def test_a_pause_that_is_asked_for_is_told_until_the_boundary_is_reached(told: Told):
    told.state(RunState.RUNNING, step=12)
    told.sees(0, "make_step")
    told.calls(make_step=12)
    told.ask(GateCommand.PAUSE)
    assert told.words == "pausing…"
    told.state(RunState.RUNNING, step=12)
    assert told.words == "pausing…"
    told.state(
        RunState.PAUSED, step=13, step_function=0, at_function=0, at_file="/a/train.py", at_line=40
    )
    assert told.words == "paused before call 14 of make_step at train.py:40"


def test_a_pause_at_another_function_counts_the_calls_of_that_function(told: Told):
    told.state(RunState.RUNNING, step=500, step_function=0)
    told.sees(0, "make_step")
    told.sees(1, "evaluate")
    told.calls(make_step=500, evaluate=4)
    told.state(RunState.PAUSED, at_function=1, at_file="/a/train.py", at_line=44)
    assert told.words == "paused before call 5 of evaluate at train.py:44"


def test_a_step_is_told_until_the_next_pause(told: Told):
    told.sees(0, "make_step")
    told.calls(make_step=3)
    paused = {"step_function": 0, "at_function": 0, "at_file": "train.py", "at_line": 40}
    told.state(RunState.PAUSED, step=3, **paused)
    told.ask(GateCommand.STEP)
    told.state(RunState.PAUSED, step=3, **paused)
    assert told.words == "stepping…"
    told.state(RunState.RUNNING)
    assert told.words == "stepping…"
    told.state(RunState.PAUSED, step=4, **paused)
    assert told.words == "paused before call 5 of make_step at train.py:40"


def test_running_to_a_call_says_which(told: Told):
    told.state(RunState.RUNNING, step=3)
    told.ask(GateCommand.RUN_TO, 1500)
    assert told.words == "running to call 1,500"
    told.state(RunState.FINISHED, step=9)
    assert told.words == "finished"
    assert told.activity.asked == ""


def test_the_stages_of_a_stop_are_told_as_they_come(told: Told):
    told.state(RunState.RUNNING)
    told.activity.ask_stop()
    said = []
    for seconds in (0.1, 0.5, 2.1, 2.45):
        told.clock.now = 100.0 + seconds
        said.append(told.words)
    assert said == [
        "stopping at the next call",
        "stopping, interrupted as by Ctrl+C",
        "stopping, told to end",
        "stopping, ended by force",
    ]
    told.state(RunState.STOPPED, exit_code=-9)
    assert told.words == "stopped by force"


def test_how_a_run_ended_is_said(told: Told):
    told.state(RunState.FAILED, exit_code=3)
    assert told.words == "failed: exit code 3"
    raised = Problem("script-raised", Severity.ERROR, "The script raised ValueError", "no", "yes")
    told.tell(raised)
    assert told.words == "failed: The script raised ValueError"
    told.state(RunState.DIED, exit_code=-11)
    died = "train.py crashed in native code: segmentation fault"
    told.tell(Problem("worker-died", Severity.ERROR, died, "", ""))
    assert told.words == "died: crashed in native code: segmentation fault"


def test_the_clock_goes_on_between_what_the_run_tells_and_stands_while_it_is_paused(told: Told):
    told.state(RunState.RUNNING, elapsed_seconds=10.0)
    told.clock.now += 5
    assert told.activity.elapsed_seconds(told.run) == 15.0
    told.state(RunState.PAUSED, elapsed_seconds=15.0)
    told.clock.now += 60
    assert told.activity.elapsed_seconds(told.run) == 15.0


def test_a_long_time_without_the_end_of_a_call_is_told(told: Told):
    told.state(RunState.RUNNING)
    told.sees(0, "make_step")
    told.calls(make_step=3)
    told.clock.now += 2
    assert told.activity.quiet_seconds(told.run) == 0
    told.clock.now += 10
    assert told.activity.quiet_seconds(told.run) == 12
    told.calls(make_step=4)
    assert told.activity.quiet_seconds(told.run) == 0


def test_nothing_was_heard_of_a_run_at_its_start(told: Told):
    assert math.isnan(RunStatus.at_start().steps_per_second)
    assert told.activity.elapsed_seconds(told.run) == 0
    assert told.activity.quiet_seconds(told.run) == 0
