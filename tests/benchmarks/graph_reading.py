"""Prints how long a jaxpr takes to become a graph, apart from tracing it.

python tests/benchmarks/graph_reading.py
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("JAX_PLATFORMS", "cpu")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import jax
import jax.numpy as jnp
import numpy as np
from large_graphs import gpt2_arguments, make_step

from eqxviz.analysis.captured import CapturedNames
from eqxviz.analysis.jaxpr_reader import JaxprReader
from eqxviz.analysis.repeated_groups import same_groups
from eqxviz.analysis.tracing import trace
from eqxviz.analysis.user_code import UserCode
from eqxviz.records import EquationFlag, Graph, GroupKind

N_REPEATS = 7


def main() -> None:
    graph = measure("step of Adam, GPT-2 small", make_step, gpt2_arguments())
    print_repeated(graph)
    measure("unrolled loop", rollout, (jnp.zeros(8), jnp.zeros(8)))


def rollout(x: jax.Array, w: jax.Array) -> jax.Array:
    """Six equations a turn."""
    for _ in range(100_000 // 6):
        y = jnp.tanh(x) * w
        x = x + 0.01 * y - y * y
    return x


def measure(title: str, fn: Callable[..., Any], args: tuple[Any, ...]) -> Graph:
    """Print what `fn` takes to be traced and to be read; return its graph."""
    names = [f"args[{i}]" for i in range(len(args))]
    start = time.perf_counter()
    traced = trace(fn, args, {}, names, title)
    tracing = time.perf_counter() - start

    def read() -> Graph:
        user_code = UserCode(str(Path(__file__).parent))
        captured = CapturedNames((title, fn), list(zip(names, args, strict=True)), user_code)
        reader = JaxprReader(user_code, title, "", captured)
        reader.read(traced.jaxpr, traced.input_names)
        return reader.graph(title, traced.output_names)

    graph = read()
    reading, comparing = timed(read), timed(lambda: same_groups(graph))
    print(f"{title}: {len(graph):,} equations in {len(graph.group_parent):,} groups")
    print(f"  tracing                         {1000 * tracing:8.0f} ms, once")
    print(f"  reading                         {1000 * reading:8.0f} ms, median of {N_REPEATS}")
    print(f"  of it, groups that do the same  {1000 * comparing:8.0f} ms")
    return graph


def print_repeated(graph: Graph) -> None:
    """Print which blocks are found to do the same."""
    firsts, counts = np.unique(graph.group_same_as[graph.group_same_as >= 0], return_counts=True)
    for first, count in zip(firsts.tolist(), counts.tolist(), strict=True):
        name = graph.text(graph.group_name[first])
        if graph.group_kind[first] == GroupKind.MODULE and name.endswith("]"):
            inside = np.flatnonzero(graph.group_parent == first)
            equation = np.flatnonzero(np.isin(graph.equation_group, [first, *inside]))[0]
            is_backward = graph.equation_flags[equation] & EquationFlag.BACKWARD
            print(f"  {name} {'backward' if is_backward else 'forward'}: ×{count + 1}")


def timed(call: Callable[[], object]) -> float:
    """Return the median seconds of some calls."""
    seconds: list[float] = []
    for _ in range(N_REPEATS):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
