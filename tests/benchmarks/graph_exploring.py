"""Prints what finding one's way in a large graph costs: from the key to the new picture.

python tests/benchmarks/graph_exploring.py [gpt2] [unrolled]

All of it is measured on the real view, 1600 x 1000, with real events, offscreen.
"""

import sys
import time
from collections.abc import Callable

import graph_sizes  # first: it makes the packages of this repository known
import large_graphs
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from eqxviz.layout import group_sizes
from eqxviz.records import Graph
from eqxviz.session.graph.colouring import ColourBy
from eqxviz.session.graph_details import graph_details
from eqxviz.session.selection import Selection

Desk, report = graph_sizes.Desk, graph_sizes.report
_GOAL = "goal 100 ms"
_N_PLACES = 10
_QUERIES = ("flops>1e6 kind:matmul", "path:blocks[3] backward", "dtype:f32 -mul", "shape:[...,768]")


def main() -> None:
    sys.setswitchinterval(0.0005)
    wanted = sys.argv[1:] or ["gpt2", "unrolled"]
    desk = Desk(QApplication([]))
    # What is done in a thread is measured whole, as if it were not.
    desk.session.in_background = lambda work, done: done(work())
    desk.show(large_graphs.gpt2_step(1))  # imports and fonts are not what is measured
    for name, draw in (("gpt2", large_graphs.gpt2_step), ("unrolled", large_graphs.unrolled)):
        if name in wanted:
            explore(desk, draw())
    desk.view.close()
    desk.view.deleteLater()
    desk.events(0.1)


def explore(desk: Desk, graph: Graph) -> None:
    print(f"{graph.title}: {len(graph):,} equations")
    desk.show(graph)
    desk.rest()
    light(desk)
    for by in [*ColourBy, ColourBy.KIND]:
        desk.rest()
        seconds = painted(desk, lambda by=by: desk.session.exploring.colour(by))
        report(f"colour by {by}", seconds, _GOAL)
    tell(desk)
    for query in _QUERIES:
        look_for(desk, query)


def light(desk: Desk) -> None:
    """Let what depends on equations all over the graph stand out, folded and unfolded."""
    n = len(desk.scene.graph)
    key = desk.session.graphs[0].key
    for what, pressed in (("depends on", Qt.Key.Key_D), ("it depends on", Qt.Key.Key_A)):
        seconds: list[float] = []
        for equation in range(n // 20, n, n // _N_PLACES):
            desk.session.select(Selection(kind="equation", graph=key, equation=equation))
            desk.rest()
            seconds.append(painted(desk, lambda one=pressed: QTest.keyClick(desk.canvas, one)))
        worst = f"{_GOAL}; the first {seconds[0] * 1000:.0f} ms, then the worst of {_N_PLACES - 1}"
        report(f"show what {what}", max(seconds[1:]), worst)
    ends = [Selection(kind="equation", graph=key, equation=e) for e in (n // 20, n // 2)]
    desk.session.exploring.clear()
    desk.session.select(ends[0])
    QTest.keyClick(desk.canvas, Qt.Key.Key_P)
    desk.session.select(ends[1])
    desk.rest()
    seconds_between = painted(desk, lambda: QTest.keyClick(desk.canvas, Qt.Key.Key_P))
    report("show the paths between two", seconds_between, _GOAL)
    desk.session.exploring.clear()


def tell(desk: Desk) -> None:
    """Tell of the largest group, and of an equation in the middle of the graph."""
    scene, key = desk.scene, desk.session.graphs[0].key
    sizes = group_sizes(scene.graph)
    largest = int(sizes[1:].argmax()) + 1
    for what, selection in (
        (f"a group of {sizes[largest]:,}", Selection("group", graph=key, group=largest)),
        ("an equation", Selection("equation", graph=key, equation=len(scene.graph) // 2)),
    ):
        start = time.perf_counter()
        assert graph_details(desk.session, selection) is not None
        report(f"tell of {what}", time.perf_counter() - start, _GOAL)


def look_for(desk: Desk, query: str) -> None:
    """Type the last letter of a query."""
    line = desk.view.search_bar.line
    line.setText(query[:-1])
    desk.events(0.3)
    searched = graph_sizes.Watch(desk.view.search_bar.searched)
    start = time.perf_counter()
    QTest.keyClick(line, query[-1])
    desk.until(searched.has_come)
    desk.canvas.repaint()
    n_found = desk.view.search_bar.hits
    report(f"search {query}", time.perf_counter() - start, f"{_GOAL}; {n_found} found")


def painted(desk: Desk, act: Callable[[], object]) -> float:
    """Return the seconds of `act` and of the picture after it."""
    start = time.perf_counter()
    act()
    desk.view.page.repaint()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
