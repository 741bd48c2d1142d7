"""Prints what folding, searching and panning cost on the training step of a transformer.

python tests/benchmarks/graph_view.py [number of layers]
"""

import os
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import jax
import jax.numpy as jnp
from PySide6.QtWidgets import QApplication

import eqxcore as eqx
from eqxviz.analysis import graph_of
from eqxviz.examples import transformer
from eqxviz.gui.graph.canvas import GraphCanvas
from eqxviz.gui.graph.highlight import Highlight
from eqxviz.gui.graph.scene import Scene, make_scene
from eqxviz.gui.theme import Theme
from eqxviz.layout import BoxKind, Placer, default_open, gathered
from eqxviz.records import Graph
from eqxviz.session.graph.query import parse
from eqxviz.session.graph.reading import GraphReading

ROOT = str(Path(transformer.__file__).parent)


def main() -> None:
    n_layers = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    app = QApplication([])
    theme = Theme("light")
    theme.apply(app)
    graph = draw(n_layers)
    canvas = GraphCanvas(theme)
    canvas.resize(1600, 1000)
    canvas.show()
    print(f"make_step of {n_layers} layers: {len(graph):,} equations; canvas 1600 x 1000")
    start = time.perf_counter()
    graph = gathered(graph)
    report("gather", time.perf_counter() - start)
    fold(graph, canvas)
    search(graph)
    everything = frozenset(range(len(graph.group_parent)))
    scene = timed_scene("open everything", graph, everything, canvas, Placer())
    paint(canvas, scene)


def draw(n_layers: int) -> Graph:
    """Return the graph of the example's training step with that many layers."""
    model = transformer.Transformer(27, 64, 96, 4, n_layers, key=jax.random.key(0))
    state = transformer.OPTIMISER.init(eqx.filter(model, eqx.is_inexact_array))
    tokens = jnp.zeros((32, 65), int)
    return graph_of(
        transformer.make_step, (model, state, tokens), {}, title="make_step", project_root=ROOT
    )


def fold(graph: Graph, canvas: GraphCanvas) -> None:
    """Open the largest group, again and again, as a user who unfolds does."""
    placer = Placer()
    opened = default_open(graph)
    scene = timed_scene("first picture", graph, opened, canvas, placer)
    for _ in range(4):
        groups = [b for b in range(len(scene.seen)) if scene.seen.box_kind[b] == BoxKind.GROUP]
        if not groups:
            break
        largest = max(groups, key=lambda b: scene.texts[b].n_inside)
        name = scene.texts[largest].title
        scene = timed_scene(f"unfold {name}", graph, scene.unfolded(largest), canvas, placer)
    timed_scene("fold all (levels are cached)", graph, opened, canvas, placer)


def timed_scene(
    what: str, graph: Graph, opened: frozenset[int], canvas: GraphCanvas, placer: Placer
) -> Scene:
    reading = GraphReading(graph)
    start = time.perf_counter()
    scene = make_scene(reading, opened, canvas.metrics, placer, threading.Event())
    seconds = time.perf_counter() - start
    far = int(scene.seen.edge_far.sum())
    report(
        what, seconds, f"{len(scene.seen):,} boxes, {len(scene.seen.edge_from):,} edges ({far} far)"
    )
    return scene


def search(graph: Graph) -> None:
    start = time.perf_counter()
    reading = GraphReading(graph)
    _ = reading.searched
    report("make the texts to be searched", time.perf_counter() - start)
    for wanted in (
        "dot_general",
        "f32[32,64,96]",
        r"/blocks\[\d+\].*weight/",
        "flops>1e6 path:attn",
    ):
        start = time.perf_counter()
        found = reading.found(parse(wanted))
        report(f"search {wanted}", time.perf_counter() - start, f"{len(found)} found")


def paint(canvas: GraphCanvas, scene: Scene) -> None:
    """Time whole frames, drawn into a picture: the widget's own paint is in each."""
    canvas.set_scene(scene)
    for zoom in (1.0, 0.6, 0.3, 0.1):
        canvas.set_camera(canvas.camera.zoomed(zoom / canvas.camera.zoom, 800, 500))
        canvas.grab()
        pan = frames(canvas, lambda: canvas.set_camera(canvas.camera.moved(7, 3)))
        fresh = frames(canvas, canvas._on_theme_changed)
        report(f"pan at zoom {zoom}", pan)
        report(f"paint anew at zoom {zoom}", fresh)
    canvas.fit()
    canvas.grab()
    boxes = iter(range(len(scene.seen)))
    report(
        "hover, whole graph",
        frames(canvas, lambda: canvas.set_highlight(Highlight(hovered=next(boxes)))),
    )


def frames(canvas: GraphCanvas, change: Callable[[], None], n_frames: int = 30) -> float:
    """Return the median seconds of a frame after each `change`."""
    seconds: list[float] = []
    for _ in range(n_frames):
        change()
        start = time.perf_counter()
        canvas.grab()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def report(what: str, seconds: float, more: str = "") -> None:
    print(f"  {what:52} {seconds * 1000:8.1f} ms  {more}".rstrip())


if __name__ == "__main__":
    main()
