"""The gate holds calls, lets them pass one by one, and stops the script at one."""

import threading
import time
from typing import Any

import jax
import pytest

from eqxviz.capturing import Gate, Held
from eqxviz.capturing.gate import CallPassedError
from eqxviz.records import GateCommand, RunState

from .conftest import Seen


def call(function: int = 0) -> Held:
    return Held(function, len, ((),), {}, "train.py", 3)


class Caller(threading.Thread):
    """A thread that makes calls at a gate, as fast as it lets them through."""

    def __init__(self, gate: Gate) -> None:
        super().__init__(daemon=True)
        self.gate, self.calls, self.ends = gate, 0, False
        gate.steps = lambda: self.calls

    def run(self) -> None:
        while not self.ends:
            if self.gate.attention:
                self.gate.arrive(call())
            self.calls += 1
            time.sleep(0.001)


@pytest.fixture
def held() -> Any:
    """A caller that waits before its first call."""
    gate = Gate(hold=True)
    gate.start()
    caller = Caller(gate)
    caller.start()
    _until(lambda: gate.state is RunState.PAUSED)
    yield caller
    caller.ends = True
    gate.command(GateCommand.CONTINUE)
    caller.join()


def _until(is_true: Any) -> None:
    deadline = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_held_gate_lets_no_call_pass_until_told(held: Caller):
    assert held.calls == 0
    assert held.gate.held is not None
    assert held.gate.held.line == 3
    held.gate.command(GateCommand.CONTINUE)
    _until(lambda: held.calls > 5)
    assert held.gate.state is RunState.RUNNING
    assert not held.gate.attention
    assert held.gate.held is None


def test_a_step_lets_one_step_pass(held: Caller):
    for n in (1, 2, 3):
        held.gate.command(GateCommand.STEP)
        _until(lambda n=n: held.calls == n and held.gate.state is RunState.PAUSED)
    held.gate.command(GateCommand.CONTINUE)
    _until(lambda: held.calls > 5)
    held.gate.command(GateCommand.PAUSE)
    _until(lambda: held.gate.state is RunState.PAUSED)
    assert held.gate.held is not None


def test_a_run_goes_to_the_call_that_is_asked_for(seen: Seen):
    @jax.jit
    def step(x):
        return x + 1

    @jax.jit
    def score(x):
        return x * 2.0

    arrived: list[tuple[int, str]] = []

    def train() -> None:
        x = 0.0
        for _ in range(9):
            for _ in range(2):
                x = step(x)
            score(x)

    trainer = threading.Thread(target=train, daemon=True)
    seen.gate.start()
    seen.gate.command(GateCommand.RUN_TO, 6)
    trainer.start()
    _until(lambda: seen.gate.state is RunState.PAUSED)
    arrived.append((seen.calls("step"), _name(seen)))
    seen.gate.command(GateCommand.RUN_TO, 9)
    _until(lambda: seen.calls("step") == 8)
    _until(lambda: seen.gate.state is RunState.PAUSED)
    arrived.append((seen.calls("step"), _name(seen)))
    assert arrived == [(5, "step"), (8, "step")]
    with pytest.raises(CallPassedError, match="Call 8 of the step function was made already"):
        seen.gate.command(GateCommand.RUN_TO, 8)
    seen.gate.command(GateCommand.RUN_TO, 9)  # where it waits
    assert seen.gate.state is RunState.PAUSED
    seen.gate.command(GateCommand.RUN_TO, 2, is_onward=True)
    _until(lambda: seen.calls("step") == 10)
    _until(lambda: seen.gate.state is RunState.PAUSED)
    seen.gate.command(GateCommand.RUN_TO, 1000)
    trainer.join(20)
    assert (seen.calls("step"), seen.gate.attention) == (18, False)


def test_going_on_forgets_the_call_to_run_to(held: Caller):
    held.gate.command(GateCommand.RUN_TO, 10_000)
    held.gate.command(GateCommand.CONTINUE)
    _until(lambda: held.calls > 3)
    assert not held.gate.attention
    held.gate.command(GateCommand.PAUSE)
    _until(lambda: held.gate.state is RunState.PAUSED)


def _name(seen: Seen) -> str:
    call = seen.gate.held
    assert call is not None
    return next(name for name, function in seen.functions.items() if function.id == call.function)


def test_jobs_run_at_the_gate_with_the_call_that_waits(held: Caller):
    seen: list[Any] = []
    held.gate.post(lambda at: seen.append((at, threading.current_thread())))
    _until(lambda: seen)
    assert seen == [(held.gate.held, held)]


def test_jobs_run_between_two_calls_of_a_run_that_is_not_held(held: Caller):
    held.gate.command(GateCommand.CONTINUE)
    _until(lambda: held.calls > 2)
    seen: list[Any] = []
    held.gate.post(seen.append)
    _until(lambda: seen)
    assert seen[0].line == 3
    assert not held.gate.attention


