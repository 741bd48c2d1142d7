"""Pictures of a graph as files: the painter of the canvas, on an SVG or a PNG."""

import html
import re
import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QRectF, QSize
from PySide6.QtGui import QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator

from eqxviz.gui.graph.geometry import Area
from eqxviz.gui.graph.metrics import BoxMetrics
from eqxviz.gui.graph.painting import ScenePainter
from eqxviz.gui.graph.scene import Scene, make_scene
from eqxviz.gui.theme import Theme
from eqxviz.layout import Placer
from eqxviz.records import Graph
from eqxviz.session.export.graph_writing import PICTURE_FORMS, graph_form_of, write_graph
from eqxviz.session.graph.reading import GraphReading
from eqxviz.store.model_file import write_whole

_BORDER = 24.0
_SVG_DPI = 96  # a unit is a pixel of CSS
# A text as QSvgGenerator writes it.
_TEXT = re.compile(
    r'<text(?P<attributes>[^>]*font-family="(?P<family>[^"]*)" font-size="(?P<size>[^"]*)" '
    r'font-weight="(?P<weight>[^"]*)"[^>]*)>(?P<text>[^<]*)</text>'
)
_PIXELS_PER_UNIT = 2.0  # for screens of twice the density, and print
# QImage holds 2 GiB, at four bytes a pixel; a picture of this size is large to any reader.
_MOST_PIXELS = 120_000_000


def scene_of(graph: Graph, open_groups: frozenset[int], theme: Theme) -> Scene:
    """Return the scene of a graph with these groups open, laid out now."""
    reading = GraphReading(graph)
    return make_scene(reading, open_groups, BoxMetrics(theme), Placer(), threading.Event())


def exporter(
    path: Path, graph: Graph, scene: Scene, theme: Theme, metrics: BoxMetrics
) -> Callable[[], None]:
    """Return what writes a graph to `path`; it may be called in any thread.

    Pictures and DOT hold what `scene` shows, the other forms all of `graph`. What is returned
    raises `OSError` if the file cannot be written.

    Raises:
        UnknownFormError: If the suffix says no form.
    """
    form = graph_form_of(path)
    if form in PICTURE_FORMS:
        return _picture_writer(path, form, scene, theme, metrics)
    written = scene.graph if form == "dot" else graph
    return lambda: write_graph(path, form, written, scene.open_groups)


def write_picture(path: Path, form: str, scene: Scene, theme: Theme) -> None:
    """Write all of `scene` to `path` as "svg" or "png", in the colours of `theme`.

    Raises:
        OSError: If the file cannot be written.
    """
    _picture_writer(path, form, scene, theme, BoxMetrics(theme))()


def _picture_writer(
    path: Path, form: str, scene: Scene, theme: Theme, metrics: BoxMetrics
) -> Callable[[], None]:
    x, y, width, height = (float(v) for v in scene.frames[0])
    area = (x - _BORDER, y - _BORDER, width + 2 * _BORDER, height + 2 * _BORDER)
    by = ScenePainter(theme, metrics, scene, None)

    def write() -> None:
        content = _svg(by, area, scene, metrics) if form == "svg" else _png(by, area)
        write_whole(path, [content])

    return write


def _svg(by: ScenePainter, area: Area, scene: Scene, metrics: BoxMetrics) -> bytes:
    buffer = QBuffer()
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setResolution(_SVG_DPI)
    generator.setSize(QSize(round(area[2]), round(area[3])))
    generator.setViewBox(QRectF(0, 0, area[2], area[3]))
    generator.setTitle(scene.graph.title)
    generator.setDescription(f"{len(scene.graph):,} equations, drawn by eqxviz")
    painter = QPainter(generator)
    _paint(painter, by, area, 1.0)
    painter.end()
    return _for_any_reader(bytes(buffer.data().data()).decode(), metrics).encode()


def _for_any_reader(svg: str, metrics: BoxMetrics) -> str:
    """Return `svg` with the length of each text and a generic family after each font.

    A reader that lacks the fonts keeps texts from running into one another then.
    """
    fonts = {
        (font.family(), str(font.pixelSize()), str(int(font.weight()))): name
        for name, font in metrics.fonts.items()
    }

    def with_length(match: re.Match[str]) -> str:
        name = fonts.get((match["family"], match["size"], match["weight"]))
        if name is None:
            return match.group()
        length = metrics.width(name, html.unescape(match["text"]))
        return (
            f'<text{match["attributes"]}textLength="{length:g}" '
            f'lengthAdjust="spacingAndGlyphs">{match["text"]}</text>'
        )

    svg = _TEXT.sub(with_length, svg)
    mono = metrics.fonts["mono"].family()
    for family in {family for family, _, _ in fonts}:
        generic = "monospace" if family == mono else "sans-serif"
        svg = svg.replace(f'font-family="{family}"', f'font-family="{family}, {generic}"')
    return svg


def _png(by: ScenePainter, area: Area) -> bytes:
    scale = min(_PIXELS_PER_UNIT, (_MOST_PIXELS / (area[2] * area[3])) ** 0.5)
    image = QImage(round(area[2] * scale), round(area[3] * scale), QImage.Format.Format_RGB32)
    image.fill(by.background)
    painter = QPainter(image)
    _paint(painter, by, area, scale)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, b"png").write(image)
    return bytes(buffer.data().data())


def _paint(painter: QPainter, by: ScenePainter, area: Area, zoom: float) -> None:
    x, y, width, height = area
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(zoom, zoom)
    painter.translate(-x, -y)
    painter.fillRect(QRectF(x, y, width, height), by.background)
    by.paint(painter, area, zoom)
