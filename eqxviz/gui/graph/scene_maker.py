"""Makes scenes off the GUI thread; the last one asked for is the one that arrives."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from eqxviz.gui.graph.metrics import BoxMetrics
from eqxviz.gui.graph.scene import Scene, make_scene
from eqxviz.layout import (
    LayoutCancelledError,
    Placer,
    carried_open,
    default_once,
    default_open,
    gathered,
)
from eqxviz.records import Graph
from eqxviz.session.graph.colouring import ColourBy
from eqxviz.session.graph.reading import GraphReading


@dataclass(frozen=True)
class SceneRequest:
    """A graph and the groups to open.

    Without groups it is a graph as it was drawn: its crowds are gathered into groups first, those
    open that are sensible at first.
    """

    graph: Graph
    open_groups: frozenset[int] | None = None
    once: frozenset[int] = frozenset()  # the first groups of the runs that are shown once
    reading: GraphReading | None = None  # of `graph`, where there is one already
    keep: tuple[int, int] | None = None  # the box whose place on screen is kept
    show: int = -1  # the equation to bring into sight
    like: "SceneRequest | None" = None  # of an earlier drawing, whose groups open again
    colour_by: ColourBy = ColourBy.KIND


class SceneMaker(QObject):
    """One thread that lays out graphs. A new request calls off the one before.

    Signals:
        made: The request and its scene.
        idle_changed: Whether nothing is being made.
    """

    made = Signal(object, object)
    idle_changed = Signal(bool)
    _finished = Signal(object, object)  # from the thread: the request and its future

    def __init__(self, metrics: BoxMetrics, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._metrics = metrics
        self._placer = Placer()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="graph-layout")
        self._cancel = threading.Event()
        self._wanted: SceneRequest | None = None
        self._finished.connect(self._on_finished)

    def ask(self, request: SceneRequest) -> None:
        """Make the scene of `request`, instead of what is being made."""
        self._cancel.set()
        self._cancel = cancel = threading.Event()
        self._wanted = request
        self.idle_changed.emit(False)
        future = self._pool.submit(self._make, request, cancel)
        future.add_done_callback(lambda done: self._tell(request, done))

    def cancel(self) -> None:
        """Make nothing."""
        self._cancel.set()
        if self._wanted is not None:
            self._wanted = None
            self.idle_changed.emit(True)

    def close(self) -> None:
        """Let the thread end; nothing arrives any more."""
        self._cancel.set()
        self._wanted = None
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _make(self, request: SceneRequest, cancel: threading.Event) -> Scene:
        reading, opened, once = request.reading, request.open_groups, request.once
        if reading is None:
            reading = GraphReading(gathered(request.graph))
        graph, repeats, like = reading.graph, reading.repeats, request.like
        if opened is None:
            once = default_once(graph, repeats)
            opened = default_open(graph, once=once, repeats=repeats)
            if like is not None and like.open_groups is not None and like.reading is not None:
                opened = carried_open(like.graph, like.open_groups, graph)
                apart = carried_open(like.graph, like.reading.repeats.firsts - like.once, graph)
                once = repeats.firsts - apart
        scene = make_scene(
            reading, opened, self._metrics, self._placer, cancel, request.colour_by, once
        )
        self._pool.submit(lambda: reading.searched)  # so that the first search need not wait
        return scene

    def _tell(self, request: SceneRequest, done: "Future[Scene]") -> None:
        if request is self._wanted:
            self._finished.emit(request, done)

    def _on_finished(self, request: SceneRequest, done: "Future[Scene]") -> None:
        if request is not self._wanted:
            return
        self._wanted = None
        self.idle_changed.emit(True)
        try:
            scene = done.result()
        except LayoutCancelledError:
            return
        self.made.emit(request, scene)
