"""What a replay costs: what it evaluates, holds, and how it is given up."""

import gc
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array, lax

from eqxviz.analysis.cancelled import CancelledError
from eqxviz.analysis.graph import read_graph
from eqxviz.analysis.replay import INF, NAN, RAN, At, Replay, Task
from eqxviz.analysis.replay.blame import Suspect, blame_task

X = jnp.linspace(0.1, 1.2, 12, dtype=jnp.float32).reshape(4, 3)


def done(task: Task[Any]) -> Any:
    while not task.step(0.05):
        pass
    return task.result


def row_of(replay: Replay, primitive: str) -> int:
    rows = replay.rows
    return next(row for row in range(len(rows)) if rows.primitive(row) == primitive)


def test_only_what_leads_to_the_answer_is_evaluated():
    def fn(x: Array) -> Any:
        @jax.jit
        def both(a: Array, b: Array) -> Any:
            return jax.pure_callback(told, a, a), jnp.sin(b)

        used = both(x, x * 2)[1]
        return used + jax.pure_callback(told, x, x)

    def told(value: Any) -> Any:
        raise AssertionError("evaluated")

    replay = Replay(fn, (X,), {}, name="fn")
    (sin,) = done(replay.values([At(row_of(replay, "sin"))])).values()
    np.testing.assert_allclose(sin.outputs[0], np.sin(2 * X), rtol=1e-6)


def test_values_are_let_go_of_after_their_last_use():
    shape = (123, 77)
    most = 0

    def fn(x: Array) -> Array:
        for _ in range(40):
            x = jnp.sin(x)
        return x

    replay = Replay(fn, (jnp.ones(shape),), {}, name="fn")
    done(replay.results())
    gc.collect()
    before = sum(array.shape == shape for array in jax.live_arrays())
    task = replay.results()
    while not task.step(0):
        most = max(most, sum(array.shape == shape for array in jax.live_arrays()) - before)
    assert most <= 3


def test_loops_hold_what_they_carry_and_no_more():
    def fn(x: Array) -> Array:
        return lax.fori_loop(0, 5000, lambda i, c: jnp.sin(c) + i, x)

    replay = Replay(fn, (jnp.ones((99, 7)),), {}, name="fn")
    before = sum(array.shape == (99, 7) for array in jax.live_arrays())
    task, most = replay.results(), 0
    while not task.step(0):
        most = max(most, sum(array.shape == (99, 7) for array in jax.live_arrays()) - before)
    assert most <= 3


def test_work_goes_on_in_parts_and_tells_how_far_it_is():
    def fn(x: Array) -> Array:
        for i in range(30):
            x = x * i + 1
        return x

    task, seen = Replay(fn, (X,), {}, name="fn").results(), [0]
    while not task.step(0):
        seen.append(task.n_done)
    assert seen == sorted(seen)
    assert len(set(seen)) > 10
    assert task.n_done == task.n_total
    assert task.seconds > 0


def test_work_that_is_not_wanted_ends():
    def fn(x: Array) -> Array:
        return lax.while_loop(lambda c: c[0] < jnp.inf, lambda c: c + 0, x)  # never ends

    task = Replay(fn, (X[0],), {}, name="fn").results()
    for _ in range(40):
        assert not task.step(0.01)
    with pytest.raises(CancelledError):
        task.step(0.01, lambda: True)


def test_compiling_ahead_leaves_nothing_to_compile():
    def fn(x: Array) -> Any:
        def body(carry: Array, row: Array) -> Any:
            inner = lax.while_loop(lambda c: c[0] < 9, lambda c: c - jnp.sinh(-c), row)
            return jnp.log(carry), inner.sum()

        y = jnp.tanh(x @ x.T) @ jnp.cos(x) * 1.2345
        return y, lax.scan(body, x[0], y)

    replay = Replay(fn, (X,), {}, name="fn")
    graph = read_graph(
        replay.traced, fn, (X,), {}, title="fn", names=["x"], project_root=None, name="fn"
    )
    scan, inner, sinh = (row_of(replay, name) for name in ("scan", "while", "sinh"))
    suspect = Suspect(replay, graph, replay.results_of(fn(X)), 0, 1)
    asked = [
        replay.results,
        replay.flags,
        lambda: replay.flags(scan),
        lambda: replay.flags(inner, (1,)),
        lambda: replay.values([At(sinh, (2, 1))]),
        lambda: blame_task(suspect),
    ]
    done(replay.warm())
    compiled: list[str] = []

    def listen(event: str, *_: Any, **__: Any) -> None:
        compiled.extend([event] if "backend_compile" in event else [])

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        counts = [(done(ask()), len(compiled))[1] for ask in asked]
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)
    assert counts == [0] * len(asked)


