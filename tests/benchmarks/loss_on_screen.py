"""How long after its step a loss is on the screen, with the real window and the real worker.

    python tests/benchmarks/loss_on_screen.py [SECONDS]

The script's jitted step returns the time at which it was called; a loss is on the screen when the
paint of a plot ends whose outline holds it. Steps are made at two paces: with a pause between, as
when they take some milliseconds, and as fast as they go.
"""

import os
import sys
import tempfile
import textwrap
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication

from eqxviz.engine.engine import Engine
from eqxviz.engine.launch import Launch
from eqxviz.gui.bridge import Bridge
from eqxviz.gui.run.canvas import PlotCanvas
from eqxviz.gui.settings import Settings
from eqxviz.gui.theme import Theme
from eqxviz.gui.window.main_window import MainWindow
from eqxviz.session.session import Session

GOAL_MS = 150.0
BEGIN = 30  # points: by then the first compilation and the first view are over
SCRIPT = """
    import sys
    import time

    import jax

    @jax.jit
    def step(stamp):
        return stamp * 1.0

    begun, pause, end = (float(word) for word in sys.argv[1:])
    while time.monotonic() - begun < end:
        loss = step(time.monotonic() - begun)
        if pause:
            time.sleep(pause)
"""


class Paints:
    """When paints of the plot ended, and how many points each showed."""

    def __init__(self) -> None:
        self.at: list[float] = []
        self.n: list[int] = []
        painted = PlotCanvas.paintEvent

        def paint(canvas: PlotCanvas, event: QPaintEvent) -> None:
            painted(canvas, event)
            drawing = canvas.drawing
            if drawing is not None and drawing.n_points:
                self.at.append(time.monotonic())
                self.n.append(drawing.n_points[0])

        PlotCanvas.paintEvent = paint  # type: ignore[method-assign]  # to hear of paints


def latencies(window: MainWindow, paints: Paints, script: Path, pause: float, end: float):
    """Return how many milliseconds after its step each point was on the screen."""
    paints.at.clear()
    paints.n.clear()
    begun = time.monotonic()
    window.opener.run(Launch(str(script), (str(begun), str(pause), str(end))), is_trusted=True)
    session, loop = window.session, QEventLoop()
    session.run_changed.connect(
        lambda: loop.quit() if session.run is not None and not session.run.is_live else None
    )
    loop.exec()
    QTimer.singleShot(300, loop.quit)
    loop.exec()
    run = session.run
    assert run is not None
    curve = next(c for c in run.series.values() if c.series.name == "loss")
    stamps = curve.read(0, curve.n).values
    shown = np.maximum.accumulate(np.array(paints.n))
    first = np.searchsorted(shown, np.arange(1, len(stamps) + 1))
    seen = first < len(shown)
    seen[:BEGIN] = False
    return (np.array(paints.at)[first[seen]] - begun - stamps[seen]) * 1e3, len(stamps), seen.sum()


def main() -> None:
    """Print the times."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 15.0
    app = QApplication([])
    theme = Theme("light")
    theme.apply(app)
    bridge, paints = Bridge(), Paints()
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "stamps.py"
        script.write_text(textwrap.dedent(SCRIPT))
        session = Session(bridge.post, Engine(bridge.post, Path(folder) / "runs"))
        window = MainWindow(session, theme, Settings(on_disk=False))
        window.first_painted.connect(window.complete)
        window.resize(1360, 860)
        window.show()
        for words, pause in (("a step every 5 ms", 0.005), ("as fast as they go", 0.0)):
            took, n, n_seen = latencies(window, paints, script, pause, seconds)
            p50, p95, p99 = np.percentile(took, [50, 95, 99])
            print(
                f"{words}: {n:,} points, {n_seen:,} of them timed; on screen after p50 {p50:.0f} "
                f"ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms, most {took.max():.0f} ms; "
                f"goal {GOAL_MS:.0f} ms"
            )
        window.finish(leave_run=False)


if __name__ == "__main__":
    main()
