"""Graphs of the sizes that the benchmarks measure, traced on shapes only: nothing is computed."""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import optax
from jax import Array

import eqxcore as eqx
from eqxviz.analysis import graph_of
from eqxviz.records import Graph

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "layout"))
from made_graphs import GraphMaker

VOCABULARY, CONTEXT, WIDTH, N_HEADS, N_LAYERS = 50257, 1024, 768, 12, 12
OPTIMISER = optax.adam(3e-4)
HERE = str(Path(__file__).parent)


class FeedForward(eqx.Module):
    """Widen four times, bend, narrow again."""

    widen: eqx.nn.Linear
    narrow: eqx.nn.Linear

    def __init__(self, width: int, key: Array):
        first, second = jax.random.split(key)
        self.widen = eqx.nn.Linear(width, 4 * width, key=first)
        self.narrow = eqx.nn.Linear(4 * width, width, key=second)

    def __call__(self, x: Array) -> Array:
        return jax.vmap(self.narrow)(jax.nn.gelu(jax.vmap(self.widen)(x)))


class Block(eqx.Module):
    """Attention, then a feed-forward part, each beside the stream."""

    norm_1: eqx.nn.LayerNorm
    attention: eqx.nn.MultiheadAttention
    norm_2: eqx.nn.LayerNorm
    feed_forward: FeedForward

    def __init__(self, width: int, n_heads: int, key: Array):
        first, second = jax.random.split(key)
        self.norm_1 = eqx.nn.LayerNorm(width)
        self.norm_2 = eqx.nn.LayerNorm(width)
        self.attention = eqx.nn.MultiheadAttention(
            n_heads,
            width,
            use_query_bias=True,
            use_key_bias=True,
            use_value_bias=True,
            use_output_bias=True,
            key=first,
        )
        self.feed_forward = FeedForward(width, second)

    def __call__(self, x: Array) -> Array:
        h = jax.vmap(self.norm_1)(x)
        mask = jnp.tril(jnp.ones((len(x), len(x)), bool))
        x = x + self.attention(h, h, h, mask)
        return x + self.feed_forward(jax.vmap(self.norm_2)(x))


class GPT2(eqx.Module):
    """The language model of that name, with its embedding tied to the head."""

    tokens: eqx.nn.Embedding
    places: eqx.nn.Embedding
    blocks: list[Block]
    norm: eqx.nn.LayerNorm

    def __init__(self, n_layers: int, key: Array):
        first, second, *rest = jax.random.split(key, n_layers + 2)
        self.tokens = eqx.nn.Embedding(VOCABULARY, WIDTH, key=first)
        self.places = eqx.nn.Embedding(CONTEXT, WIDTH, key=second)
        self.blocks = [Block(WIDTH, N_HEADS, key) for key in rest]
        self.norm = eqx.nn.LayerNorm(WIDTH)

    def __call__(self, tokens: Array) -> Array:
        x = jax.vmap(self.tokens)(tokens) + jax.vmap(self.places)(jnp.arange(len(tokens)))
        for block in self.blocks:
            x = block(x)
        return jax.vmap(self.norm)(x) @ self.tokens.weight.T


def loss_of(model: GPT2, tokens: Array) -> Array:
    """Return the mean cross-entropy of each token after the first."""
    scores = jax.vmap(model)(tokens[:, :-1])
    return optax.softmax_cross_entropy_with_integer_labels(scores, tokens[:, 1:]).mean()


@eqx.filter_jit
def make_step(model: GPT2, state: optax.OptState, tokens: Array):
    """Return loss, model and optimiser state after one step of Adam."""
    loss, gradients = eqx.filter_value_and_grad(loss_of)(model, tokens)
    updates, state = OPTIMISER.update(gradients, state)
    return loss, eqx.apply_updates(model, updates), state


def gpt2_arguments(n_layers: int = N_LAYERS) -> tuple[object, ...]:
    """Return model, optimiser state and tokens of `make_step`, as shapes."""

    def make(key: Array):
        model = GPT2(n_layers, key)
        return model, OPTIMISER.init(eqx.filter(model, eqx.is_inexact_array))

    model, state = eqx.filter_eval_shape(make, jax.random.key(0))
    return model, state, jax.ShapeDtypeStruct((8, CONTEXT + 1), jnp.int32)


def gpt2_step(n_layers: int = N_LAYERS) -> Graph:
    """Return the graph of a step of Adam of GPT-2 small: about 6,500 equations."""
    return graph_of(make_step, gpt2_arguments(n_layers), {}, title="make_step", project_root=HERE)


def rollout_of(n_equations: int = 100_000):
    """Return a loop that Python has unrolled, and its arguments."""

    def rollout(x: Array, w: Array) -> Array:
        # Six equations a turn: a step of an ODE solver with its loop written in Python.
        for _ in range(n_equations // 6):
            y = jnp.tanh(x) * w
            x = x + 0.01 * y - y * y
        return x

    return rollout, (jnp.zeros(8), jnp.zeros(8))


def unrolled(n_equations: int = 100_000) -> Graph:
    """Return the graph of a loop that Python has unrolled."""
    fn, args = rollout_of(n_equations)
    return graph_of(fn, args, {}, title="rollout", project_root=HERE)


def flat(n_nodes: int = 50_000) -> Graph:
    """Return a graph without groups: chains beside one another, tied together here and there."""
    made = GraphMaker("flat")
    flows = [made.argument(f"x{i}", "f32[64,64]") for i in range(96)]
    for node in range(n_nodes - len(flows)):
        chain = node % len(flows)
        other = flows[(chain + 1) % len(flows)]
        reads = [flows[chain], other] if node % 7 == 0 else [flows[chain]]
        step = made.equation("add" if node % 7 == 0 else "sin", reads, avals=["f32[64,64]"])
        flows[chain] = made.made(step)
    for index, flow in enumerate(flows):
        made.output(flow, f"[{index}]")
    return made.graph()
