"""How soon the window is painted, against an empty one: `python tests/benchmarks/first_paint.py`.

Each start is a process of its own; the two kinds take turns, so that a busy machine slows both. The
time runs from before the process starts to after the first paint; processor time says more than
wall time where others use the machine too.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_EMPTY = """
import sys, time
from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

class Window(QMainWindow):
    def event(self, event):
        done = super().event(event)
        if event.type() == QEvent.Type.Paint:
            print(time.time(), time.process_time(), flush=True)
            QTimer.singleShot(0, QApplication.quit)
        return done

app = QApplication([])
window = Window()
window.resize(1360, 860)
window.show()
sys.exit(app.exec())
"""
WINDOW = """
import sys, time
from eqxviz.gui.window import launch
from eqxviz.session.command import WindowCommand

class Window(launch.MainWindow):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.first_painted.connect(self._on_first_painted)
    def _on_first_painted(self):
        print(time.time(), time.process_time(), flush=True)
        print(*(m for m in ("numpy", "qtawesome", "jax") if m in sys.modules))
        self.finish(leave_run=False)

launch.MainWindow = Window
sys.exit(launch.start(WindowCommand(offscreen=True)))
"""


def main() -> None:
    """Print the median and the best of both, and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=15, help="how many of each kind")
    n_starts = parser.parse_args().starts
    wall: dict[str, list[float]] = {"empty window": [], "eqxviz": []}
    processor: dict[str, list[float]] = {kind: [] for kind in wall}
    early: set[str] = set()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        for i in range(n_starts + 1):
            for kind, code in (("empty window", _EMPTY), ("eqxviz", WINDOW)):
                wall_ms, processor_ms, modules = first_paint(code, home)
                early |= set(modules)
                if i:  # the first of each writes the bytecode and fills the disk's cache
                    wall[kind].append(wall_ms)
                    processor[kind].append(processor_ms)
    for name, times in (("wall", wall), ("processor", processor)):
        for kind, all_ms in times.items():
            print(
                f"{name:<10}{kind:<14} median {statistics.median(all_ms):5.0f} ms   "
                f"best {min(all_ms):5.0f} ms   worst {max(all_ms):5.0f} ms"
            )
        medians = [statistics.median(all_ms) for all_ms in times.values()]
        bests = [min(all_ms) for all_ms in times.values()]
        ratios = medians[1] / medians[0], bests[1] / bests[0]
        print(f"{name:<10}ratio of medians {ratios[0]:.2f}, of bests {ratios[1]:.2f}")
    print(f"imported before the first paint: {', '.join(sorted(early)) or 'nothing heavy'}")


def first_paint(code: str, home: str) -> tuple[float, float, list[str]]:
    """Return wall and processor milliseconds to the first paint, and the heavy modules by then.

    `code` is run by a Python that keeps everything in the folder `home`.
    """
    # Warm means: with bytecode, as an installed package has it.
    given = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment = {
        **given,
        "PYTHONPYCACHEPREFIX": home,
        "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen"),
        "PYTHONPATH": str(_ROOT),
        **{f"XDG_{name}_HOME": home for name in ("CONFIG", "CACHE", "DATA", "STATE")},
    }
    start = time.time()
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    lines = done.stdout.splitlines()
    painted_at, processor_seconds = map(float, lines[0].split())
    modules = lines[1].split() if len(lines) > 1 else []
    return (painted_at - start) * 1000, processor_seconds * 1000, modules


if __name__ == "__main__":
    main()
