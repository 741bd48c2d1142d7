"""Prints what large graphs cost in the graph view: first picture, folding, search, pan and zoom.

python tests/benchmarks/graph_sizes.py [gpt2] [unrolled] [flat] [dot]

All of it is measured on the real view, 1600 x 1000, with real events, offscreen.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import jax
import large_graphs
import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from eqxviz.analysis import graph as analysis_graph
from eqxviz.gui.graph import GraphView
from eqxviz.gui.graph.camera import Camera
from eqxviz.gui.graph.scene import Scene
from eqxviz.gui.theme import Theme
from eqxviz.layout import BoxKind
from eqxviz.records import Graph
from eqxviz.records.codec import decode, encode
from eqxviz.session.graphs import GraphTab
from eqxviz.session.session import Session

SIZE = (1600, 1000)
N_EVENTS = 300
FRAME_SECONDS = 1 / 60
DOT_LIMIT_SECONDS = 60


class Desk:
    """The graph view of a session without an engine, on a screen of its own."""

    def __init__(self, app: QApplication) -> None:
        self.app = app
        self.theme = Theme("light")
        self.theme.apply(app)
        self.theme.set_still(True)
        self.session = Session(lambda job: job())
        self.view = GraphView(self.session, self.theme)
        self.view.resize(*SIZE)
        self.view.show()
        self.shown = self.n_tabs = 0
        self.view.page.scene_shown.connect(self._on_scene_shown)
        self.events()

    @property
    def canvas(self):
        return self.view.page.canvas

    @property
    def scene(self) -> Scene:
        scene = self.view.page.scene
        assert scene is not None
        return scene

    def events(self, seconds: float = 0.0) -> None:
        """Do what is due, for that long."""
        end = time.perf_counter() + seconds
        while True:
            self.app.processEvents()
            if time.perf_counter() >= end:
                return
            time.sleep(0.0005)

    def until(self, is_so: Callable[[], bool], limit: float = 120.0) -> None:
        end = time.perf_counter() + limit
        while not is_so():
            self.events()
            if time.perf_counter() > end:
                raise TimeoutError("the view did not get there")
            time.sleep(0.0002)

    def until_scene(self, act: Callable[[], object]) -> float:
        """Return the seconds from `act` to the painted picture of the scene that it leads to."""
        n_shown = self.shown
        start = time.perf_counter()
        act()
        self.until(lambda: self.shown > n_shown)
        self.view.page.repaint()
        return time.perf_counter() - start

    def show(self, graph: Graph) -> float:
        """Return the seconds from a graph to the first picture of it that can be used."""
        self.session.graphs = []
        self.session.graphs_changed.emit()
        self.n_tabs += 1
        tab = GraphTab(f"{self.n_tabs}", graph.title)
        tab.fill(graph)

        def act() -> None:
            self.session.graphs = [tab]
            self.session.current_graph = 0
            self.session.graphs_changed.emit()

        return self.until_scene(act)

    def rest(self) -> None:
        """Wait until all tiles are painted."""
        self.events(0.1)
        self.until(lambda: self.canvas._picture.tiles.is_idle)
        self.events(0.02)

    def _on_scene_shown(self, _is_new: bool) -> None:
        self.shown += 1


def main() -> None:
    wanted = sys.argv[1:] or ["gpt2", "unrolled", "flat", "dot"]
    desk = Desk(QApplication([]))
    desk.show(large_graphs.gpt2_step(1))  # imports and fonts are not what is measured
    if "gpt2" in wanted:
        measure_gpt2(desk)
    if "unrolled" in wanted:
        measure_unrolled(desk)
    if "flat" in wanted:
        measure_flat(desk)
    if "dot" in wanted:
        measure_dot(desk)
    desk.view.close()
    desk.view.deleteLater()
    desk.events(0.1)


# --- sizes


def measure_gpt2(desk: Desk) -> None:
    seconds = timed_analysis(large_graphs.gpt2_step)
    beyond(desk, "GPT-2 small, a step of Adam", *seconds, "0.5 s")
    unfold_blocks(desk)
    select(desk)
    search(desk)


def measure_unrolled(desk: Desk) -> None:
    seconds = timed_analysis(large_graphs.unrolled)
    beyond(desk, "An unrolled loop", *seconds, "3 s")
    search(desk, "tanh")


def timed_analysis(draw: Callable[[], Graph]) -> tuple[Graph, float, float]:
    """Return a graph, the seconds of tracing it, and those of the rest until there is a record."""
    tracing = 0.0

    def trace(*args: Any) -> Any:
        nonlocal tracing
        start = time.perf_counter()
        traced = tracer(*args)
        tracing += time.perf_counter() - start
        return traced

    tracer, analysis_graph.trace = analysis_graph.trace, trace
    jax.clear_caches()
    start = time.perf_counter()
    graph = draw()
    whole = time.perf_counter() - start
    analysis_graph.trace = tracer
    return graph, tracing, whole - tracing


def beyond(desk: Desk, what: str, graph: Graph, tracing: float, analysis: float, goal: str) -> None:
    print(f"{what}: {len(graph):,} equations (tracing {tracing:.2f} s)")
    start = time.perf_counter()
    _, header, *parts = encode(graph)
    _, sent = decode(bytes(header), b"".join(parts))
    wire = time.perf_counter() - start
    assert isinstance(sent, Graph)
    shown = desk.show(sent)
    report("analysis, beyond tracing", analysis)
    report("the record encoded and decoded", wire)
    report("gather, fold, lay out, first paint", shown, boxes_of(desk.scene))
    report("from jaxpr to the folded graph", analysis + wire + shown, f"goal {goal}")


def unfold_blocks(desk: Desk) -> None:
    """Unfold what holds the blocks, then three of them, by double clicks."""
    for title in ("model", "blocks[0]", "blocks[5]", "blocks[11]", "blocks[3] · backward"):
        found = [
            b
            for b, text in enumerate(desk.scene.texts)
            if desk.scene.inside(b) and text.title.removeprefix("model.").startswith(title)
        ]
        if found:
            box = found[0]
            name, n = desk.scene.texts[box].title, desk.scene.texts[box].n_inside
            seconds = unfold(desk, box)
            report(
                f"unfold {name} ({n} equations)", seconds, f"goal 150 ms; {boxes_of(desk.scene)}"
            )
    frame = len(desk.scene.frames) - 1
    x, y, *_ = desk.scene.frames[frame].tolist()
    report("fold it, by its chevron", desk.until_scene(lambda: click_at(desk, x + 12, y + 14)))


def unfold(desk: Desk, box: int) -> float:
    """Return the seconds from a double click on `box` to the picture with it unfolded."""
    desk.canvas.show_box(box, readable=True)
    desk.rest()
    x, y, width, height = desk.scene.boxes[box].tolist()
    at = point_of(desk, x + width / 2, y + height / 2)
    left = Qt.MouseButton.LeftButton
    return desk.until_scene(lambda: QTest.mouseDClick(desk.canvas, left, pos=at))


def select(desk: Desk) -> None:
    seconds: list[float] = []
    equations = [
        b for b in range(len(desk.scene.boxes)) if desk.scene.seen.box_kind[b] == BoxKind.EQUATION
    ]
    for box in equations[:: max(len(equations) // 10, 1)][:10]:
        desk.canvas.show_box(box, readable=True)
        desk.rest()
        x, y, width, height = desk.scene.boxes[box].tolist()
        at = point_of(desk, x + width / 2, y + height / 2)
        start = time.perf_counter()
        QTest.mouseClick(desk.canvas, Qt.MouseButton.LeftButton, pos=at)
        desk.view.page.repaint()
        seconds.append(time.perf_counter() - start)
        assert desk.canvas.highlight.selected == box
    report("select, by a click", max(seconds), f"goal 100 ms; the worst of {len(seconds)}")


def search(desk: Desk, first: str = "dot_general") -> None:
    line = desk.view.search_bar.line
    for wanted in (first, "f32[8,1024,768]", r"/mul.*large"):
        line.clear()
        desk.events(0.3)
        line.setText(wanted[:-1])
        desk.events(0.3)
        searched = Watch(desk.view.search_bar.searched)
        start = time.perf_counter()
        QTest.keyClick(line, wanted[-1])
        desk.until(searched.has_come)
        desk.canvas.repaint()
        seconds = time.perf_counter() - start
        n_found = len(desk.canvas.highlight.matched)
        report(f"search {wanted}", seconds, f"goal 100 ms; {n_found:,} boxes marked")
    line.clear()
    desk.events(0.3)


class Watch(QObject):
    """Counts what a signal says."""

    def __init__(self, signal) -> None:
        super().__init__()
        self.n = 0
        signal.connect(self._on_signal)

    def has_come(self) -> bool:
        return self.n > 0

    def _on_signal(self, *_args: object) -> None:
        self.n += 1


# --- frames


def measure_flat(desk: Desk) -> None:
    graph = large_graphs.flat()
    seconds = desk.show(graph)
    print(f"Without groups: {len(graph):,} equations")
    report("first picture", seconds, boxes_of(desk.scene))
    everything = frozenset(range(len(desk.scene.graph.group_parent)))
    seconds = desk.until_scene(lambda: desk.view.page.refold(everything))
    report("unfold all", seconds, boxes_of(desk.scene))
    desk.canvas.fit()
    start = time.perf_counter()
    desk.canvas.repaint()
    report("the whole picture, painted anew", time.perf_counter() - start)
    desk.rest()
    for zoom in (desk.canvas.camera.zoom, 0.05, 0.1, 0.3, 0.7, 1.0):
        look_at_the_middle(desk, zoom)
        desk.rest()
        n_seen = len(desk.scene.boxes_in(desk.canvas.camera.area(*SIZE)))
        show_frames(f"drag at zoom {zoom:.2f}, {n_seen:,} in sight", drag(desk))
    desk.canvas.fit()
    desk.rest()
    show_frames("wheel in and out", wheel(desk))


def look_at_the_middle(desk: Desk, zoom: float) -> None:
    """Look at a box in the middle of the picture."""
    x, y, width, height = np.median(desk.scene.boxes, axis=0).tolist()
    left, top = x + width / 2 - SIZE[0] / 2 / zoom, y + height / 2 - SIZE[1] / 2 / zoom
    desk.canvas.set_camera(Camera(left, top, zoom))


class Frames:
    """The seconds of each frame: on the clock, and of this thread's own work."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.own: list[float] = []

    def time(self, desk: Desk, act: Callable[[], None]) -> None:
        own, start = time.thread_time(), time.perf_counter()
        act()
        desk.view.page.repaint()
        self.seconds.append(time.perf_counter() - start)
        self.own.append(time.thread_time() - own)


