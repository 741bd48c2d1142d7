"""What eqxviz costs a training script: the script with and without it, and against tensorboardX.

Three processes train alike: plainly, under `eqxviz run --headless`, and logging the loss of every
step with tensorboardX. They take turns, a block of steps each, so that a busy machine slows all of
them alike; each block begins with steps that are not timed, until everything that goes on beside
the script goes on. The processes are started anew a few times. The whole of eqxviz is in it: its
threads, the store on disk, samples of time and memory, and the process that follows the run.

    python tests/benchmarks/run_overhead.py [ROUNDS]

Then: from the end of a step until its loss is committed to disk and can be shown.
"""

import contextlib
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

STARTS = 3
ROUNDS = 14  # of each start
STEP_SECONDS = (110e-6, 1.2e-3)
GOALS = (5.0, 2.0)
BLOCK_SECONDS = 0.2
LEAD_SECONDS = 0.1
KINDS = ("plain", "eqxviz", "tensorboardX")

SCRIPT = """
import socket, sys, time
import jax, jax.numpy as jnp

kind, path, inner, folder = sys.argv[1:5]
inner = int(inner)

@jax.jit
def step(params, x):
    def body(_, w):
        return jnp.tanh(w @ x) * 0.5 + w * 0.5
    w = jax.lax.fori_loop(0, inner, body, params["w"])
    return jnp.mean((w - x) ** 2), {"w": w, "b": params["b"] + 1}

params = {"w": jnp.ones((24, 24)) / 24, "b": jnp.zeros(24)}
x = jnp.eye(24)
writer = None
if kind == "tensorboardX":
    from tensorboardX import SummaryWriter
    writer = SummaryWriter(folder)

def train(params, n, at):
    for i in range(n):
        loss, params = step(params, x)
        if writer is not None:
            writer.add_scalar("loss", float(loss), at + i)
    jax.block_until_ready(params)
    return params

params = train(params, 20, 0)
line = socket.socket(socket.AF_UNIX)
line.connect(path)
with line.makefile("rw") as told:
    print("ready", file=told, flush=True)
    at = 0
    for words in told:
        n_lead, n = map(int, words.split())
        params = train(params, n_lead, at)
        start, own, cpu = time.perf_counter(), time.thread_time(), time.process_time()
        params = train(params, n, at)
        wall = time.perf_counter() - start
        print(wall, time.thread_time() - own, time.process_time() - cpu, file=told, flush=True)
        at += n
"""


class Trainer:
    """One process that trains when told."""

    def __init__(self, kind: str, inner: int, folder: Path) -> None:
        script = folder / "train.py"
        script.write_text(SCRIPT)
        listener = socket.socket(socket.AF_UNIX)
        path = folder / f"{kind}.socket"
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(60)
        words = [str(script), kind, str(path), str(inner), str(folder / "events")]
        if kind == "eqxviz":
            words[:1] = [
                "-m",
                "eqxviz",
                "run",
                "--headless",
                "--python",
                sys.executable,
                words[0],
                "--",
            ]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(folder)}
        with (folder / f"{kind}.txt").open("w") as output:
            self._process = subprocess.Popen(
                [sys.executable, *words], env=environment, stdout=output, stderr=output
            )
        try:
            self._line, _ = listener.accept()
        except TimeoutError:
            self._process.kill()
            sys.exit(f"{kind} did not start:\n{(folder / f'{kind}.txt').read_text()}")
        listener.close()
        self._told = self._line.makefile("rw")
        assert self._told.readline() == "ready\n"

    def seconds(self, n_lead: int, n: int) -> tuple[float, ...]:
        """Return the seconds that each of `n` steps takes.

        They are those of the clock, then those of the CPU: of the script's thread, of all threads.
        """
        print(n_lead, n, file=self._told, flush=True)
        return tuple(float(word) / n for word in self._told.readline().split())

    def close(self) -> None:
        """Let the script come to its end."""
        self._told.close()
        self._line.close()
        self._process.wait(60)


@contextlib.contextmanager
def trainers(kinds: tuple[str, ...], inner: int) -> Iterator[dict[str, Trainer]]:
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        made = {kind: Trainer(kind, inner, Path(folder)) for kind in kinds}
        for trainer in made.values():
            stack.callback(trainer.close)
        yield made


