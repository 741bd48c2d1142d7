"""How long a frame of the Curves view takes with 10 curves of 10,000,000 points.

    python tests/benchmarks/curves_view.py [POINTS]

A frame is all of it: the outlines, the drawing of the plots that are seen, and the painting of the
whole view, 1600x1000, offscreen. Zoom goes in and out around a place that wanders, pan moves by
some pixels, follow has new points in every curve; each in one plot with all curves, and in a plot
for each curve. What is read in the background is waited for between the frames, not in them.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from eqxviz.gui.bridge import Bridge
from eqxviz.gui.run import CurvesView
from eqxviz.gui.theme import Theme
from eqxviz.records import MetricBatch, Series
from eqxviz.session.run_view import RunView
from eqxviz.session.session import Session

N_CURVES = 10
N_FRAMES = 60
CHUNK = 1_000_000
GOAL_MS = 16.0


def grow(run: RunView, n: int, rng: np.random.Generator) -> None:
    """Give every curve of `run` `n` more points: a level that falls, with noise."""
    first = run.series[0].n if run.series else 0
    step = np.arange(first, first + n)
    for i in range(N_CURVES):
        value = (1 + 0.3 * i) * np.exp(-step / 4e6) + 0.05 * rng.normal(size=n)
        series = () if first else (Series(i, f"loss_{i}", -1, "/x/train.py", 50),)
        ids = np.full(n, i, np.int32)
        run.add(MetricBatch(run.next_sequence, series, ids, step, step / 1000.0, value))


def frames(view: CurvesView, change: Callable[[int], None]) -> np.ndarray:
    """Return the milliseconds of each frame, redrawn and painted after `change`: all, at work.

    The second column is the time that the thread itself worked: on a machine that does other things
    as well, it is the one to go by.
    """
    took = []
    for i in range(N_FRAMES):
        QApplication.processEvents()
        change(i)
        start, worked = time.perf_counter(), time.thread_time()
        view.refresh()
        QApplication.processEvents()
        took.append((time.perf_counter() - start, time.thread_time() - worked))
    return np.array(took) * 1e3


def tell(what: str, took: np.ndarray) -> None:
    """Print the middle, and what one frame in twenty exceeds."""
    (p50, cpu50), (p95, cpu95) = np.percentile(took, [50, 95], axis=0)
    print(
        f"  {what:16} p50 {p50:5.1f} ms, p95 {p95:5.1f} ms; at work p50 {cpu50:5.1f} ms, "
        f"p95 {cpu95:5.1f} ms; goal {GOAL_MS:.0f} ms"
    )


def measure(view: CurvesView, run: RunView, rng: np.random.Generator) -> None:
    """Zoom, pan and follow."""
    card = view.grid.in_view()[0]
    board = view.board

    def zoom(i: int) -> None:
        factor = 0.8 if i < N_FRAMES // 2 else 1 / 0.8
        card.canvas.zoom_x(factor)

    def pan(_i: int) -> None:
        card.canvas.pan_x(0.004)

    def follow(_i: int) -> None:
        grow(run, 40, rng)

    tell("zoom", frames(view, zoom))
    card.canvas.zoom_x(0.2)
    tell("pan", frames(view, pan))
    card.steering.reset()
    tell("follow all", frames(view, follow))
    card.canvas.zoom_x(0.2)
    card.steering.command("follow")
    tell("follow newest", frames(view, follow))
    card.steering.reset()
    board.change_look(window=100)
    view.refresh()
    deadline = time.monotonic() + 60
    while view.drawer.averages.is_busy and time.monotonic() < deadline:
        QApplication.processEvents()
    tell("zoom, smoothed", frames(view, zoom))
    board.change_look(window=1)
    card.steering.reset()


def main() -> None:
    """Print the times."""
    n_points = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    app = QApplication([])
    theme = Theme("light")
    theme.apply(app)
    bridge = Bridge()
    session = Session(bridge.post)
    view = CurvesView(session, theme)
    view.resize(1600, 1000)
    run = RunView("/x/train.py", (), "", None)
    rng = np.random.default_rng(0)
    for _ in range(0, n_points, CHUNK):
        grow(run, min(CHUNK, n_points), rng)
    session.run = run
    session.run_changed.emit()
    view.show()
    view.refresh()
    QApplication.processEvents()
    for words, groups in (
        (f"{N_CURVES} plots", []),
        (f"one plot of {N_CURVES} curves", [view.board.names]),
    ):
        view.board.arrange(groups)
        view.refresh()
        QApplication.processEvents()
        print(f"{N_CURVES} curves of {run.series[0].n:,} points, {words}")
        measure(view, run, rng)
    session.close(leave_run=False)


if __name__ == "__main__":
    main()
