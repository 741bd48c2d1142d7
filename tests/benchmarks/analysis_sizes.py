"""Prints how long the analysis of large things takes: `python tests/benchmarks/analysis_sizes.py`.

Times are the best of a few runs, in seconds; nothing is asserted.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp
import numpy as np
import optax

import eqxcore as eqx
from eqxviz.analysis import graph_of, model_tree, value_summary


class Block(eqx.Module):
    """A transformer's layer: attention over earlier positions, then two dense layers."""

    query: eqx.nn.Linear
    key: eqx.nn.Linear
    value: eqx.nn.Linear
    output: eqx.nn.Linear
    wide: eqx.nn.Linear
    narrow: eqx.nn.Linear

    def __init__(self, size: int, key: jax.Array) -> None:
        keys = jax.random.split(key, 6)
        self.query, self.key, self.value, self.output = (
            eqx.nn.Linear(size, size, key=k) for k in keys[:4]
        )
        self.wide = eqx.nn.Linear(size, 4 * size, key=keys[4])
        self.narrow = eqx.nn.Linear(4 * size, size, key=keys[5])

    def __call__(self, x: jax.Array) -> jax.Array:
        q, k, v = (jax.vmap(layer)(x) for layer in (self.query, self.key, self.value))
        scores = jnp.where(jnp.tri(len(x)), q @ k.T / len(x) ** 0.5, -jnp.inf)
        x = x + jax.vmap(self.output)(jax.nn.softmax(scores) @ v)
        return x + jax.vmap(self.narrow)(jax.nn.gelu(jax.vmap(self.wide)(x)))


class Transformer(eqx.Module):
    """Tokens to logits."""

    table: jax.Array
    blocks: list[Block]

    def __call__(self, tokens: jax.Array) -> jax.Array:
        x = self.table[tokens]
        for block in self.blocks:
            x = block(x)
        return x @ self.table.T


def best(run: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """Return the shortest time of some runs, and the last result."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


def train_step(n_layers: int) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Return a jitted Adam step of a transformer, and the arguments of a call."""
    size, key = 64, jax.random.key(0)
    blocks = [Block(size, k) for k in jax.random.split(key, n_layers)]
    model = Transformer(jax.random.normal(key, (96, size)), blocks)
    optimiser = optax.adam(1e-3)

    @eqx.filter_jit
    def step(model: Any, state: Any, tokens: jax.Array) -> Any:
        @eqx.filter_value_and_grad
        def loss_of(model: Any) -> jax.Array:
            logits = jax.vmap(model)(tokens[:, :-1])
            losses = optax.softmax_cross_entropy_with_integer_labels(logits, tokens[:, 1:])
            return losses.mean()

        loss, gradients = loss_of(model)
        updates, state = optimiser.update(gradients, state, model)
        return loss, eqx.apply_updates(model, updates), state

    state = optimiser.init(eqx.filter(model, eqx.is_array))
    return step, (model, state, jnp.zeros((8, 33), jnp.int32))


def main() -> None:
    """Print one line a measurement."""
    step, args = train_step(4)
    first, graph = best(lambda: graph_of(step, args, {}, title="step"), 1)
    again, _ = best(lambda: graph_of(step, args, {}, title="step"))
    print(
        f"graph of a 4-layer transformer's Adam step: {len(graph):,} equations, "
        f"{len(graph.group_parent):,} groups, first {first:.2f} s, again {again:.2f} s"
    )
    plain = getattr(step, "__wrapped__", step)
    trace_seconds, _ = best(lambda: eqx.filter_make_jaxpr(plain)(*args))
    print(f"  JAX's tracing alone: {trace_seconds:.2f} s")
    array = jnp.ones(3)
    for n in (100_000, 1_000_000):
        wide = [[array] * 100 for _ in range(n // 100)]
        seconds, tree = best(lambda tree=wide: model_tree(tree, "model", 0), 2)
        print(f"tree of {int(tree.n_leaves[0]):,} arrays: {seconds:.2f} s")
    distinct = [[jnp.full(3, i) for _ in range(100)] for i in range(1000)]
    seconds, _ = best(lambda: model_tree(distinct, "model", 0))
    print(f"tree of 100,000 distinct arrays: {seconds:.2f} s")
    seconds, _ = best(lambda: model_tree([float(i) for i in range(1_000_000)], "model", 0), 1)
    print(f"tree of 1,000,000 distinct Python numbers: {seconds:.2f} s")
    deep: Any = array
    for _ in range(100_000):
        deep = [deep]
    seconds, _ = best(lambda: model_tree(deep, "model", 0), 1)
    print(f"tree 100,000 deep: {seconds:.2f} s")
    large = np.random.default_rng(0).normal(size=(5000, 5000)).astype(np.float32)
    seconds, _ = best(lambda: value_summary(large, 0, 0))
    print(f"summary of 25,000,000 numbers: {seconds:.2f} s")


if __name__ == "__main__":
    main()
