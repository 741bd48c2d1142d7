"""How long a replay takes of a step of Adam of GPT-2's shape at width 128, and what it costs.

Run with the repository's root on the path: `python tests/benchmarks/replay.py`.
"""

import statistics
import sys
import threading
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import eqxcore as eqx
from eqxviz.analysis.replay import At, Replay, Task
from tests.benchmarks import large_graphs

_PART_SECONDS = 0.05


def main() -> None:
    """Measure and print."""
    large_graphs.WIDTH, large_graphs.CONTEXT = 128, 128
    args = arguments(sys.argv[1:] == ["warm"])
    step = large_graphs.make_step
    print(f"compile and first call    {timed(lambda: jax.block_until_ready(step(*args))):8.2f} s")
    compiled = statistics.median(
        timed(lambda: jax.block_until_ready(step(*args))) for _ in range(9)
    )
    goal = 20 * compiled + 2
    print(f"compiled step             {compiled:8.3f} s, so the goal is {goal:.2f} s")
    replay, seconds = made(args)
    print(f"trace                     {seconds:8.2f} s, {len(replay.rows)} equations")
    if sys.argv[1:] == ["warm"]:
        warm(replay, lambda: jax.block_until_ready(step(*args)), compiled)
    last = outermost(replay)[-1]
    for name in ("first", "second"):
        print(f"{name} replay to the last equation   {run(replay.values([At(last)])):8.2f} s")
    for name in ("first", "second"):
        print(f"{name} search for what is not finite {run(replay.flags()):8.2f} s")
    for name in ("first", "second"):
        print(f"{name} replay of all results         {run(replay.results()):8.2f} s")


def arguments(_: bool) -> tuple[Any, ...]:
    """Return model, optimiser state and tokens of a step."""
    key = jax.random.key(0)
    model = large_graphs.GPT2(12, key)
    state = large_graphs.OPTIMISER.init(eqx.filter(model, eqx.is_inexact_array))
    shape = (1, large_graphs.CONTEXT + 1)
    return model, state, jax.random.randint(key, shape, 0, large_graphs.VOCABULARY)


def made(args: tuple[Any, ...]) -> tuple[Replay, float]:
    """Return the replay of a step, and how long its making took."""
    started = time.perf_counter()
    replay = Replay(large_graphs.make_step, args, {}, name="make_step")
    return replay, time.perf_counter() - started


def outermost(replay: Replay) -> range:
    """Return the rows that are in no other equation."""
    root = replay.rows.blocks[0]
    return range(root.first, root.stop)


def warm(replay: Replay, step: Any, compiled: float) -> None:
    """Compile ahead in a thread while steps go on; say how much slower they are."""
    task = replay.warm()
    seconds: list[float] = []

    def work() -> None:
        seconds.append(run(task))

    thread = threading.Thread(target=work)
    thread.start()
    during: list[float] = []
    while thread.is_alive():
        during.append(timed(step))
    slower = statistics.median(during) / compiled
    print(f"compiled ahead in         {seconds[0]:8.2f} s; steps took {slower:.2f} times as long")


def run(task: Task[Any]) -> float:
    """Do a task in parts as the application does; return how long it took."""
    started, longest = time.perf_counter(), 0.0
    is_done = False
    while not is_done:
        part = time.perf_counter()
        is_done = task.step(_PART_SECONDS)
        longest = max(longest, time.perf_counter() - part)
    jax.block_until_ready(task.result if isinstance(task.result, list) else jnp.zeros(()))
    if longest > 4 * _PART_SECONDS:
        print(f"  one part took {longest:.2f} s")
    return time.perf_counter() - started


def timed(function: Any) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
