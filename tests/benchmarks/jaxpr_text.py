"""Prints what the text of large graphs takes: to print, paint, scroll, fold, search and select.

python tests/benchmarks/jaxpr_text.py
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
from large_graphs import HERE, flat, gpt2_arguments, gpt2_step, make_step, unrolled
from PySide6.QtWidgets import QApplication

from eqxviz.analysis import lowered_of
from eqxviz.gui.jaxpr.lines_pane import LinesPane
from eqxviz.gui.theme import Theme
from eqxviz.records import Graph
from eqxviz.session.jaxpr_text import JaxprText
from eqxviz.session.lines import Folding, LineText, WholeText, pattern_of
from eqxviz.session.lowered_text import LoweredLines

_SIZE = 800, 1000
_FRAMES = 300


def main() -> None:
    app = QApplication([])
    theme = Theme("light")
    theme.apply(app)
    for name, graph in (
        ("GPT-2 small, Adam step", gpt2_step()),
        ("unrolled loop", unrolled()),
        ("crowd", flat(100_000)),
    ):
        report(theme, name, graph)
    start = time.perf_counter()
    record = lowered_of(make_step, gpt2_arguments(), {}, title="step", project_root=HERE)
    seconds = time.perf_counter() - start
    size = f"{len(record.lines):,} lines, {record.n_bytes / 1e6:.1f} MB"
    print(f"StableHLO of the GPT-2 small step: {size}: traced, lowered, read in {seconds:.1f} s")
    start = time.perf_counter()
    lines = LoweredLines(record)
    print(f"    blocks found: {1e3 * (time.perf_counter() - start):.0f} ms")
    on_screen(theme, lines)


def report(theme: Theme, name: str, graph: Graph) -> None:
    """Print what the text of one graph takes."""
    start = time.perf_counter()
    text = JaxprText(graph)
    seconds = time.perf_counter() - start
    print(f"{name}: {len(graph):,} equations, {len(text):,} lines: in order {1e3 * seconds:.0f} ms")
    on_screen(theme, text)


def on_screen(theme: Theme, text: LineText) -> None:
    """Print what a pane takes to show `text`, and what a search in it takes."""
    pane = LinesPane(theme, "text")
    pane.resize(*_SIZE)
    pane.show()
    folding = Folding(text)
    first = timed(lambda: (pane.show_text(text, folding), pane.grab()))
    bar = pane.verticalScrollBar()
    frames: list[float] = []
    for row in np.linspace(0, bar.maximum(), _FRAMES).astype(int).tolist():
        frames.append(timed(lambda row=row: (bar.setValue(row), pane.grab())))
    fold = timed(lambda: (pane.fold_all(), pane.grab()))
    far = len(text) * 2 // 3
    go = timed(lambda: (pane.go_to(far), pane.grab()))
    print(
        f"    first picture {first:.0f} ms, scrolled {np.percentile(frames, 95):.1f} ms (95 % of "
        f"{_FRAMES}), all folded {fold:.0f} ms, gone to a line {go:.0f} ms"
    )
    start = time.perf_counter()
    whole = WholeText.of(text)
    read = 1e3 * (time.perf_counter() - start)
    pattern = pattern_of("dot_general")
    assert pattern is not None
    found: list[np.ndarray] = []
    search = timed(lambda: found.append(whole.find(pattern)))
    print(
        f"    read to be searched {read:.0f} ms, searched {search:.0f} ms: {len(found[0]):,} lines"
    )
    pane.close()
    pane.deleteLater()


def timed(work: Callable[[], object]) -> float:
    """Return the milliseconds that `work` takes."""
    start = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - start)


if __name__ == "__main__":
    main()
