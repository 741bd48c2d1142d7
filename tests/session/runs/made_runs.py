"""Runs on disk, made by hand: what a worker would have left behind."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from eqxviz.records import (
    MetricBatch,
    RunDescription,
    RunState,
    RunStatus,
    SeedSeen,
    Series,
)
from eqxviz.store import RunStore

SCRIPT = "lr = 0.1\nsteps = 3\n"


def make_run(
    runs: Path,
    id: str,
    curves: Mapping[str, Sequence[float]] | None = None,
    *,
    argv: Sequence[str] = (),
    state: RunState = RunState.FINISHED,
    text: str = SCRIPT,
    commit: str = "1a2b3c4d5e6f",
    diff: str = "",
    seed: str = "0",
    jax: str = "0.10.2",
    output: str = "hello\n",
) -> Path:
    """Return the folder of a new run of `train.py`; each curve has a point a step."""
    folder = runs / id
    folder.mkdir(parents=True)
    curves = {"loss": [3.0, 2.0, 1.0]} if curves is None else curves
    n = max((len(values) for values in curves.values()), default=0)
    with RunStore.create(folder, "/home/me/train.py", argv, "/usr/bin/python") as store:
        store.append(
            RunStatus(state, n, -1, 100.0, n / 100, "cpu:0", -1, "", 0, 0),
            SeedSeen("jax.random.key", seed, "/home/me/train.py", 3),
            RunDescription(
                "/home/me/train.py", tuple(argv), "/home/me", "/usr/bin/python",
                (("python", "3.11.7"), ("jax", jax)), (("XLA_FLAGS", ""),), "host",
                ("cpu:0 cpu",), text, commit, "main", diff, store.meta.started,
            ),
        )  # fmt: skip
        if curves:
            store.append(_batch(curves))
    (folder / "output.txt").write_text(output)
    return folder


def _batch(curves: Mapping[str, Sequence[float]]) -> MetricBatch:
    points = [
        (id, step, value)
        for id, values in enumerate(curves.values())
        for step, value in enumerate(values)
    ]
    ids, steps, values = zip(*sorted(points, key=lambda point: point[1]), strict=True)
    series = tuple(Series(id, name, 0, "/home/me/train.py", 9) for id, name in enumerate(curves))
    step = np.array(steps, np.int64)
    return MetricBatch(
        0, series, np.array(ids, np.int32), step, step * 0.01, np.array(values, np.float64)
    )
