"""A run pauses by itself: at the calls of a function, and of the thread that makes them."""

import threading
import time
from typing import Any

import jax
import pytest

from eqxviz.capturing.stops import StopError
from eqxviz.records import GateCommand, HaltKind, Stop, StopKind

from .conftest import Seen
from .held_script import steps_of, stop_at, until


def test_a_stop_on_a_function_pauses_before_each_of_its_calls(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x + 1

    @jax.jit
    def score(x):
        return x * 2

    def train():
        x = 0.0
        for _ in range(3):
            x = step(x)
            score(x)

    stop_at(seen, Stop(4, StopKind.CALL, function="score"))
    running = script(train)
    for n in (1, 2, 3):
        held = running.next_pause()
        assert (held.kind, held.call, held.stop) == (HaltKind.CALL, n, 4)
        assert held.function == seen.functions["score"].id
        assert held.why == f"call {n} of score"
        assert (held.stop_kind, held.thread) == (StopKind.CALL, "train")
        running.go_on()


def test_a_function_is_known_by_its_line_before_it_is_made(seen: Seen, script: Any):
    @jax.jit
    def earlier(x):
        return x - 1

    def later(x):
        return x + 1

    code = later.__code__

    def train():
        earlier(0.0)
        made = jax.jit(later)
        made(0.0)

    stop = Stop(1, StopKind.CALL, code.co_filename, code.co_firstlineno, "later")
    stop_at(seen, stop)
    running = script(train)
    assert running.next_pause().function == seen.functions["later"].id
    assert seen.calls("earlier") == 1


def test_a_stop_on_any_function_meets_them_all(seen: Seen, script: Any, jit: Any):
    train = steps_of(jit)

    def work():
        train(2, lambda i: i)

    stop_at(seen, Stop(1, StopKind.CALL))
    running = script(work)
    assert running.next_pause().call == 1
    running.go_on()
    assert running.next_pause().call == 2


def test_a_condition_of_a_call_is_one_of_the_frame_that_makes_it(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x + 1

    def train():
        x, sizes = 0.0, [1, 2]
        for i in range(5):  # noqa: B007 - the condition reads it
            x = step(x)
        return sizes

    stop_at(
        seen, Stop(1, StopKind.CALL, function="step", condition="any(i == n + 1 for n in sizes)")
    )
    running = script(train)
    held = running.next_pause()
    assert (held.call, held.why) == (3, "call 3 of step: `any(i == n + 1 for n in sizes)` is true")
    running.go_on()
    assert running.next_pause().call == 4


def test_a_condition_that_raises_pauses_and_says_so(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x + 1

    def train():
        step(0.0)

    stop_at(seen, Stop(1, StopKind.CALL, function="step", condition="epoch > 3"))
    held = script(train).next_pause()
    assert held.why == ("call 1 of step: `epoch > 3` raised NameError: name 'epoch' is not defined")


def test_a_condition_that_never_ends_can_be_interrupted(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x + 1

    entered = threading.Event()

    def forever():
        entered.set()
        while True:
            pass

    def train():
        assert forever  # a variable of this frame
        for i in range(3):
            step(float(i))

    stop_at(seen, Stop(1, StopKind.CALL, function="step", condition="forever()"))
    running = script(train)
    running.start()
    assert entered.wait(20)
    running.gate.command(GateCommand.PAUSE)
    held = running.next_pause()
    assert held.stop == 1
    assert "`forever()` was interrupted after" in held.why
    assert seen.calls("step") == 0


def test_a_stop_that_is_not_enabled_holds_nothing(seen: Seen, script: Any):
    stop_at(seen, Stop(1, StopKind.CALL, is_enabled=False))
    assert not seen.gate.attention
    assert seen.capture is not None
    assert seen.capture.stops.of(StopKind.CALL) == ()


def test_a_stop_is_taken_back(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x + 1

    def train():
        for i in range(5):
            step(float(i))

    stop_at(seen, Stop(1, StopKind.CALL, function="step"))
    running = script(train)
    running.next_pause()
    stop_at(seen)
    running.go_on()
    until(lambda: not running.is_alive)
    assert seen.calls("step") == 5


def test_only_the_thread_that_meets_a_stop_is_held_by_it(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x + 1

    @jax.jit
    def score(x):
        return x * 2

    scored = threading.Event()

    def train():
        for i in range(200):
            step(float(i))
            scored.wait(0.001)

    def evaluate():
        until(lambda: seen.calls("step") > 3)
        score(1.0)
        scored.set()

    stop_at(seen, Stop(3, StopKind.CALL, function="score"))
    running = script(train, evaluate)
    held = running.next_pause()
    assert (held.thread, held.stop) == ("evaluate", 3)
    before = seen.calls("step")
    time.sleep(0.05)
    assert seen.calls("step") <= before + 1  # held at its next call
    assert running.gate.held is held


def test_a_second_stop_that_is_met_meanwhile_is_seen_after_the_first(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x + 1

    @jax.jit
    def score(x):
        return x * 2

    def train():
        step(1.0)

    def evaluate():
        score(1.0)

    stop_at(seen, Stop(0, StopKind.CALL, function="score"), Stop(1, StopKind.CALL, function="step"))
    running = script(train, evaluate)
    first = running.next_pause()
    time.sleep(0.05)
    running.go_on()
    until(lambda: running.gate.held is not None)
    second = running.gate.held
    assert second is not None
    assert {first.stop, second.stop} == {0, 1}


def test_a_stop_does_not_change_what_a_step_is(seen: Seen, script: Any):
    train = steps_of(jax.jit)

    def work():
        train(9, lambda i: 1)

    stop_at(seen, Stop(1, StopKind.CALL, condition="i == 2"))
    running = script(work)
    assert running.next_pause().call == 3
    running.go_on(GateCommand.STEP)
    held = running.next_pause()
    assert (held.call, held.stop, held.why) == (4, -1, "")


@pytest.mark.parametrize(
    ("stop", "why"),
    [
        (
            Stop(0, StopKind.CONDITION, condition="loss >"),
            "`loss >` cannot be read",
        ),
        (Stop(0, StopKind.CONDITION, condition="loss"), "`loss` is a number, and no condition"),
        (Stop(0, StopKind.CONDITION, condition="2 > 1"), "`2 > 1` names no curve"),
        (
            Stop(0, StopKind.CONDITION, condition="open('x') > loss"),
            r"`open\('x'\)` cannot stand in a condition over curves",
        ),
        (
            Stop(0, StopKind.CONDITION, condition="(lambda: loss)() > 1"),
            "cannot stand in a condition over curves",
        ),
        (
            Stop(0, StopKind.CALL, condition="step ="),
            "`step =` is no expression of Python: invalid syntax",
        ),
        (Stop(0, StopKind.LINE), "It names the file '' and the line 0"),
    ],
)
def test_a_stop_that_cannot_be_read_is_refused_and_the_others_are_set(
    seen: Seen, stop: Stop, why: str
):
    with pytest.raises(StopError, match=why):
        stop_at(seen, stop, Stop(5, StopKind.CALL, function="kept"))
    assert seen.capture is not None
    assert [each.id for each in seen.capture.stops.of(StopKind.CALL)] == [5]
