"""Values at every equation, against a straightforward evaluation of the same jaxpr."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import Array, lax

from eqxviz.analysis import graph_of
from eqxviz.analysis.replay import At, LoopAround, NotReplayedError, Replay, Task

sys.path.insert(0, str(Path(__file__).parent))
from jaxprs.programs import PROGRAMS
from straightforward import evaluated

X = jnp.linspace(0.1, 1.2, 12, dtype=jnp.float32).reshape(4, 3)


def while_of_some(x: Array) -> Any:
    """Each row ends its loop at another turn."""
    return jax.vmap(lambda r: lax.while_loop(lambda c: c.sum() < 9, lambda c: c * 1.5 + r, r))(x)


def branches_in_loops(x: Array) -> Any:
    def body(carry: Array, row: Array) -> Any:
        carry = lax.cond(row.sum() > 2, lambda c: jnp.sin(c), lambda c: c * row, carry)
        carry = lax.fori_loop(0, 2, lambda i, c: c + i, carry)
        return carry, lax.switch(
            carry.sum().astype(int), [jnp.cos, jnp.tanh, lambda c: c / 3], carry
        )

    return lax.scan(body, x[0], x, reverse=True)


def keys_in_loops(x: Array) -> Any:
    def body(key: Array, row: Array) -> Any:
        key, drawn = jax.random.split(key)
        return key, (key, row + jax.random.normal(drawn, row.shape))

    return lax.scan(body, jax.random.key(3), x)


def half_precision(x: Array) -> Any:
    y = x.astype(jnp.bfloat16)
    return lax.scan(lambda c, r: (c * r + 1, c.astype(jnp.float16) * 2), y[0], y)


def of_no_turns(x: Array) -> Any:
    return lax.scan(lambda c, r: (c + r, c), x[0], x[:0]), lax.while_loop(
        lambda c: c.sum() < 0, lambda c: c + 1, x
    )


def mapped_branches(x: Array) -> Any:
    choose = jax.vmap(lambda r, i: lax.switch(i, [jnp.sin, jnp.cos], r))
    return choose(x, jnp.array([0, 1, 0, 5]))


def differentiated_loop(x: Array) -> Any:
    def loss(x: Array) -> Array:
        step = jax.checkpoint(lambda c, r: (jnp.tanh(c @ r), c.sum()))
        last, sums = lax.scan(step, x[0], jnp.stack([x.T @ x] * 3))
        return (last**2).sum() + sums.sum()

    return jax.value_and_grad(loss)(x)


def asked_in_a_callback(x: Array) -> Any:
    return jax.pure_callback(np.sin, x, x, vmap_method="sequential") * 2


OWN: dict[str, Callable[[Array], Any]] = {
    "while of some": while_of_some,
    "branches in loops": branches_in_loops,
    "keys in loops": keys_in_loops,
    "half precision": half_precision,
    "no turns": of_no_turns,
    "mapped branches": mapped_branches,
    "differentiated loop": differentiated_loop,
    "callback": asked_in_a_callback,
    "jitted whole": jax.jit(branches_in_loops, donate_argnums=0),
}
KNOWN = OWN | {
    name: fn for name, fn in PROGRAMS.items() if name not in ("ordered effects", "references")
}


def done(task: Task[Any]) -> Any:
    while not task.step(0.05):
        pass
    return task.result


def replay_of(fn: Callable[..., Any], *args: Any) -> Replay:
    return Replay(fn, args, {}, name="fn")


def numbers(value: Any) -> np.ndarray:
    if jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key):
        value = jax.random.key_data(value)
    return np.asarray(value).astype(complex)


def check_alike(got: Any, expected: Any, rtol: float = 1e-5) -> None:
    for one, other in zip(got, expected, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(numbers(one), numbers(other), rtol, atol=1e-6)


@pytest.mark.parametrize("name", PROGRAMS | OWN)
def test_rows_are_those_of_the_graph(name: str):
    fn = (PROGRAMS | OWN)[name]
    graph, rows = graph_of(fn, (X,), {}, title="fn"), replay_of(fn, X).rows
    assert [graph.text(p) for p in graph.equation_primitive] == [
        rows.primitive(row) for row in range(len(rows))
    ]
    owners = []
    for group in graph.equation_group:
        while group > 0 and graph.group_owner[group] < 0:
            group = graph.group_parent[group]
        owners.append(int(graph.group_owner[group]) if group > 0 else -1)
    assert owners == [rows.block(row).owner for row in range(len(rows))]


@pytest.mark.parametrize("name", KNOWN)
def test_values_are_those_of_a_straightforward_evaluation(name: str):
    replay = replay_of(KNOWN[name], X + 0)
    met = evaluated(replay.rows, replay.inputs)
    found = done(replay.values([At(*place) for place in met]))
    for place, (inputs, outputs) in met.items():
        values = found[At(*place)]
        assert values.was_run
        check_alike([*values.inputs, *values.outputs], [*inputs, *outputs])


@pytest.mark.parametrize("name", [*KNOWN, "references"])
def test_results_are_the_calls_own(name: str):
    fn = jax.jit((PROGRAMS | OWN)[name])
    replay = replay_of(fn, X + 0)
    results = done(replay.results())
    check_alike(results, replay.results_of(fn(X + 0)), rtol=1e-4)


@settings(max_examples=8, deadline=None)
@given(turn=st.integers(0, 7), inner=st.integers(0, 3), length=st.integers(1, 7))
def test_any_turn_of_any_loop_is_reached(turn: int, inner: int, length: int):
    def fn(x: Array) -> Any:
        def body(carry: Array, row: Array) -> Any:
            return lax.fori_loop(0, 3, lambda i, c: c * row + i, carry), None

        return lax.scan(body, x[0, 0], jnp.tile(x[:, 1], 2)[:length])

    replay = replay_of(fn, X)
    row = next(r for r in range(len(replay.rows)) if replay.rows.primitive(r) == "mul")
    found = done(replay.values([At(row, (turn, inner))]))[At(row, (turn, inner))]
    met = evaluated(replay.rows, replay.inputs)
    assert found.was_run == ((row, (turn, inner)) in met)
    assert found.loops[0].n_turns == length
    if found.was_run:
        check_alike(found.outputs, met[row, (turn, inner)][1])


def test_how_often_a_while_turned_is_told():
    replay = replay_of(
        lambda x: lax.while_loop(lambda c: c < 40, lambda c: c * 2, x), 1.0 + X[0, 0]
    )
    rows = replay.rows
    body, condition = rows.inside(0)[1].first, rows.inside(0)[0].first
    found = done(replay.values([At(body), At(body, (5,)), At(body, (6,)), At(condition, (6,))]))
    assert found[At(body)].loops == (LoopAround(0, 6),)
    assert [each.was_run for each in found.values()] == [True, True, False, True]
    np.testing.assert_allclose(found[At(body, (5,))].outputs[0], 1.1 * 64, rtol=1e-6)


def test_a_branch_that_was_not_taken_has_no_values():
    replay = replay_of(lambda x: lax.cond(x[0, 0] > 0, jnp.sin, jnp.cos, x), X)
    rows = replay.rows
    at = {rows.primitive(r): At(r) for r in range(len(rows)) if rows.primitive(r) in ("sin", "cos")}
    found = done(replay.values(at.values()))
    assert found[at["sin"]].was_run
    assert not found[at["cos"]].was_run
    assert not found[at["cos"]].outputs


def test_wide_numbers_are_kept():
    with jax.enable_x64(True):
        replay = replay_of(lambda x: jnp.sin(x) / 3, jnp.linspace(0.0, 1.0, 4))
        (result,) = done(replay.results())
    assert result.dtype == np.float64
    np.testing.assert_array_equal(result, np.sin(np.linspace(0, 1, 4)) / 3)


def test_numpy_arrays_are_taken_as_the_call_takes_them():
    replay = replay_of(lambda x: x * 2, np.arange(3.0))
    (result,) = done(replay.results())
    assert result.dtype == np.float32


def test_nothing_is_shown_again(capsys: pytest.CaptureFixture[str]):
    shown: list[float] = []

    def fn(x: Array) -> Array:
        jax.debug.print("once")
        jax.debug.callback(lambda v: shown.append(float(v)), x[0, 0])
        return lax.fori_loop(0, 3, lambda i, c: (jax.debug.print("turn"), c + i)[1], x)

    replay = replay_of(fn, X)
    done(replay.results())
    done(replay.flags())
    done(replay.values([At(row) for row in range(len(replay.rows))]))
    jax.effects_barrier()
    assert not shown
    assert not capsys.readouterr().out


def test_what_was_asked_of_the_outside_is_not_asked_again():
    asked: list[int] = []

    def reading(value: Any) -> Any:
        asked.append(1)
        return value

    def fn(x: Array) -> Array:
        before = jnp.sin(x)
        return jax.experimental.io_callback(reading, x, before) + 1

    replay = replay_of(fn, X)
    sin, call, add = range(3)
    assert done(replay.values([At(sin)]))[At(sin)].was_run
    for row in (call, add):
        with pytest.raises(
            NotReplayedError, match=r"asked reading for values by io_callback at .*:"
        ):
            done(replay.values([At(row)]))
    assert [int(done(replay.flags()).of(row)[0]) for row in range(3)] == [1, 0, 0]
    assert not asked


@pytest.mark.parametrize("where", ["loop", "kernel"])
def test_what_is_asked_of_the_outside_within_another_equation_is_not_asked(where: str):
    def reading(value: Any) -> Any:
        raise AssertionError("asked")

    def ask(x: Array) -> Array:
        return jax.experimental.io_callback(reading, x, x)

    def fn(x: Array) -> Array:
        if where == "loop":
            return lax.fori_loop(0, 2, lambda _, c: ask(c), x) + 1
        mesh = jax.make_mesh((1,), ("d",), axis_types=(jax.sharding.AxisType.Auto,))
        spec = jax.P("d")
        return jax.shard_map(ask, mesh=mesh, in_specs=spec, out_specs=spec)(x) + 1

    with pytest.raises(NotReplayedError, match="asked reading for values"):
        done(replay_of(fn, X).results())


@pytest.mark.parametrize("where", ["call", "loop"])
def test_what_follows_from_a_callback_that_raises_is_not_known(where: str):
    def checked(value: Any) -> Any:
        raise KeyError("no such thing")

    def ask(x: Array) -> Array:
        return jax.pure_callback(checked, x, x)

    def fn(x: Array) -> Any:
        asked = ask(x) if where == "call" else lax.fori_loop(0, 2, lambda _, c: ask(c), x)
        return asked + 1, jnp.sin(x)

    replay = replay_of(fn, X)
    last = replay.rows.blocks[0].stop - 1
    np.testing.assert_allclose(done(replay.values([At(last)]))[At(last)].outputs[0], np.sin(X))
    with pytest.raises(NotReplayedError, match=r"(?s)failed as it was run again.*no such thing"):
        done(replay.results())
    flags = done(replay.flags())
    assert [int(flags.of(row)[0]) for row in (0, last)] == [0, 1]


def test_a_donated_argument_is_told_by_its_name():
    gone = X + 1
    gone.delete()
    with pytest.raises(NotReplayedError, match=r"^x: the array was donated .* cannot be replayed"):
        Replay(lambda x: x * 2, (gone,), {}, name="fn")


def test_what_a_kernel_runs_is_not_seen():
    replay = replay_of(PROGRAMS["shard_map"], X)
    opaque = next(row for row in range(len(replay.rows)) if replay.is_opaque(row))
    inside = replay.rows.inside(opaque)[0].first
    with pytest.raises(NotReplayedError, match="What shard_map runs is not seen"):
        replay.values([At(inside)])
