"""Samples of runs that never were: steady, leaking, loading data, on a GPU."""

import math
from collections.abc import Mapping

import numpy as np

from eqxviz.records import DeviceMemory, SystemSample


def sample(
    seconds: float,
    step: int = 0,
    *,
    calls: float = 0.0,
    compiling: float = 0.0,
    waiting: float = math.nan,
    process: int = 400_000_000,
    devices: tuple[DeviceMemory, ...] = (),
    live: Mapping[str, tuple[int, int]] | None = None,
    n_more: int = 0,
    first_call: float = 0.0,
) -> SystemSample:
    """Return a sample; `live` maps shapes to how many arrays and bytes, `n_more` are not listed."""
    live = live or {}
    counts = np.array([count for count, _ in live.values()], np.int64)
    sizes = np.array([size for _, size in live.values()], np.int64)
    return SystemSample(
        *(seconds, step, calls, compiling, waiting, process, devices),
        *(tuple(live), counts, sizes, int(counts.sum()) + n_more, int(sizes.sum()), first_call),
    )


def history(
    n: int,
    *,
    inside: float = 0.4,
    waiting: float = math.nan,
    rate: float = 800.0,
    leaks: bool = False,
    gpu: bool = False,
) -> list[SystemSample]:
    """Return `n` samples, one a second; after 3 s of compiling it is so much `inside` of calls."""
    made: list[SystemSample] = []
    for i in range(n):
        t = float(i + 1)
        compiling = min(t, 3.0) * 0.8
        going = max(t - 3.0, 0.0)
        step = round(going * rate)
        live = {"f32[768,768]": (48, 48 * 768 * 768 * 4), "f32[768]": (96, 96 * 768 * 4)}
        live["f32[]"] = (2 + (step if leaks else step % 3), 4 * (2 + (step if leaks else 0)))
        used = 2_400_000_000 + (step * 4 if leaks else 0)
        devices = (DeviceMemory("cuda:0", used, 3_100_000_000, 15_000_000_000),) if gpu else ()
        made.append(
            sample(
                *(t, step),
                calls=compiling + going * inside,
                compiling=compiling,
                waiting=going * waiting,
                process=400_000_000 + i * (3_000_000 if leaks else 100_000),
                devices=devices,
                live=live,
            )
        )
    return made