def drag(desk: Desk) -> Frames:
    """Return what each of 300 moves of a drag took, in a circle, with its paint."""
    canvas, frames = desk.canvas, Frames()
    at = QPointF(800, 500)
    send_mouse(canvas, QEvent.Type.MouseButtonPress, at)
    for n in range(N_EVENTS):
        turn = 1 if (n // 75) % 2 == 0 else -1
        at = at + QPointF(9.0 * turn, 5.0 * (1 if (n // 150) % 2 == 0 else -1))
        frames.time(desk, partial(send_mouse, canvas, QEvent.Type.MouseMove, at))
        desk.events(FRAME_SECONDS - frames.seconds[-1])
    send_mouse(canvas, QEvent.Type.MouseButtonRelease, at)
    return frames


def wheel(desk: Desk) -> Frames:
    """Return what each of 300 notches of a wheel took, in and out again, with its paint."""
    canvas, frames = desk.canvas, Frames()
    for n in range(N_EVENTS):
        step = 120 if (n // 20) % 2 == 0 else -120
        at = QPointF(600 + n % 40 * 10, 500)
        none = Qt.KeyboardModifier.NoModifier
        event = QWheelEvent(
            at,
            canvas.mapToGlobal(at),
            QPoint(),
            QPoint(0, step),
            Qt.MouseButton.NoButton,
            none,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        frames.time(desk, partial(QApplication.sendEvent, canvas, event))
        # A hand turns a wheel some notches a second: now and then it rests.
        desk.events(FRAME_SECONDS - frames.seconds[-1] if n % 5 else 0.08)
    return frames


def send_mouse(canvas, kind: QEvent.Type, at: QPointF) -> None:
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else left
    QApplication.sendEvent(
        canvas, QMouseEvent(kind, at, canvas.mapToGlobal(at), button, left, none)
    )


def click_at(desk: Desk, x: float, y: float) -> None:
    desk.canvas.set_camera(desk.canvas.camera.showing((x, y, 1, 1), *SIZE))
    QTest.mouseClick(desk.canvas, Qt.MouseButton.LeftButton, pos=point_of(desk, x, y))


def point_of(desk: Desk, x: float, y: float) -> QPoint:
    at = desk.canvas.camera.to_widget(x, y)
    return QPoint(round(at[0]), round(at[1]))


# --- Graphviz alone


def measure_dot(desk: Desk) -> None:
    """Time `dot` on the same boxes and edges, without levels, stubs or a cache."""
    print(f"Graphviz alone on the same boxes and edges (at most {DOT_LIMIT_SECONDS} s)")
    for what, graph in (
        ("GPT-2 small", large_graphs.gpt2_step()),
        ("without groups", large_graphs.flat()),
    ):
        report(f"{what}, as it opens: here", desk.show(graph), boxes_of(desk.scene))
        dot_alone(f"{what}, as it opens: dot", desk.scene)
        everything = frozenset(range(len(desk.scene.graph.group_parent)))
        seconds = desk.until_scene(partial(desk.view.page.refold, everything))
        report(f"{what}, unfolded: here", seconds, boxes_of(desk.scene))
        dot_alone(f"{what}, unfolded: dot", desk.scene)


def dot_alone(what: str, scene: Scene) -> None:
    sizes = scene.boxes[:, 2:] / 72
    lines = [f"n{i} [width={w:.3f} height={h:.3f}]" for i, (w, h) in enumerate(sizes.tolist())]
    ends = zip(scene.seen.edge_from.tolist(), scene.seen.edge_to.tolist(), strict=True)
    lines += [f"n{tail} -> n{head}" for tail, head in ends]
    text = 'digraph { node [shape=box fixedsize=true label=""]\n' + "\n".join(lines) + "\n}"
    with tempfile.NamedTemporaryFile("w", suffix=".dot") as file:
        file.write(text)
        file.flush()
        start = time.perf_counter()
        try:
            subprocess.run(
                ["dot", "-Tplain", file.name],
                check=True,
                stdout=subprocess.DEVNULL,
                timeout=DOT_LIMIT_SECONDS,
            )
            took = f"{(time.perf_counter() - start) * 1000:8.1f} ms"
        except subprocess.TimeoutExpired:
            took = f"  more than {DOT_LIMIT_SECONDS} s"
    print(f"  {what:44} {took}  {boxes_of(scene)}")


# --- telling


def boxes_of(scene: Scene) -> str:
    far = int(scene.seen.edge_far.sum())
    return f"{len(scene.boxes):,} boxes, {len(scene.seen.edge_from):,} edges ({far:,} far)"


def show_frames(what: str, frames: Frames) -> None:
    ordered, own = sorted(frames.seconds), sorted(frames.own)
    at = int(0.95 * len(ordered))
    more = f"median {statistics.median(ordered) * 1000:.1f}, worst {ordered[-1] * 1000:.1f} ms"
    busy = f"own work of the thread {own[at] * 1000:.1f} ms (95 %)"
    report(what, ordered[at], f"goal 8 ms (95 %); {more}; {busy}")


def report(what: str, seconds: float, more: str = "") -> None:
    print(f"  {what:44} {seconds * 1000:8.1f} ms  {more}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
