"""How long it takes to find the first NaN of a step of Adam of GPT-2's shape at width 128.

A weight in the middle of the model is so large that a product overflows there; from then on all
is NaN, forward and backward. The goal is 5 s. The small programs are compiled before, as they are
while calls are kept; with `cold` they are not.

Run with the repository's root on the path: `python tests/benchmarks/blame.py [cold]`.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import eqxcore as eqx
from eqxviz.analysis.graph import read_graph
from eqxviz.analysis.replay import Replay, Task
from eqxviz.analysis.replay.blame import Suspect, blame_task
from eqxviz.analysis.tracing import argument_names
from tests.benchmarks import large_graphs

_PART_SECONDS = 0.05


def main() -> None:
    """Measure and print."""
    large_graphs.WIDTH, large_graphs.CONTEXT = 128, 128
    args = poisoned(arguments())
    step = large_graphs.make_step
    result = jax.block_until_ready(step(*args))
    print(f"compiled step      {timed(lambda: jax.block_until_ready(step(*args))):8.3f} s")
    names = argument_names(step, len(args))
    started = time.process_time()
    replay = Replay(step, args, {}, argument_names=names, name="make_step")
    traced = time.process_time()
    graph = read_graph(
        replay.traced, step, args, {},
        title="make_step", names=names, project_root=None, name="make_step",
    )  # fmt: skip
    read = time.process_time()
    Replay(step, args, {}, argument_names=names, name="make_step", known=replay.known)
    again = time.process_time()
    print(f"trace              {traced - started:8.2f} s of processors, {len(replay.rows)} rows")
    print(f"  of the next call {again - read:8.2f} s of processors")
    print(f"graph              {read - traced:8.2f} s of processors")
    if sys.argv[1:] != ["cold"]:
        print(f"small programs     {run(replay.warm()):8.2f} s")
    suspect = Suspect(replay, graph, replay.results_of(result), 0, 1)
    for name in ("first search", "second search"):
        task = blame_task(suspect)
        began = time.process_time()
        seconds = run(task)
        print(f"{name:<18} {seconds:8.2f} s, {time.process_time() - began:.2f} s of processors")
    blame = task.result
    print(f"found: {blame.primitive}, row {blame.equation}, {blame.why}; road {len(blame.road)}")


def arguments() -> tuple[Any, ...]:
    """Return model, optimiser state and tokens of a step."""
    key = jax.random.key(0)
    model = large_graphs.GPT2(12, key)
    state = large_graphs.OPTIMISER.init(eqx.filter(model, eqx.is_inexact_array))
    shape = (1, large_graphs.CONTEXT + 1)
    return model, state, jax.random.randint(key, shape, 0, large_graphs.VOCABULARY)


def run(task: Task[Any]) -> float:
    """Do a task in parts as the application does; return how long it took."""
    started = time.perf_counter()
    while not task.step(_PART_SECONDS):
        pass
    return time.perf_counter() - started


def timed(function: Callable[[], Any]) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def poisoned(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arguments with a matrix of the middle layer that is far too large."""
    model, *others = args
    matrices = [x for x in jax.tree.leaves(model) if eqx.is_array(x) and x.ndim == 2]
    chosen = matrices[len(matrices) // 2]
    model = jax.tree.map(lambda x: jnp.full_like(x, 3e38) if x is chosen else x, model)
    return model, *others


if __name__ == "__main__":
    main()
