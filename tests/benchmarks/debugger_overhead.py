"""What the debugger costs a run in which nothing stops: armed with stops, and keeping calls.

One process trains under capture, and takes turns: a block of steps without stops, then one with
them. `armed` are a condition, NaN, recompilation, exception and a stop on another function; the
last block also says what keeping the calls costs, which is not free.

    python tests/benchmarks/debugger_overhead.py [PAIRS]
"""

import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

PAIRS = 60
STEP_SECONDS = (110e-6, 1.2e-3)
BLOCK_SECONDS = 0.15
LEAD_SECONDS = 0.03


def main() -> None:
    import jax
    import jax.numpy as jnp

    from eqxviz import capturing
    from eqxviz.records import Stop, StopKind

    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    gate = capturing.Gate()
    capture = capturing.install(lambda records: None, gate, str(Path(__file__).parent))
    gate.start()
    x = jnp.eye(24)

    def trainer(inner: int, donate: bool) -> Callable[[int], None]:
        @jax.jit(donate_argnums=(0,) if donate else ())
        def step(params: Any, x: Any) -> Any:
            def body(_: Any, w: Any) -> Any:
                return jnp.tanh(w @ x) * 0.5 + w * 0.5

            w = jax.lax.fori_loop(0, inner, body, params["w"])
            return jnp.mean((w - x) ** 2), {"w": w, "b": params["b"] + 1}

        params = {"w": jnp.ones((24, 24)) / 24, "b": jnp.zeros(24)}

        def train(n: int) -> None:
            nonlocal params
            for _ in range(n):
                loss, params = step(params, x)
            jax.block_until_ready((loss, params))

        train(20)
        return train

    armed = (
        Stop(0, StopKind.CONDITION, condition="loss > 2 * 1e9"),
        Stop(1, StopKind.NONFINITE),
        Stop(2, StopKind.RECOMPILE),
        Stop(3, StopKind.EXCEPTION),
        Stop(4, StopKind.CALL, function="another"),
    )
    nothing: Callable[[], None] = lambda: None  # noqa: E731 - a state to begin from

    def off() -> None:
        capture.keep_calls(False)
        capture.stops.set(())

    def keep() -> None:
        capture.keep_calls(True)

    kinds: list[tuple[str, tuple[Stop, ...], Callable[[], None], bool]] = [
        ("nothing, against itself", (), nothing, False),
        ("all five stops", armed, nothing, False),
        *((f"  {stop.kind}", (stop,), nothing, False) for stop in armed),
        ("keeping, no stops", (), keep, False),
        ("keeping, all stops", armed, keep, False),
        ("keeping, donated", (), keep, True),
    ]
    print(f"{pairs} interleaved pairs of blocks of {BLOCK_SECONDS} s; median, 95 % interval")
    for target in STEP_SECONDS:
        inner = calibrated(trainer, target)
        print(f"\na step of {1e6 * target:.0f} us")
        trainers = {donate: trainer(inner, donate) for donate in (False, True)}
        n, n_lead = round(BLOCK_SECONDS / target), round(LEAD_SECONDS / target)
        for name, stops, prepare, donate in kinds:
            train, ratios = trainers[donate], []
            for _ in range(pairs):
                seconds = {}
                for is_on in random.sample((False, True), 2):
                    if is_on:
                        capture.stops.set(stops)
                        prepare()
                    train(n_lead)
                    start = time.perf_counter()
                    train(n)
                    seconds[is_on] = time.perf_counter() - start
                    off()
                ratios.append(100 * (seconds[True] / seconds[False] - 1))
            report(name, ratios, target)
    capturing.uninstall()


def calibrated(trainer: Callable[[int, bool], Callable[[int], None]], target: float) -> int:
    """Return how many inner steps make one of `target` seconds, where nothing else is going on."""
    inner = 20
    for _ in range(3):
        train, n = trainer(inner, False), max(20, round(0.02 / target))
        times = []
        for _ in range(15):
            start = time.perf_counter()
            train(n)
            times.append((time.perf_counter() - start) / n)
        inner = max(1, round(inner * target / min(times)))
    return inner


def report(name: str, ratios: list[float], target: float) -> None:
    medians = sorted(statistics.median(random.choices(ratios, k=len(ratios))) for _ in range(2000))
    middle = statistics.median(ratios)
    interval = f"[{medians[50]:+6.2f}, {medians[1949]:+6.2f}]"
    print(f"{name:28s} {middle:+6.2f} %  {interval}  {1e4 * middle * target:+7.1f} us a step")


if __name__ == "__main__":
    main()
