"""Times of values: statistics and tiles of a large leaf, the table of many leaves.

`python -m tests.benchmarks.leaf_values [GB] [LEAVES]`. Passes of `jnp.sum` and of ours take turns,
so that what else the machine does falls on both.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp

from eqxviz.analysis.leaf_rows import LeafRows
from eqxviz.analysis.statistics import Reading
from eqxviz.analysis.tiles import read_tile
from eqxviz.analysis.values import ValueReading, never
from eqxviz.records import PERCENTS, ReadTile

_ROUNDS = 5
# minimum, maximum, mean, std, norm, zeros, NaN, both infinities, percentiles, histogram
N_STATISTICS = 9 + len(PERCENTS) + 1
N_MOMENTS = 9


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def resident_bytes(name: str) -> int:
    """Return what /proc says of this process: `VmRSS` now, `VmHWM` at its peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024


def large_leaf(n_bytes: int) -> jax.Array:
    rows = n_bytes // 4 // 8192
    return jax.random.normal(jax.random.key(0), (rows, 8192)).block_until_ready()


def read_all(array: jax.Array) -> None:
    reading = ValueReading(array)
    while not reading.step(0.05):
        pass
    reading.summary(0, 0)


def read_moments(array: jax.Array) -> None:
    reading = Reading(array, is_detailed=False)
    while not reading.step(0.05, never):
        pass


def of_one_leaf(array: jax.Array) -> None:
    """Print our statistics against as many passes of `jnp.sum`."""
    total = jax.jit(jnp.sum)
    total(array).block_until_ready()
    times: dict[str, list[float]] = {"sum": [], "all": [], "moments": []}
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = resident_bytes("VmRSS")
    for _ in range(_ROUNDS):
        times["sum"].append(seconds(lambda: total(array).block_until_ready()))
        times["all"].append(seconds(lambda: read_all(array)))
        times["moments"].append(seconds(lambda: read_moments(array)))
    grown = resident_bytes("VmHWM") - before
    one = statistics.median(times["sum"])
    print(f"leaf of {array.nbytes / 1e9:.2f} GB; one jnp.sum {one * 1e3:.1f} ms")
    for name, n in (("all", N_STATISTICS), ("moments", N_MOMENTS)):
        ours = statistics.median(times[name])
        each = statistics.median(a / b / n for a, b in zip(times[name], times["sum"], strict=True))
        print(f"  {name}: {ours * 1e3:.0f} ms for {n} statistics, {each:.2f} x one jnp.sum each")
    print(f"  memory grew by {grown / 1e6:.1f} MB at its peak")


def of_tiles(array: jax.Array) -> None:
    """Print how long tiles take: all of the leaf, a window, single elements."""
    rows, columns = array.shape
    for name, window in (
        ("all of it", (rows, columns)),
        ("a quarter a side", (rows // 4, columns // 4)),
        ("1,000 x 1,000", (1000, 1000)),
        ("elements as text", (30, 20)),
    ):
        asked = ReadTile(
            *(0, 0, 0, 1, (0, 0), (100, 100 + window[0]), (100, 100 + window[1])),
            with_texts=window[0] < 100,
        )
        taken = [seconds(lambda asked=asked: read_tile(array, asked, never)) for _ in range(3)]
        print(f"  tile of {name}: {statistics.median(taken) * 1e3:.1f} ms")


def of_a_table(n_leaves: int) -> None:
    """Print how long the statistics of many leaves take, part by part."""
    one = [jnp.ones((16, 16)) * i for i in range(100)]
    leaves = [(i, one[i % 100]) for i in range(n_leaves)]
    rows, n_done, parts = LeafRows(), 0, []
    while n_done < n_leaves:
        start = time.perf_counter()
        n_done += len(rows.read(leaves[n_done : n_done + 8192], 0, 0.05, never).nodes)
        parts.append(time.perf_counter() - start)
    print(
        f"table of {n_leaves:,} leaves: {sum(parts) * 1e3:.0f} ms "
        f"({sum(parts) / n_leaves * 1e6:.0f} us a leaf), longest part {max(parts) * 1e3:.0f} ms"
    )


if __name__ == "__main__":
    numbers = [float(text) for text in sys.argv[1:]]
    leaf = large_leaf(int((numbers[0] if numbers else 1.0) * 1e9))
    of_one_leaf(leaf)
    of_tiles(leaf)
    del leaf
    of_a_table(int(numbers[1]) if len(numbers) > 1 else 10_000)
