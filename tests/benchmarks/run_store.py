"""What a run's store costs: writing, opening a long run, drawing it, listing a thousand runs.

    python tests/benchmarks/run_store.py [POINTS] [CURVES]

By default a run of 10,000,000 points, then one of 10 curves of 10,000,000 points each (2.7 GB in
the folder for temporary files, written in a minute or two). Times are in milliseconds.

`append` is given what 30 batches a second hold at a step of 110 us. How long it keeps other threads
from working is seen from one that does nothing but look at the clock: the time that it missed. On a
machine that does other things as well, go by the times that a thread worked.
"""

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import psutil

from eqxviz.records import MetricBatch, RunState, RunStatus, Series
from eqxviz.session.run_view import RunView
from eqxviz.store import Library, RunStore

POINTS = 10_000_000
CURVES = 10
BUCKETS = 1500
_BATCH = 303  # points of a curve in a thirtieth of a second, at 110 us
_CHUNK = 131_072
_N_RUNS = 1000


def write_big_run(folder: Path, n_points: int, n_curves: int) -> None:
    """Write a run of curves of `n_points` each, in large batches: levels that fall, with noise."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=1 << 20) * 0.05
    with RunStore.create(folder, "train.py", [], "python") as store:
        total = n_points * n_curves
        for first in range(0, total, _CHUNK):
            at = np.arange(first, min(first + _CHUNK, total))
            id, step = at % n_curves, at // n_curves
            values = (1 + 0.3 * id) * np.exp(-step / 4e6) + noise[at % len(noise)]
            store.append(batch(first, id, step, values, n_curves))
        store.append(RunStatus(RunState.FINISHED, n_points, 0, 9e3, 1.0, "cpu:0", -1, "", 0, 0))


def batch(first: int, id: Any, step: Any, values: Any, n_curves: int) -> MetricBatch:
    """Return points of curves that are named with the first of them."""
    new = tuple(Series(i, f"loss_{i}", -1, "train.py", 5) for i in range(n_curves))
    return MetricBatch(
        first, new if not first else (), id.astype(np.int32), step, step * 110e-6, values
    )


class Background:
    """What is read in the background, done where it is asked for."""

    def __init__(self) -> None:
        self.milliseconds: list[float] = []
        self._works: list[tuple[Callable[[], Any], Callable[[Any], None]]] = []

    def __call__(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._works.append((work, done))

    def do(self) -> None:
        """Do all there is."""
        while self._works:
            work, done = self._works.pop(0)
            start = time.perf_counter()
            done(work())
            self.milliseconds.append(1e3 * (time.perf_counter() - start))


def opened(folder: Path, background: Background) -> RunView:
    """Return the run in `folder` as a window opens it."""
    with RunStore.open(folder) as store:
        view = RunView("train.py", (), str(folder), None)
        view.take_in(store)
    view.read_in(background)
    return view


@contextmanager
def onlooker() -> Iterator[list[float]]:
    """Give the list of the gaps, in ms, in which a thread that watches the clock did not run."""
    gaps: list[float] = []
    is_over = threading.Event()

    def look() -> None:
        before = time.perf_counter()
        while not is_over.is_set():
            now = time.perf_counter()
            if now - before > 50e-6:
                gaps.append(1e3 * (now - before))
            before = now

    thread = threading.Thread(target=look)
    thread.start()
    yield gaps
    is_over.set()
    thread.join()


def figures(name: str, milliseconds: list[float]) -> None:
    """Print what is to be known of many times."""
    m = np.array(milliseconds)
    print(
        f"{name:44} median {np.median(m):7.2f}  95 % {np.percentile(m, 95):7.2f}  "
        f"worst {m.max():7.2f}  of {len(m):,}"
    )


def bench_writing(folder: Path) -> None:
    """Print what an append costs, one that makes a segment too, and what it takes from others."""
    seconds, n_curves = 30, 3
    took: list[float] = []
    rng = np.random.default_rng(0)
    with RunStore.create(folder, "train.py", [], "python") as store:
        per_batch = _BATCH * n_curves
        with onlooker() as idle:
            time.sleep(2.0)
        idle_share = sum(idle) / 2000.0
        with onlooker() as gaps:
            begun = time.perf_counter()
            for i in range(seconds * 30):
                at = np.arange(i * per_batch, (i + 1) * per_batch)
                made = batch(int(at[0]), at % n_curves, at // n_curves, rng.random(len(at)), 3)
                start = time.perf_counter()
                store.append(made)
                took.append(1e3 * (time.perf_counter() - start))
                # Ten times as fast as in earnest.
                time.sleep(max(0.0, begun + (i + 1) / 300 - time.perf_counter()))
            real = time.perf_counter() - begun
        n_segments = len(list(store.outlines(0)))
    missed = sum(gaps) - idle_share * 1e3 * real
    figures(f"append {per_batch:,} points, {n_segments} segments made", took)
    print(
        f"{'kept from another thread, of the time':44} {missed / (seconds * 1e3):7.2%}  "
        f"longest {max(gaps):.1f} (of a machine that is busy otherwise: {idle_share:.2%})"
    )


def bench_drawing(view: RunView, background: Background) -> None:
    """Print what outlines of all curves cost together, as zoom, pan and follow ask for them."""
    n = view.series[0].n
    rng = np.random.default_rng(1)

    def zoomed(i: int) -> tuple[float, float]:
        width = n * 10 ** (-3 * abs(np.sin(i / 20)))
        middle = n * (0.5 + 0.4 * np.sin(i / 33))
        return middle - width / 2, middle + width / 2

    views: dict[str, Callable[[int], tuple[float, float]]] = {
        "zoom": zoomed,
        "pan": lambda i: (n * (0.2 + i * 1e-4), n * (0.23 + i * 1e-4)),
        "follow": lambda i: (0.0, float(n + i * _BATCH)),
    }
    for name, place in views.items():
        took, work, waits = list[float](), list[float](), list[float]()
        for i in range(200):
            if name == "follow":
                grow(view, rng)
            start, worked = time.perf_counter(), time.thread_time()
            outlines = [c.envelope(*place(i), BUCKETS) for c in view.series.values()]
            took.append(1e3 * (time.perf_counter() - start))
            work.append(1e3 * (time.thread_time() - worked))
            if not all(outline.is_final for outline in outlines):
                start = time.perf_counter()
                background.do()
                waits.append(1e3 * (time.perf_counter() - start))
        figures(f"{name}: outlines of {len(view.series)} curves", took)
        figures("   time that the thread worked", work)
        if waits:
            figures("   then read in the background", waits)


def grow(view: RunView, rng: np.random.Generator) -> None:
    """Give every curve what comes in a thirtieth of a second."""
    n, k = view.series[0].n, len(view.series)
    at = np.arange(n * k, (n + _BATCH) * k)
    view.add(batch(view.next_sequence, at % k, at // k, rng.random(len(at)), 0))


def bench_opening(folder: Path, n_points: int, n_curves: int) -> None:
    """Print what it takes to open a run, and to draw it."""
    start = time.perf_counter()
    write_big_run(folder, n_points, n_curves)
    rate = n_points * n_curves / (time.perf_counter() - start)
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(
        f"\n{n_curves} x {n_points:,} points: written at {rate:,.0f} points/s, "
        f"{size / (n_points * n_curves):.1f} bytes a point"
    )
    took: list[float] = []
    for _ in range(5):
        background = Background()
        before = psutil.Process().memory_info().rss
        start = time.perf_counter()
        view = opened(folder, background)
        took.append(1e3 * (time.perf_counter() - start))
    grown = psutil.Process().memory_info().rss - before
    figures("open", took)
    background.do()
    bench_drawing(view, background)
    print(f"{'memory of one view':44} about {grown / 1e6:.0f} MB when it was opened")


def bench_listing(folder: Path) -> None:
    """Print what it takes to list runs, when they are new and when they are known."""
    for i in range(_N_RUNS):
        (folder / f"run{i}").mkdir()
        with RunStore.create(folder / f"run{i}", "train.py", ["--seed", str(i)], "python") as store:
            at = np.arange(300)
            store.append(
                batch(0, at % 3, at // 3, at * 1.0, 3),
                RunStatus(RunState.FINISHED, 100, 0, 9e3, 1.0, "cpu:0", -1, "", 0, 0),
            )
    library = Library(folder, lambda _: False)
    for name in ("list 1,000 new runs", "list 1,000 runs"):
        took = []
        for _ in range(1 if "new" in name else 10):
            start = time.perf_counter()
            assert len(library.runs()) == _N_RUNS
            took.append(1e3 * (time.perf_counter() - start))
        figures(name, took)


def main() -> None:
    """Measure, and print."""
    n_points, n_curves = (
        int(word) for word in (*sys.argv[1:], *(POINTS, CURVES)[len(sys.argv) - 1 :])
    )
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        for part in ("writing", "listing", "one", "many"):
            (Path(name) / part).mkdir()
        bench_writing(Path(name) / "writing")
        bench_listing(Path(name) / "listing")
        bench_opening(Path(name) / "one", n_points, 1)
        bench_opening(Path(name) / "many", n_points, n_curves)


if __name__ == "__main__":
    main()