def test_what_was_opened_is_let_go_before_a_paused_call_is_made(held: Caller):
    resumed: list[int] = []
    held.gate.resumed = lambda: resumed.append(held.calls)
    held.gate.command(GateCommand.STEP)
    _until(lambda: held.calls == 1)
    assert resumed == [0]


def test_no_moment_is_a_pause_without_its_call(held: Caller):
    paused_at = held.gate.held
    assert paused_at is not None
    assert held.gate.now()[:2] == (RunState.PAUSED, paused_at)
    moments: list[Any] = []
    held.gate.resumed = lambda: moments.append(held.gate.now()[:2])
    held.gate.changed = lambda: moments.append(held.gate.now()[:2])
    held.gate.command(GateCommand.STEP)
    _until(lambda: len(moments) == 3)
    running = (RunState.RUNNING, None)
    assert moments == [running, running, (RunState.PAUSED, held.gate.held)]


def test_time_at_the_gate_does_not_count(held: Caller):
    before = held.gate.clock.elapsed()
    time.sleep(0.1)
    assert held.gate.clock.elapsed() == before


def test_what_is_told_after_a_command_is_of_the_run_that_obeys(held: Caller):
    told: list[RunState] = []
    held.gate.changed = lambda: told.append(held.gate.now()[0])
    for n in range(1, 30):
        held.gate.command(GateCommand.STEP)
        state, at, _ = held.gate.now()
        assert told[0] is RunState.RUNNING
        assert (state is RunState.PAUSED) == (at is not None)
        assert state is RunState.RUNNING or held.calls == n
        _until(lambda n=n: held.calls == n and told[-1] is RunState.PAUSED)
        told.clear()


def test_who_is_let_go_goes_to_the_next_call_whatever_is_asked_meanwhile(held: Caller):
    for n in range(1, 30):
        held.gate.command(GateCommand.CONTINUE)
        held.gate.command(GateCommand.PAUSE)
        _until(lambda n=n: held.calls >= n and held.gate.now()[0] is RunState.PAUSED)
    assert held.calls >= 29


def test_stop_interrupts_the_main_thread_and_lets_the_others_end(held: Caller):
    held.gate.command(GateCommand.STOP)
    _until(lambda: held.calls > 2)
    with pytest.raises(KeyboardInterrupt, match="stopped"):
        held.gate.arrive(call())
    assert held.gate.was_stopped
    assert held.gate.state is RunState.STOPPING
    held.gate.arrive(call())  # as it tidies up
    held.gate.end(RunState.STOPPED)
    held.gate.command(GateCommand.PAUSE)
    assert held.gate.state is RunState.STOPPED


def test_only_the_users_outermost_calls_are_gates(seen: Seen):
    arrived: list[int] = []
    seen.gate.post(lambda at: arrived.append(at.function))

    @jax.jit
    def inner(x):
        return x + 1

    @jax.jit
    def outer(x):
        return inner(x)

    outer(1.0)
    assert arrived == [seen.functions["outer"].id]


def test_a_stop_reaches_the_script_at_its_next_call(seen: Seen):
    @jax.jit
    def step(x):
        return x + 1

    cleaned: list[bool] = []

    def script() -> None:
        try:
            step(1.0)
        finally:
            cleaned.append(True)

    seen.gate.command(GateCommand.STOP)
    with pytest.raises(KeyboardInterrupt, match="stopped"):
        script()
    assert cleaned
    assert seen.calls("step") == 0


def test_the_clock_of_a_run_stands_once_the_script_has_ended() -> None:
    gate = Gate()
    gate.start()
    gate.end(RunState.FINISHED)
    before = gate.clock.elapsed()
    time.sleep(0.01)
    assert gate.clock.elapsed() == before
    assert gate.now() == (RunState.FINISHED, None, before)


def test_the_clock_of_a_run_that_ended_while_it_was_held_stands(held: Caller) -> None:
    held.gate.end(RunState.FAILED)
    before = held.gate.clock.elapsed()
    held.gate.command(GateCommand.CONTINUE)
    _until(lambda: held.calls > 1)
    assert held.gate.clock.elapsed() == before


def test_a_visit_comes_before_the_call_after_its_step_and_pauses_nobody(seen: Seen) -> None:
    visited: list[tuple[int, float]] = []
    for step in (2, 4):
        seen.gate.visit_at(step, lambda at: visited.append((seen.gate.steps(), at.args[0])))

    @jax.jit
    def step(x):
        return x + 1, x.sum()

    @jax.jit
    def other(x):
        return x

    x = jax.numpy.zeros(())
    for _ in range(6):
        x, _loss = step(x)
        other(x)
    assert [(steps, float(at)) for steps, at in visited] == [(2, 2.0), (4, 4.0)]
    assert not seen.gate.attention
