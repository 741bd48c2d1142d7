"""What observing adds to a jitted call, in nanoseconds: as a whole, and part by part.

Observed and unobserved batches are interleaved, so that a busy machine slows both alike.

    python tests/benchmarks/capture_overhead.py
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

PAIRS = 41
CALLS = 400


def main() -> None:
    import jax
    import jax.numpy as jnp

    from eqxviz import capture
    from eqxviz.capture.jit import unobserved

    here = str(Path(__file__).parent)
    observer = capture.install(lambda records: None, capture.Gate(), here).observer
    assert observer is not None

    @jax.jit
    def no_scalar(x: Any) -> Any:
        return x * 2

    @jax.jit
    def loss_and_state(x: Any) -> Any:
        return x[0] * 2, x * 2

    x = jnp.ones(2)

    def no_scalar_observed() -> None:
        y = no_scalar(x)  # noqa: F841 - the assignment names the result

    def loss_observed() -> None:
        _loss, _ = loss_and_state(x)

    bare_no_scalar, bare_loss = unobserved(no_scalar), unobserved(loss_and_state)

    def no_scalar_bare() -> None:
        y = bare_no_scalar(x)  # noqa: F841 - as above

    def loss_bare() -> None:
        _loss, _ = bare_loss(x)

    print(f"{PAIRS} interleaved pairs of {CALLS} calls; median and 95 % interval, ns a call")
    report("a call that returns no scalar", no_scalar_observed, no_scalar_bare)
    report("a call that returns one scalar", loss_observed, loss_bare)

    nothing = lambda: None  # noqa: E731 - the cost of timing an empty call
    ready = [jax.block_until_ready(bare_loss(x)[0]) for _ in range(CALLS)]
    values = iter(())

    def read_one() -> None:
        next(values).item()

    def fresh() -> None:
        nonlocal values
        values = iter([v + 0 for v in ready])

    report("  of it: is the thread outside a trace", observer._is_outside_traces, nothing)
    report("  of it: is the scalar ready", ready[0].is_ready, nothing)
    report("  of it: reading the scalar", read_one, nothing, before=fresh)
    capture.uninstall()


def report(
    name: str,
    observed: Callable[[], Any],
    bare: Callable[[], Any],
    before: Callable[[], None] = lambda: None,
) -> None:
    differences = []
    base = []
    for call in (observed, bare):
        before()
        batch(call)
    for pair in range(PAIRS):
        order = (observed, bare) if pair % 2 else (bare, observed)
        times = {}
        for call in order:
            before()
            times[call] = batch(call)
        differences.append(times[observed] - times[bare])
        base.append(times[bare])
    differences.sort()
    low, high = differences[int(PAIRS * 0.025)], differences[int(PAIRS * 0.975)]
    median = statistics.median(differences)
    spread = f"[{low:6.0f}, {high:6.0f}]"
    print(f"{name:42s} +{median:6.0f}  {spread}   on {statistics.median(base):7.0f}")


def batch(call: Callable[[], Any]) -> float:
    start = time.perf_counter_ns()
    for _ in range(CALLS):
        call()
    return (time.perf_counter_ns() - start) / CALLS


if __name__ == "__main__":
    main()