def test_a_call_that_means_the_same_is_not_traced_again():
    n_traced = 0

    def fn(x: Array, factor: float) -> Array:
        nonlocal n_traced
        n_traced += 1
        return jnp.sin(x) * factor

    first = Replay(fn, (X, 2.0), {}, name="fn")
    again = Replay(fn, (X + 1, 2.0), {}, name="fn", known=first.known)
    assert n_traced == 1
    np.testing.assert_allclose(done(again.results())[0], np.sin(X + 1) * 2, rtol=1e-6)
    for n, call in enumerate([(X, 3.0), (X, 2), (X[0], 2.0), (X.astype(jnp.float16), 2.0)], 2):
        other = Replay(fn, call, {}, name="fn", known=first.known)
        assert n_traced == n
        np.testing.assert_allclose(
            done(other.results())[0], np.sin(call[0]) * call[1], rtol=1e-3, atol=1e-3
        )
    with jax.default_matmul_precision("highest"):
        Replay(fn, (X, 2.0), {}, name="fn", known=first.known)
    assert n_traced == 6


def test_flags_say_which_equations_make_what():
    def fn(x: Array) -> Any:
        return jnp.log(x - x), jnp.sqrt(-x), jnp.exp(x), (x > 0)

    replay = Replay(fn, (X,), {}, name="fn")
    flags = done(replay.flags())
    found = {replay.rows.primitive(row): int(flags.of(row)[0]) for row in flags.rows}
    assert found["log"] == RAN | INF
    assert found["sqrt"] == RAN | NAN
    assert found["exp"] == found["gt"] == found["sub"] == RAN


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "complex64"])
def test_flags_are_told_of_each_type(dtype: str):
    x = jnp.array([1, math.inf, math.nan], dtype)
    for value, code in ((x, RAN | NAN | INF), (x[:2], RAN | INF), (x[:1] * 100, RAN)):
        replay = Replay(lambda v: -v, (value,), {}, name="fn")
        assert int(done(replay.flags()).of(0)[0]) == code


def test_flags_of_a_loop_are_told_turn_by_turn():
    def fn(x: Array) -> Any:
        def body(carry: Array, row: Array) -> Any:
            inner = lax.fori_loop(0, 3, lambda i, c: c + 1 / (i - 1.0), row)
            return jnp.log(carry), inner

        return lax.scan(body, x, jnp.arange(600.0))

    replay = Replay(fn, (jnp.float32(15.0),), {}, name="fn")
    scan, log = row_of(replay, "scan"), row_of(replay, "log")
    whole = done(replay.flags())
    assert whole.n_turns == 1
    assert int(whole.of(log)[0]) == RAN | NAN
    flags = done(replay.flags(scan))
    assert flags.n_turns == 600
    bad = np.flatnonzero(flags.of(log) & NAN)
    expected, turn = 15.0, 0
    while expected > 0:
        expected, turn = math.log(expected), turn + 1
    assert bad[0] == turn
    inner = next(row for row in replay.rows.below(scan) if replay.rows.is_loop(row))
    divided = row_of(replay, "div")
    assert flags.of(divided)[5] == RAN | INF
    within = done(replay.flags(inner, (5,)))
    assert within.of(divided).tolist()[:3] == [RAN, RAN | INF, RAN]


def test_flags_of_a_while_have_the_last_look_at_its_condition():
    def fn(x: Array) -> Any:
        return lax.while_loop(lambda c: c < 3, lambda c: c + 1, x)

    replay = Replay(fn, (jnp.float32(0),), {}, name="fn")
    flags = done(replay.flags(0))
    assert flags.n_turns == 3
    assert flags.of(row_of(replay, "lt")).tolist() == [RAN] * 4
    assert flags.of(row_of(replay, "add")).tolist() == [RAN] * 3 + [0]


def test_rounding_is_that_of_each_equation_by_itself_also_in_loops():
    # Compiled together, log(x ** 10) is 10 log(x).
    def log(x: Array) -> Array:
        return jnp.log(jnp.power(x, 10.0))

    def fn(x: Array) -> Any:
        return lax.fori_loop(0, 1, lambda _, c: log(c), x), log(x)

    replay = Replay(jax.jit(fn), (jnp.array([1e6]),), {}, name="fn")
    in_loop, outside = done(replay.results())
    assert np.isinf(in_loop)
    assert np.isinf(outside)
    assert np.isfinite(jax.jit(fn)(jnp.array([1e6]))[1])
