"""How soon the window is painted, against an empty one: `python tests/benchmarks/first_paint.py`.

Each start is a process of its own; the two kinds take turns, so that a busy machine slows both. The
time runs from before the process starts to after the first paint.
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
            print(time.time(), flush=True)
            QTimer.singleShot(0, QApplication.quit)
        return done

app = QApplication([])
window = Window()
window.resize(1360, 860)
window.show()
sys.exit(app.exec())
"""
_WINDOW = """
import sys, time
from eqxviz.gui.window import launch
from eqxviz.session.command import WindowCommand

class Window(launch.MainWindow):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.first_painted.connect(self._on_first_painted)
    def _on_first_painted(self):
        print(time.time(), flush=True)
        print(*(m for m in ("numpy", "pyqtgraph", "qtawesome", "jax") if m in sys.modules))
        self.finish(leave_run=False)

launch.MainWindow = Window
sys.exit(launch.start(WindowCommand(offscreen=True)))
"""


def main() -> None:
    """Print the median and the spread of both, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=15, help="how many of each kind")
    n_starts = parser.parse_args().starts
    times: dict[str, list[float]] = {"empty window": [], "eqxviz": []}
    early: set[str] = set()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        for i in range(n_starts + 1):
            for kind, code in (("empty window", _EMPTY), ("eqxviz", _WINDOW)):
                milliseconds, modules = _first_paint(code, home)
                early |= set(modules)
                if i:  # the first of each fills the disk's cache
                    times[kind].append(milliseconds)
    for kind, all_ms in times.items():
        print(
            f"{kind:<14} median {statistics.median(all_ms):6.0f} ms   "
            f"best {min(all_ms):6.0f} ms   worst {max(all_ms):6.0f} ms"
        )
    medians = [statistics.median(all_ms) for all_ms in times.values()]
    bests = [min(all_ms) for all_ms in times.values()]
    print(f"ratio of medians {medians[1] / medians[0]:.2f}, of bests {bests[1] / bests[0]:.2f}")
    print(f"imported before the first paint: {', '.join(sorted(early)) or 'nothing heavy'}")


def _first_paint(code: str, home: str) -> tuple[float, list[str]]:
    """Return the milliseconds to the first paint, and which heavy modules were there by then."""
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
    return (float(lines[0]) - start) * 1000, lines[1].split() if len(lines) > 1 else []


if __name__ == "__main__":
    main()
