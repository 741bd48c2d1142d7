"""Prints what it takes to compare graphs: GPT-2 small's Adam step with variants, and large ones.

python tests/benchmarks/graph_compare.py
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import jax
import jax.numpy as jnp
import large_graphs
from large_graphs import HERE, flat, gpt2_arguments, gpt2_step, unrolled

import eqxcore as eqx
from eqxviz.analysis import graph_of
from eqxviz.records import Graph
from eqxviz.session.graph_compare import compare
from eqxviz.session.graph_compare.wording import summary


def main() -> None:
    step = gpt2_step()
    report("itself", step, step)
    report("bfloat16", step, in_bfloat16())
    report("relu in place of gelu", step, with_relu())
    report("11 layers in place of 12", step, gpt2_step(11))
    report("forward against step", forward(), step)
    report("rollout against itself", unrolled(), unrolled())
    report("rollout, 600 turns fewer", unrolled(), unrolled(96_400))
    report("crowd against itself", flat(100_000), flat(100_000))
    report("crowd against another", flat(100_000), flat(99_000))


def report(name: str, before: Graph, after: Graph) -> None:
    """Print how long the comparison takes, and what it says."""
    start = time.perf_counter()
    difference = compare(before, after)
    seconds = time.perf_counter() - start
    sizes = f"{len(before):,} and {len(after):,} equations"
    print(f"{name}: {sizes}: {seconds * 1e3:,.0f} ms")
    print(f"    {summary(difference)}")


def in_bfloat16() -> Graph:
    """Return the graph of the step with parameters of half the precision."""
    model, state, tokens = gpt2_arguments()

    def halved(leaf: object) -> object:
        is_float = isinstance(leaf, jax.ShapeDtypeStruct) and leaf.dtype == jnp.float32
        return jax.ShapeDtypeStruct(leaf.shape, jnp.bfloat16) if is_float else leaf

    arguments = jax.tree.map(halved, model), jax.tree.map(halved, state), tokens
    return traced(large_graphs.make_step, arguments)


def with_relu() -> Graph:
    """Return the graph of the step after an edit of the feed-forward parts."""
    call = large_graphs.FeedForward.__call__

    def edited(self: large_graphs.FeedForward, x: jax.Array) -> jax.Array:
        return jax.vmap(self.narrow)(jax.nn.relu(jax.vmap(self.widen)(x)))

    large_graphs.FeedForward.__call__ = edited
    jax.clear_caches()
    try:
        return gpt2_step()
    finally:
        large_graphs.FeedForward.__call__ = call
        jax.clear_caches()


def forward() -> Graph:
    """Return the graph of the loss alone."""
    model, _, tokens = gpt2_arguments()
    return traced(eqx.filter_jit(large_graphs.loss_of), (model, tokens))


def traced(function: Callable[..., object], arguments: tuple[object, ...]) -> Graph:
    return graph_of(function, arguments, {}, title="variant", project_root=HERE)


if __name__ == "__main__":
    main()
