"""What measuring the norms of every leaf costs a run: a model of 1,000 leaves, each 10th step.

Runs of the same loop with and without it are interleaved, so that a busy machine slows both alike.

With `--sparing` fewer steps are measured where that would take more than 3 % of the time, as in
the application.

    python tests/benchmarks/dynamics.py [leaves] [every] [--donate] [--sparing]
"""

import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

PAIRS = 16
STEPS = 100


def main(n_leaves: int, every: int, *, donates: bool, most_share: float) -> None:
    import jax
    import jax.numpy as jnp

    from eqxviz import capturing
    from eqxviz.records import DynamicsBatch, WatchDynamics

    records: list[Any] = []
    capture = capturing.install(records.extend, capturing.Gate(), str(Path(__file__).parent))

    def step(model: Any, x: Any) -> Any:
        model = jax.tree.map(lambda p: p * 0.999 + x, model)
        return model, sum(jnp.sum(p) for p in jax.tree.leaves(model)[:5])

    compiled = jax.jit(step, donate_argnums=(0,) if donates else ())
    x = jnp.float32(1e-3)

    def fresh() -> Any:
        return [{"w": jnp.ones((8, 8)), "b": jnp.ones(8)} for _ in range(n_leaves // 2)]

    def run() -> float:
        model = jax.block_until_ready(fresh())
        start = time.perf_counter()
        for _ in range(STEPS):
            model, _loss = compiled(model, x)
        jax.block_until_ready(model)
        return (time.perf_counter() - start) / STEPS

    for _ in range(3):
        run()
    on = WatchDynamics(True, every, most_share=most_share)
    off = WatchDynamics(False)
    capture.watch_dynamics(on)
    while not any(isinstance(record, DynamicsBatch) for record in records):
        run()
        capture.flush()
    bare, ratios = [], []
    n_before = n_measured(records)
    for pair in range(PAIRS):
        times = {}
        for request in (on, off) if pair % 2 else (off, on):
            capture.watch_dynamics(request)
            times[request.is_on] = run()
        bare.append(times[False])
        ratios.append(times[True] / times[False])
    capture.flush()
    n = n_measured(records) - n_before
    capturing.uninstall()
    low, middle, high = interval(ratios)
    donating = ", donating" if donates else ""
    print(f"{n_leaves} leaves, a step of {statistics.median(bare) * 1e3:.2f} ms{donating}")
    print(f"{n} of {PAIRS * STEPS} steps measured, {PAIRS} interleaved pairs of {STEPS} steps")
    print(f"ratio {middle:.4f}  (95 % interval {low:.4f} to {high:.4f})")


def n_measured(records: list[Any]) -> int:
    from eqxviz.records import DynamicsBatch

    return sum(len(record.step) for record in records if isinstance(record, DynamicsBatch))


def interval(values: list[float]) -> tuple[float, float, float]:
    """Return the median, and its 95 % interval by rank, around it."""
    ordered, n = sorted(values), len(values)
    reach = round(0.98 * n**0.5)
    return (
        ordered[max(n // 2 - reach, 0)],
        statistics.median(ordered),
        ordered[min(n // 2 + reach, n - 1)],
    )


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    share = 0.03 if "--sparing" in sys.argv else 1.0
    main(*(numbers + [1000, 10][len(numbers) :]), donates="--donate" in sys.argv, most_share=share)
