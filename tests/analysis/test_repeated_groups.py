from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import eqxcore as eqx
from eqxviz.analysis import graph_of
from eqxviz.examples import transformer
from eqxviz.records import Graph, GroupKind

KEY = jax.random.key(0)
X = jnp.ones((4, 4))


def drawn(fn: Callable[..., Any], *args: Any) -> Graph:
    return graph_of(fn, args, {}, title="fn")


def alike(graph: Graph, kind: GroupKind) -> list[list[str]]:
    """Names of the groups of a kind that do the same, those that stand alone left out."""
    rows: dict[int, list[str]] = {}
    for group in np.flatnonzero(graph.group_kind == kind).tolist():
        first = int(graph.group_same_as[group])
        rows.setdefault(group if first < 0 else first, []).append(
            graph.text(graph.group_name[group])
        )
    return [names for names in rows.values() if len(names) > 1]


def test_the_blocks_of_a_training_step_do_the_same_forward_and_backward_apart():
    model = transformer.Transformer(11, 8, 16, 2, 4, key=KEY)
    state = transformer.OPTIMISER.init(eqx.filter(model, eqx.is_inexact_array))
    graph = drawn(transformer.make_step, model, state, jnp.zeros((2, 9), int))
    blocks = [
        [name for name in names if name.endswith("]")] for names in alike(graph, GroupKind.MODULE)
    ]
    assert [names for names in blocks if names] == [
        [f"model.blocks[{i}]" for i in range(4)],
        [f"model.blocks[{i}]" for i in (3, 2, 1, 0)],
    ]


def two(first: Callable[..., Any], second: Callable[..., Any]) -> bool:
    """Whether two scopes, each on values of its own, are told to do the same."""

    def fn(x: jax.Array, y: jax.Array) -> Any:
        with jax.named_scope("first"):
            made = first(x, y)
        z = y * 3
        with jax.named_scope("second"):
            return made, second(z, x)

    return ["first", "second"] in alike(drawn(fn, X, X + 1), GroupKind.SCOPE)


@jax.jit
def jitted(x: jax.Array) -> jax.Array:
    return jnp.sin(x)


def compute(x: np.ndarray) -> np.ndarray:
    return x


def compute_otherwise(x: np.ndarray) -> np.ndarray:
    return -x


def in_scope(x: jax.Array) -> jax.Array:
    with jax.named_scope("inner"):
        return x + 1


def turns(n: int) -> Callable[[jax.Array], jax.Array]:
    return lambda x: jax.lax.scan(lambda c, _: (c * 2, None), x, None, length=n)[0]


PAIRS: dict[str, tuple[Callable[..., Any], Callable[..., Any], bool]] = {
    "the same": (lambda x, y: x @ y + 1, lambda x, y: x @ y + 1, True),
    "one value read twice": (lambda x, y: x + x, lambda x, y: x + y, False),
    "read in another order": (
        lambda x, y: (x * 2, x * 2 - y), lambda x, y: (x * 2, y - x * 2), False,
    ),
    "another primitive": (lambda x, y: x + y, lambda x, y: x * y, False),
    "another literal": (lambda x, y: x * 2.0, lambda x, y: x * 4.0, False),
    "another parameter": (lambda x, y: x.sum(axis=0), lambda x, y: x.sum(axis=1), False),
    "another type": (lambda x, y: x + 1, lambda x, y: x[0] + 1, False),
    "the same call": (lambda x, y: jitted(x), lambda x, y: jitted(x), True),
    "the same scan": (lambda x, y: turns(3)(x), lambda x, y: turns(3)(x), True),
    "another number of turns": (lambda x, y: turns(3)(x), lambda x, y: turns(4)(x), False),
    "another branch": (
        lambda x, y: jax.lax.cond(x.sum() > 0, lambda z: z, lambda z: z + 1, y),
        lambda x, y: jax.lax.cond(x.sum() > 0, lambda z: z, lambda z: z + z, y), False,
    ),
    "returned in another order": (
        lambda x, y: jax.jit(lambda a, b: (a + b, a * b))(x, y),
        lambda x, y: jax.jit(lambda a, b: (a * b, a + b))(x, y), False,
    ),
    "another inner group": (lambda x, y: in_scope(x), lambda x, y: x + 1, False),
    "the same callback": (
        lambda x, y: jax.pure_callback(compute, x, x),
        lambda x, y: jax.pure_callback(compute, x, x), True,
    ),
    "another callback": (
        lambda x, y: jax.pure_callback(compute, x, x),
        lambda x, y: jax.pure_callback(compute_otherwise, x, x), False,
    ),
    "another way to combine": (
        lambda x, y: jax.lax.reduce(x, 0.0, lambda a, b: a * b + 1, (0,)),
        lambda x, y: jax.lax.reduce(x, 0.0, lambda a, b: a * b + 2, (0,)), False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_groups_do_the_same_only_if_all_in_them_is_the_same(name: str):
    first, second, expected = PAIRS[name]
    assert two(first, second) is expected


def test_calls_that_return_a_value_twice_do_the_same():
    def fn(x: jax.Array) -> Any:
        pair = jax.jit(lambda a: (jnp.sin(a),) * 2)
        return pair(x)[0] + pair(x * 3)[1]

    assert [len(names) for names in alike(drawn(fn, X), GroupKind.JAXPR)] == [2]


def test_a_group_points_to_the_first_that_does_the_same():
    def fn(x: jax.Array) -> jax.Array:
        for i in range(3):
            with jax.named_scope(f"turn {i}"):
                x = jnp.tanh(x) + 1
        return x

    graph = drawn(fn, X)
    assert graph.group_same_as.tolist() == [-1, -1, 1, 1]
