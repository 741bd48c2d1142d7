"""Programs without loops, whose cost is compared with XLA's own count."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

import eqxcore as eqx
from eqxviz.analysis import graph_of
from eqxviz.examples import transformer
from eqxviz.records import Graph, GroupKind

KEY = jax.random.key(0)


class Convolutional(eqx.Module):
    """Three convolutions, one strided and one dilated, pooling, a linear layer."""

    layers: list[Any]

    def __init__(self, key: Array):
        keys = jax.random.split(key, 4)
        self.layers = [
            eqx.nn.Conv2d(3, 16, 3, padding=1, key=keys[0]),
            jax.nn.relu,
            eqx.nn.MaxPool2d(2, 2),
            eqx.nn.Conv2d(16, 32, 3, stride=2, padding=1, key=keys[1]),
            jax.nn.relu,
            eqx.nn.Conv2d(32, 32, 3, dilation=2, padding=2, groups=4, key=keys[2]),
            jax.nn.gelu,
            eqx.nn.AvgPool2d(2, 2),
            jnp.ravel,
            eqx.nn.Linear(32 * 16, 10, key=keys[3]),
        ]

    def __call__(self, x: Array) -> Array:
        for layer in self.layers:
            x = layer(x)
        return x


def _mlp() -> tuple[Any, Any]:
    return eqx.nn.MLP(16, 10, 64, 3, activation=jax.nn.silu, key=KEY), (16,)


def _cnn() -> tuple[Any, Any]:
    return Convolutional(KEY), (3, 32, 32)


def _block() -> tuple[Any, Any]:
    return transformer.Block(64, 4, key=KEY), (32, 64)


def _gpt() -> tuple[Any, Any]:
    return transformer.Transformer(65, 32, 64, 4, 2, key=KEY), (32,)


MODELS: dict[str, Callable[[], tuple[Any, Any]]] = {
    "MLP": _mlp,
    "CNN": _cnn,
    "transformer block": _block,
    "2-layer GPT": _gpt,
}
N_BATCH = 8


def costed(model: str, direction: str) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Return the function, forward or gradient, and its arguments: a tree of arrays, a batch."""
    made, shape = MODELS[model]()
    arrays, rest = eqx.partition(made, eqx.is_array)
    dtype = jnp.int32 if model == "2-layer GPT" else jnp.float32

    def forward(arrays: Any, batch: Array) -> Array:
        return jax.vmap(eqx.combine(arrays, rest))(batch)

    def loss(arrays: Any, batch: Array) -> Array:
        return (forward(arrays, batch) ** 2).mean()

    batch = jax.ShapeDtypeStruct((N_BATCH, *shape), dtype)
    return forward if direction == "forward" else jax.grad(loss), (arrays, batch)


def xla_flops(fn: Callable[..., Any], args: tuple[Any, ...]) -> float:
    """Return XLA's own count, of the program as it is lowered: nothing is optimised yet."""
    return float(jax.jit(fn).lower(*args).cost_analysis()["flops"])


def our_graph(fn: Callable[..., Any], args: tuple[Any, ...]) -> Graph:
    """Return the graph of the same program."""
    return graph_of(fn, args, {}, title="fn")


def total(graph: Graph, column: Any) -> float:
    """Return the sum over the equations of the outermost jaxpr, which includes all others."""
    is_inner = graph.group_kind == GroupKind.JAXPR
    for group in range(1, len(is_inner)):
        is_inner[group] |= is_inner[graph.group_parent[group]]
    return float(column[~is_inner[graph.equation_group]].sum())
