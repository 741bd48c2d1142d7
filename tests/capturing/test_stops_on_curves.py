"""A run pauses by itself: at conditions of its curves."""

from typing import Any

import jax

import eqxviz
from eqxviz.records import HaltKind, Stop, StopKind

from .conftest import Seen
from .held_script import keep_calls, steps_of, stop_at, until


def test_a_condition_on_a_curve_pauses_some_calls_later(seen: Seen, script: Any, jit: Any):
    train = steps_of(jit)

    def work():
        train(200, lambda i: 12.5 if i >= 50 else 1)

    stop_at(seen, Stop(2, StopKind.CONDITION, condition="loss > 10"))
    running = script(work)
    held = running.next_pause()
    assert held.kind is HaltKind.CALL
    assert held.stop == 2
    assert held.why == "loss was 12.5 at step 51"
    assert 51 < held.call < 100
    running.go_on()
    until(lambda: not running.is_alive)  # it stays true, and is no news


def test_step_in_a_condition_is_the_step_of_the_point(seen: Seen, script: Any):
    train = steps_of(jax.jit)

    def work():
        train(200, lambda i: 1)

    stop = Stop(2, StopKind.CONDITION, condition="loss < 4 and step > 50")
    stop_at(seen, stop)
    running = script(work)
    assert running.next_pause().why == "loss was 1 at step 51"
    assert seen.capture is not None
    assert seen.capture.stops.unknown_curves() == {}


def test_step_in_a_condition_is_the_curve_of_that_name_where_there_is_one(seen: Seen, script: Any):
    halve = jax.jit(lambda x: (x * 0, x / 2))

    def work():
        for i in range(5):
            loss, step = halve(96.0 + 2 * i)
        assert (float(loss), float(step)) == (0, 52)

    keep_calls(seen)
    stop_at(seen, Stop(2, StopKind.CONDITION, condition="loss < 4 and step > 50"))
    held = script(work).next_pause()
    assert (held.call, held.why) == (4, "loss is 0 and step is 51 at step 4")


def test_a_condition_is_met_right_after_the_call_while_calls_are_kept(
    seen: Seen, script: Any, jit: Any
):
    train = steps_of(jit)

    def work():
        train(30, lambda i: 12.5 if i in (20, 25) else 1)

    keep_calls(seen)
    stop_at(seen, Stop(2, StopKind.CONDITION, condition="loss > 10"))
    running = script(work)
    for n in (21, 26):
        held = running.next_pause()
        assert (held.kind, held.call, held.why) == (
            HaltKind.RETURN, n, f"loss is 12.5 at step {n}"
        )  # fmt: skip
        assert float(held.result[0]) == 12.5
        running.go_on()


def test_a_condition_takes_several_curves_and_their_newest_values(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x * 1.0

    def train():
        for i in range(10):
            loss = step(float(i))
            if i == 2:
                eqxviz.log(best=loss)

    keep_calls(seen)
    condition = "loss > 2 * best and not isnan(best)"
    stop_at(seen, Stop(1, StopKind.CONDITION, condition=condition))
    held = script(train).next_pause()
    assert held.call == 6
    assert held.why == "loss is 5 and best is 2 at step 6"


def test_a_curve_that_was_there_before_the_stop_is_known(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x * 1.0

    def train():
        eqxviz.log(best=2.0)
        for i in range(10):
            loss = step(float(i))  # noqa: F841 - the assignment names the curve

    keep_calls(seen)
    stop_at(seen, Stop(1, StopKind.CALL, condition="i == 3"))
    running = script(train)
    running.next_pause()
    stop_at(seen, Stop(2, StopKind.CONDITION, condition="loss > 2 * best"))
    running.go_on()
    assert running.next_pause().why == "loss is 5 and best is 2 at step 6"


def test_what_was_logged_is_met_before_the_next_call(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x + 1

    def train():
        for i in range(10):
            step(float(i))
            eqxviz.log(**{"eval loss": 100.0 if i == 4 else 0.0})

    keep_calls(seen)
    stop_at(seen, Stop(1, StopKind.CONDITION, condition="'eval loss' >= 100"))
    held = script(train).next_pause()
    assert (held.kind, held.call) == (HaltKind.CALL, 6)
    assert held.why == "eval loss was 100 at step 5"
    assert seen.capture is not None
    assert seen.capture.observer is not None
    kept = seen.capture.observer.keeper.kept
    assert kept is not None
    assert kept.call == 5


def test_a_condition_that_cannot_be_computed_is_met_and_says_so(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x * 1.0

    def train():
        for i in range(3):
            loss = step(float(1 - i))  # noqa: F841 - the assignment names the curve

    keep_calls(seen)
    stop_at(seen, Stop(1, StopKind.CONDITION, condition="1 / loss > 10"))
    held = script(train).next_pause()
    assert held.call == 2
    assert held.why.startswith("`1 / loss > 10` raised ZeroDivisionError")
    assert held.why.endswith("as loss is 0 at step 2")


def test_curves_that_stops_wait_for_are_told(seen: Seen):
    eqxviz.log(loss=1.0)
    stop_at(
        seen,
        Stop(0, StopKind.CONDITION, condition="los > 'eval loss'"),
        Stop(1, StopKind.NONFINITE, condition="loss"),
    )
    assert seen.capture is not None
    assert list(seen.capture.stops.unknown_curves()) == ["los", "eval loss"]
