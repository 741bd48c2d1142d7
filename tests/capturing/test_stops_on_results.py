"""A run pauses by itself: at NaN and Inf, and at recompilations."""

import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from eqxviz.capturing import Held
from eqxviz.records import HaltKind, Stop, StopKind

from .conftest import Seen
from .held_script import keep_calls, steps_of, stop_at, until


def first_not_finite(seen: Seen, script: Any, train: Callable[[], None]) -> Held:
    """Keep calls, and return where `train` is paused for what is not finite."""
    keep_calls(seen)
    stop_at(seen, Stop(7, StopKind.NONFINITE))
    return script(train).next_pause()


def test_a_nan_pauses_some_calls_later(seen: Seen, script: Any, jit: Any):
    train = steps_of(jit)

    def work():
        train(200, lambda i: float("nan") if i >= 50 else 1)

    stop_at(seen, Stop(7, StopKind.NONFINITE))
    running = script(work)
    held = running.next_pause()
    assert (held.kind, held.stop, held.why) == (HaltKind.CALL, 7, "loss was NaN at step 51")
    running.go_on()
    until(lambda: not running.is_alive)


def test_a_nan_pauses_right_after_the_call_while_calls_are_kept(seen: Seen, script: Any, jit: Any):
    train = steps_of(jit)

    def work():
        train(9, lambda i: float("inf") if i == 6 else 1)

    keep_calls(seen)
    stop_at(seen, Stop(7, StopKind.NONFINITE, condition="loss"))
    held = script(work).next_pause()
    assert (held.kind, held.call, held.why) == (HaltKind.RETURN, 7, "loss is Inf at step 7")


def test_a_nan_that_a_curve_told_of_is_no_news_in_the_results_after_it(seen: Seen, script: Any):
    train = steps_of(jax.jit)

    def work():
        train(9, lambda i: float("nan") if i >= 3 else 1)

    keep_calls(seen)
    stop_at(seen, Stop(7, StopKind.NONFINITE))
    running = script(work)
    assert running.next_pause().call == 4
    running.go_on()
    until(lambda: not running.is_alive)


def test_a_nan_in_any_part_of_a_kept_result_is_met(seen: Seen, script: Any):
    @jax.jit
    def step(params, x):
        return {"w": params["w"] * x, "mask": params["mask"]}

    def train():
        params = {"w": jnp.ones(4), "mask": jnp.array([0.0, -jnp.inf])}
        for i in range(6):
            params = step(params, jnp.array([1.0, 1.0, jnp.nan if i == 3 else 1.0, 1.0]))

    keep_calls(seen)
    stop_at(seen, Stop(7, StopKind.NONFINITE))
    running = script(train)
    held = running.next_pause()
    assert (held.kind, held.call) == (HaltKind.RETURN, 4)
    assert held.why == "call 4 of step: result['w'] has 1 NaN of 4"
    running.go_on()
    until(lambda: not running.is_alive)  # it stays so, and is no news


def test_a_nan_beside_an_inf_that_is_meant_is_met(seen: Seen, script: Any):
    @jax.jit
    def step(scores, x):
        return scores + x

    def train():
        scores = jnp.array([0.0, -jnp.inf])
        for i in range(6):
            scores = step(scores, jnp.array([jnp.nan if i == 3 else 1.0, 0.0]))

    held = first_not_finite(seen, script, train)
    assert (held.kind, held.call) == (HaltKind.RETURN, 4)
    assert held.why == "call 4 of step: result has 1 NaN and 1 Inf of 2"


def test_an_inf_that_a_function_returns_from_its_first_call_on_is_meant(seen: Seen, script: Any):
    @jax.jit
    def step(x, width):
        mask = jnp.where(jnp.arange(3) < 2, 0.0, -jnp.inf)
        return {"masked": x[:, None] + mask, "padded": jnp.full((9, *width.shape), jnp.inf)}

    def train():
        for i in range(6):
            step(jnp.full(4, jnp.nan if i == 4 else 1.0), jnp.ones(2 + i % 2))

    held = first_not_finite(seen, script, train)
    assert (held.kind, held.call) == (HaltKind.RETURN, 5)
    assert held.why == "call 5 of step: result['masked'] has 12 NaN of 12"


def test_an_inf_that_comes_up_in_a_later_result_is_met(seen: Seen, script: Any):
    @jax.jit
    def score(x):
        return jnp.exp(x)

    def train():
        for i in range(6):
            score(jnp.full(3, 1000.0 if i == 2 else 1.0))

    held = first_not_finite(seen, script, train)
    assert (held.kind, held.call) == (HaltKind.RETURN, 3)
    assert held.why == "call 3 of score: result has 3 Inf of 3"


def test_a_weight_that_a_first_step_makes_infinite_is_met(seen: Seen, script: Any):
    @jax.jit
    def step(w, x):
        return {"w": w["w"] * x}

    def train():
        w = {"w": jnp.full(3, 1e30)}
        for _ in range(3):
            w = step(w, jnp.float32(1e30))

    held = first_not_finite(seen, script, train)
    assert (held.kind, held.call) == (HaltKind.RETURN, 1)
    assert held.why == "call 1 of step: result['w'] has 3 Inf of 3"


def test_what_is_not_finite_in_the_state_is_met_only_by_its_name(seen: Seen, script: Any):
    @jax.jit
    def step(state, x):
        return {"w": state["w"] + x, "best": jnp.minimum(state["best"], x)}

    def train():
        state = {"w": jnp.ones(3), "best": jnp.float32(jnp.inf)}
        for _ in range(30):
            state = step(state, jnp.float32(jnp.inf))
            time.sleep(0.002)

    stop_at(seen, Stop(7, StopKind.NONFINITE))
    running = script(train)
    running.start()
    until(lambda: not running.is_alive)
    named = script(train)
    stop_at(seen, Stop(7, StopKind.NONFINITE, condition="state['best']"))
    assert 'state["best"] was Inf' in named.next_pause().why


def test_a_recompilation_pauses_after_the_call_and_says_why(seen: Seen, script: Any, jit: Any):
    def step(x):
        return x * 2

    jitted = jit(step)

    def train():
        for n in (3, 3, 4):
            jitted(jnp.ones(n))

    stop_at(seen, Stop(3, StopKind.RECOMPILE))
    held = script(train).next_pause()
    assert (held.kind, held.call, held.stop) == (HaltKind.RETURN, 3, 3)
    assert held.result.shape == (4,)
    assert held.why == "step compiled again: `x` changed its shape from f32[3] to f32[4]"


def test_a_recompilation_of_another_function_is_passed_by(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x * 2

    def train():
        for n in (3, 4):
            step(jnp.ones(n))

    stop_at(seen, Stop(3, StopKind.RECOMPILE, function="score"))
    running = script(train)
    running.start()
    until(lambda: not running.is_alive)


def test_a_weight_that_a_gradient_spoils_is_met_although_both_are_of_one_shape(
    seen: Seen, script: Any
):
    @jax.jit
    def update(w, gradient):
        return w - 0.1 * gradient

    def train():
        w = jnp.ones(3)
        for i in range(6):
            w = update(w, jnp.full(3, jnp.nan if i == 2 else 1.0))

    held = first_not_finite(seen, script, train)
    assert (held.kind, held.call) == (HaltKind.RETURN, 3)
    assert held.why == "call 3 of update: result has 3 NaN of 3"