def calibrated(seconds: float) -> int:
    """Return how many inner steps make one of `seconds`, where nothing else is going on."""
    inner = 20
    for _ in range(3):
        with trainers(("plain",), inner) as made:
            trial = max(20, round(0.02 / seconds))
            took = min(made["plain"].seconds(20, trial)[0] for _ in range(30))
        inner = max(1, round(inner * seconds / took))
    return inner


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print(f"{STARTS} starts of {rounds} rounds each; blocks of {BLOCK_SECONDS} s")
    for target, goal in zip(STEP_SECONDS, GOALS, strict=True):
        inner = calibrated(target)
        n, n_lead = round(BLOCK_SECONDS / target), round(LEAD_SECONDS / target)
        times: dict[str, list[tuple[float, ...]]] = {kind: [] for kind in KINDS}
        for _ in range(STARTS):
            with trainers(KINDS, inner) as made:
                for _ in range(rounds):
                    for kind in random.sample(KINDS, len(KINDS)):
                        times[kind].append(made[kind].seconds(n_lead, n))
        plain = times["plain"]
        middle = statistics.median(seconds for seconds, *_ in plain)
        print(f"\na step of {1e6 * middle:.0f} us (the goal: {goal:g} %)")
        for kind in KINDS[1:]:
            report(kind, times[kind], plain)
        report("eqxviz against tensorboardX", times["eqxviz"], times["tensorboardX"])
    print()
    latency()


def report(name: str, times: list[tuple[float, ...]], base: list[tuple[float, ...]]) -> None:
    """Print by how much `times` exceed `base`: the median of the pairs, and where it lies."""
    pairs = list(zip(times, base, strict=True))
    shares = [100 * (a[0] / b[0] - 1) for a, b in pairs]
    medians = sorted(statistics.median(random.choices(shares, k=len(shares))) for _ in range(2000))
    best = 100 * (min(times)[0] / min(base)[0] - 1)
    extra, own, cpu = (1e9 * statistics.median(a[i] - b[i] for a, b in pairs) for i in range(3))
    print(
        f"{name:28s} {statistics.median(shares):+6.2f} %  "
        f"95 % interval [{medians[50]:+6.2f}, {medians[1949]:+6.2f}]  best of each {best:+6.2f} %"
        f"   ns a step: {extra:+6.0f}; CPU: {own:+6.0f} in its thread, {cpu:+6.0f} in all"
    )


def latency() -> None:
    """Print how long it takes from the end of a step until its loss is on disk."""
    import jax

    from eqxviz import capturing
    from eqxviz.records import MetricBatch
    from eqxviz.store import RunStore
    from eqxviz.worker.journal import Journal

    delays: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore.create(Path(folder), "train.py", (), "python")
        journal = Journal(Path(folder), lambda: store)
        arrived: list[tuple[int, float]] = []

        def take(records: Any) -> None:
            journal.append(records)
            now = time.perf_counter()
            for record in records:
                if isinstance(record, MetricBatch):
                    arrived.extend((int(value), now) for value in record.value)

        capturing.install(take, capturing.Gate(), str(ROOT / "tests"))
        step = jax.jit(lambda i: i * 1.0)
        i = 0
        for pause in (0.0001, 0.002, 0.02, 0.3):
            made = {}
            for _ in range(min(400, round(2.5 / pause))):
                i += 1
                loss = step(i)
                made[i] = time.perf_counter()
                time.sleep(pause)
            del loss
            time.sleep(0.3)
            delays[f"a step every {1e3 * pause:g} ms"] = [
                t - made[n] for n, t in arrived if n in made
            ]
        capturing.uninstall()
        journal.close()
    print("from the end of a step until its loss is on disk, ms (the goal on screen: 150)")
    for name, seconds in delays.items():
        seconds.sort()
        middle, late = seconds[len(seconds) // 2], seconds[int(len(seconds) * 0.99)]
        print(f"{name:28s} median {1e3 * middle:6.1f}  99 % {1e3 * late:6.1f}")


if __name__ == "__main__":
    main()
