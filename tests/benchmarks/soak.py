"""Training at full rate for long, under the real window: is memory flat, is every point kept?

    python -m tests.benchmarks.soak --minutes 60

Prints the memory of the window and of the worker, and the slope of each over the last half.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

from eqxviz.engine.places import RunInfo
from eqxviz.store import RunStore

ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN_SECONDS = 90.0
# The last points are drawn, and the outlines of the last ones are made.
LINGERS_SECONDS = 10.0

TRAINING = """
import sys, time
import jax, jax.numpy as jnp

@jax.jit
def make_step(w, x):
    loss = jnp.mean((x @ w - 1.0) ** 2)
    return loss, jnp.abs(w).max(), w - 0.001 * (x.T @ (x @ w - 1.0))

x = jax.random.normal(jax.random.key(0), (32, 16))
w = jnp.zeros(16)
loss, largest, w = make_step(w, x)
end = time.perf_counter() + float(sys.argv[1])
n = 1
while time.perf_counter() < end:
    loss, largest, w = make_step(w, x)
    n += 1
with open(sys.argv[2], "w") as file:
    file.write(str(n))
"""


@dataclass
class Soak:
    """What became of the memory in bytes, once a second, and of the points."""

    window: list[int] = field(default_factory=list)
    worker: list[int] = field(default_factory=list)
    n_steps: int = 0
    n_kept: int = 0  # of the loss, on disk

    def grown(self, samples: list[int]) -> float:
        """Return how many bytes a second `samples` grow over their last half."""
        half = np.array(samples[len(samples) // 2 :], np.float64)
        return float(np.polyfit(np.arange(len(half)), half, 1)[0]) if len(half) > 1 else 0.0


def soak(seconds: float, folder: Path) -> Soak:
    """Train for so many seconds under a window of its own, in `folder`."""
    (folder / "train.py").write_text(TRAINING)
    count = folder / "steps"
    window = subprocess.Popen(
        [sys.executable, "-m", "eqxviz", "run", "train.py", "--", str(seconds), str(count)],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "QT_QPA_PLATFORM": "offscreen:",  # with the colon it is a display
            "DISPLAY": ":none",
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_CONFIG_HOME": str(folder / "config"),
        },
    )
    found = None
    try:
        found = _run_of(folder)
        result = _watch(window.pid, found.pid, count)
    finally:
        window.kill()
        window.wait()
        if found is not None and found.is_live:
            os.killpg(found.pid, signal.SIGKILL)
    result.n_steps = int(count.read_text())
    with RunStore.open(Path(found.folder)) as store:
        loss = -1
        for batch in store.metrics():
            loss = next((s.id for s in batch.new_series if s.name == "loss"), loss)
            result.n_kept += int(np.count_nonzero(batch.series == loss))
    return result


def _run_of(folder: Path) -> RunInfo:
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline:
        for file in (folder / "state").glob("**/run.json"):
            if (found := RunInfo.read(file.parent)) is not None:
                return found
        time.sleep(0.1)
    raise RuntimeError(f"no run began within {STARTS_WITHIN_SECONDS:.0f} s in {folder}")


def _watch(window: int, worker: int, count: Path) -> Soak:
    """Look at the memory once a second until the script has written how far it came."""
    seen = Soak()
    processes = psutil.Process(window), psutil.Process(worker)
    lingers = LINGERS_SECONDS
    while lingers > 0:
        time.sleep(1.0)
        if count.exists():
            lingers -= 1.0
        else:
            seen.window.append(processes[0].memory_info().rss)
            seen.worker.append(processes[1].memory_info().rss)
    return seen


def main() -> None:
    """Soak, and tell."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=60.0)
    seconds = 60 * parser.parse_args().minutes
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        result = soak(seconds, Path(folder))
    print(f"{result.n_steps:,} steps in {seconds:,.0f} s, {result.n_kept:,} kept of the loss")
    for name in ("window", "worker"):
        samples = getattr(result, name)
        middle, last = (samples[i] / 1e6 for i in (len(samples) // 2, -1))
        print(
            f"{name}: {max(samples) / 1e6:.0f} MB at most, {middle:.0f} MB in the middle, "
            f"{last:.0f} MB at the end, {result.grown(samples) * 60 / 1e6:+.1f} MB a minute"
        )


if __name__ == "__main__":
    main()
