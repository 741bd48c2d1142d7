"""Prints what the System view costs at each sample of a run, as it grows.

python tests/benchmarks/system_view.py
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtWidgets import QApplication

from eqxviz.gui.system import SystemView
from eqxviz.gui.theme import Theme
from eqxviz.session.run_view import RunView
from eqxviz.session.session import Session
from eqxviz.session.system.summary import summarise
from tests.session.system.made_samples import history

_N_TIMES = 30
_SIZE = 1070, 170  # of the dock in a window of 1360 x 860


def main() -> None:
    app = QApplication([])
    theme = Theme("light")
    theme.apply(app)
    session = Session(lambda job: job())
    for n_samples in (60, 600, 3600):
        run = RunView("train.py", [], "", None)
        for sample in history(n_samples, leaks=True, gpu=True):
            run.add(sample)
        session.run = run
        view = SystemView(session, theme)
        view.resize(*_SIZE)
        view.show()
        app.processEvents()
        print(f"{len(run.samples):,} samples, median and worst of {_N_TIMES}, in ms")
        report("  summarise", lambda run=run: summarise(run.samples))
        report("  refresh", view.refresh)
        report("  paint", view.grab)
        view.close()
        view.deleteLater()
        app.processEvents()


def report(what: str, work: Callable[[], object]) -> None:
    times: list[float] = []
    for _ in range(_N_TIMES):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1000)
    print(f"{what:12} {statistics.median(times):6.2f} {max(times):6.2f}")


if __name__ == "__main__":
    main()
