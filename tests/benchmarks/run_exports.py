"""How long it takes to list a thousand runs, and to compare and export one of 10,000,000 points.

    python -m tests.benchmarks.run_exports [POINTS]

Prints the best of three of each; fails on no time.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from eqxviz.records import MetricBatch, Series
from eqxviz.session.runs.comparing import compare_runs
from eqxviz.session.runs.exporting import RunExport, RunForm, write_export
from eqxviz.session.runs.reading import read_run
from eqxviz.store import Library, RunStore

N_RUNS, N_CURVES, N_BATCH = 1000, 10, 100_000
_FORMS: tuple[tuple[RunForm, str], ...] = (
    ("tensorboard", "events"), ("csv", "long.csv"), ("wide-csv", "wide.csv"),
)  # fmt: skip


def main(n_points: int) -> None:
    """Print the times."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        for i in range(N_RUNS):
            _make(root / "many" / f"run-{i:04}", 100)
        told(f"list {N_RUNS:,} runs, the first time", lambda: _library(root / "many").runs(), 1)
        told(f"list {N_RUNS:,} runs, later", lambda: _library(root / "many").runs())
        _make(root / "large" / "a", n_points)
        library = _library(root / "large")
        [run] = library.runs()
        told(f"open {run.n_points:,} points", lambda: read_run(run.folder))
        told("compare it with itself", lambda: compare_runs(library, [run, run]))
        for form, name in _FORMS:
            export = RunExport((run,), form, root / name)
            told(f"export as {form}", lambda export=export: write_export(library, export), 1)


def told(what: str, work: Callable[[], object], n: int = 3) -> None:
    """Print the least time of `n` times of `work`."""
    times: list[float] = []
    for _ in range(n):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    print(f"{what:40} {min(times):8.3f} s")


def _library(folder: Path) -> Library:
    return Library(folder, lambda _folder: False)


def _make(folder: Path, n_points: int) -> None:
    folder.mkdir(parents=True)
    series = tuple(Series(i, f"curve{i}", 0, "", 1) for i in range(N_CURVES))
    with RunStore.create(folder, "/x/train.py", (), sys.executable) as store:
        for first in range(0, n_points, N_BATCH):
            n = min(N_BATCH, n_points - first)
            number = np.arange(first, first + n)
            ids, step = (number % N_CURVES).astype(np.int32), number // N_CURVES
            new = () if first else series
            store.append(MetricBatch(first, new, ids, step, step * 1e-3, np.random.rand(n)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
