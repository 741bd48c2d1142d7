"""How long a replay takes of a step of Adam of GPT-2's shape at width 128, and what it costs.

`python tests/benchmarks/replay.py` starts with nothing compiled but the step; with `warm`, as it is
where the run has kept its calls for a while.
"""

import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import eqxcore as eqx
from eqxviz.analysis.replay import At, Replay, Task
from eqxviz.capturing.held import KeptCall
from eqxviz.capturing.readying import Readying
from tests.benchmarks import large_graphs

_PART_SECONDS = 0.05


def main() -> None:
    """Measure and print; with the word "warm", once all is compiled in the background."""
    is_warm = sys.argv[1:] == ["warm"]
    large_graphs.WIDTH, large_graphs.CONTEXT = 128, 128
    args = arguments()

    def step() -> None:
        jax.block_until_ready(large_graphs.make_step(*args))

    took = Took()
    step()
    print(f"compile and first call          {took}")
    compiled = statistics.median(timed(step) for _ in range(9))
    took = Took()
    step()
    print(f"compiled step                   {took}")
    print(f"goal of a replay: {20 * compiled + 2:.2f} s, of the first NaN: 5 s")
    if is_warm:
        readied(step, args)
    took = Took()
    replay = Replay(large_graphs.make_step, args, {}, name="make_step")
    print(f"trace, {len(replay.rows):,} equations          {took}")
    root = replay.rows.blocks[0]
    tasks = {
        f"replay to {share:4.0%} of them": At(
            root.first + int((root.stop - 1 - root.first) * share)
        )
        for share in (0.3, 1.0)
    }
    for name, at in tasks.items():
        run_twice(name, lambda at=at: replay.values([at]))
    run_twice("look at what is not finite", replay.flags)
    run_twice("replay of all results", replay.results)


class Took:
    """Tells how long something took since this was made: by the clock, and of the processor."""

    def __init__(self) -> None:
        self._started = time.perf_counter(), time.process_time()

    def __str__(self) -> str:
        seconds, busy = self._started
        return f"{time.perf_counter() - seconds:7.2f} s, {time.process_time() - busy:6.2f} CPU s"


def arguments() -> tuple[Any, ...]:
    """Return model, optimiser state and tokens of a step."""
    key = jax.random.key(0)
    model = large_graphs.GPT2(12, key)
    state = large_graphs.OPTIMISER.init(eqx.filter(model, eqx.is_inexact_array))
    shape = (1, large_graphs.CONTEXT + 1)
    return model, state, jax.random.randint(key, shape, 0, large_graphs.VOCABULARY)


class Watched:
    """Stands for what is known of the step."""


def readied(step: Any, args: tuple[Any, ...]) -> None:
    """Compile in the background, as a run does that keeps its calls; say what that costs it."""
    kept = KeptCall(0, 3, large_graphs.make_step, args, {}, 0, 0)
    before = [timed(step) for _ in range(9)]
    readying, started = Readying(print), time.perf_counter()
    readying.see(Watched(), kept)  # type: ignore[arg-type]  # by identity alone
    during: list[float] = []
    while any(thread.name == "eqxviz-readying" for thread in threading.enumerate()):
        during.append(timed(step))
    seconds = time.perf_counter() - started
    slower = statistics.median(during) / statistics.median(before)
    print(f"compiled in the background in   {seconds:8.2f} s; meanwhile a step took "
          f"{slower:.2f} times as long, at worst {max(during):.2f} s")  # fmt: skip


def run_twice(name: str, make: Callable[[], Task[Any]]) -> None:
    """Do a task in parts, as the application does, and once more; print how long it took."""
    for which in ("first", "again"):
        took, longest, task, is_done = Took(), 0.0, make(), False
        while not is_done:
            part = time.perf_counter()
            is_done = task.step(_PART_SECONDS)
            longest = max(longest, time.perf_counter() - part)
        print(f"{name:26} {which} {took}, longest part {longest:.2f} s")


def timed(function: Callable[[], Any]) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
