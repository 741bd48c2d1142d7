"""What stands out over the finished picture: what is selected, found, related or pointed at."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from eqxviz.gui.graph.geometry import Area
from eqxviz.gui.graph.painting import Rects, ScenePainter, cosmetic_pen, draw_rects
from eqxviz.gui.graph.scene import Scene
from eqxviz.gui.theme import Theme, paint_mark

_RADIUS = 6.0
_MOST_LIT_EDGES = 1500
_NOTED_PIXELS = 14.0  # boxes that are lower have no letters at their corners
_ROUNDED_PIXELS = 8.0  # lower boxes have plain rectangles around them, all drawn at once


@dataclass(frozen=True)
class BoxNote:
    """A few letters at the upper corner of a box, about what was read of it."""

    box: int
    text: str
    is_bad: bool = False  # a NaN or Inf: it has the mark of a problem


@dataclass(frozen=True)
class Highlight:
    """What stands out: numbers of boxes, of a frame, of edges."""

    selected: int = -1
    selected_frame: int = -1
    selected_edge: int = -1
    hovered: int = -1
    hovered_edge: int = -1
    matched: frozenset[int] = frozenset()
    badges: tuple[tuple[int, int], ...] = ()  # how many matches are folded into a box
    notes: tuple[BoxNote, ...] = ()
    related: frozenset[int] = frozenset()
    lit: frozenset[int] | None = None  # the boxes that are not dimmed, where others are
    focused: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is selected."""
        return self.selected < 0 and self.selected_frame <= 0 and self.selected_edge < 0


def paint_highlight(
    painter: QPainter,
    by: ScenePainter,
    theme: Theme,
    scene: Scene,
    highlight: Highlight,
    area: Area,
    zoom: float,
) -> None:
    """Paint `highlight` over the part of `scene` in `area`."""
    accent = theme.color("accent")
    outlines = _Outlines(painter, scene, area, zoom, by.ratio)
    live = [b for b in (highlight.selected, highlight.hovered) if b >= 0]
    edges = sorted({int(e) for b in live for e in scene.edges_of(b)})
    lit = highlight.lit
    if lit is not None:
        _paint_lit(painter, by, theme, scene, lit, area, zoom)
        ends = zip(edges, scene.seen.edge_from[edges], scene.seen.edge_to[edges], strict=True)
        edges = [edge for edge, tail, head in ends if tail in lit and head in lit]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pointed = [e for e in (highlight.hovered_edge, highlight.selected_edge) if e >= 0]
    edges = sorted({*edges, *pointed})
    if edges:
        by.paint_curves(painter, [scene.whole_curve(e) for e in edges], accent, 1.8, zoom)
        ends = np.concatenate([scene.seen.edge_from[edges], scene.seen.edge_to[edges]])
        outlines.draw(frozenset(ends.tolist()) - set(live), accent, 1.2)
    outlines.draw(highlight.related, theme.color("differentiated"), 2.0)
    outlines.draw(highlight.matched, theme.color("warning"), 2.0)
    _paint_badges(painter, theme, scene, highlight, area, zoom)
    _paint_notes(painter, theme, scene, highlight, area, zoom)
    if highlight.hovered >= 0:
        outlines.draw({highlight.hovered}, accent, 1.4)
    width = 2.6 if highlight.focused else 2.0
    if highlight.selected >= 0:
        outlines.draw({highlight.selected}, accent, width)
    if highlight.selected_frame > 0:
        outlines.around(scene.frames[highlight.selected_frame], accent, width)


def _paint_lit(
    painter: QPainter,
    by: ScenePainter,
    theme: Theme,
    scene: Scene,
    lit: frozenset[int],
    area: Area,
    zoom: float,
) -> None:
    """Dim all but the boxes `lit` and the edges between them."""
    veil = QColor(by.background)
    veil.setAlphaF(0.78)
    painter.fillRect(QRectF(*area), veil)
    is_lit = np.zeros(len(scene.seen), np.bool_)
    is_lit[list(lit)] = True
    edges = scene.edges_in(area)
    edges = edges[is_lit[scene.seen.edge_from[edges]] & is_lit[scene.seen.edge_to[edges]]]
    if len(edges) <= _MOST_LIT_EDGES:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        curves = [scene.placement.curve(edge) for edge in edges.tolist()]
        by.paint_curves(painter, curves, theme.color("differentiated"), 1.6, zoom)
    boxes = scene.boxes_in(area)
    by.paint_boxes(painter, scene.boxes, boxes[is_lit[boxes]], zoom)


def _paint_badges(
    painter: QPainter, theme: Theme, scene: Scene, highlight: Highlight, area: Area, zoom: float
) -> None:
    """Paint at the corner of boxes how many matches are folded into them."""
    shown = set(scene.boxes_in(area).tolist())
    font = theme.font("small")
    font.setPixelSize(max(round(font.pixelSize() / zoom), 1))
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    for box, count in highlight.badges:
        if box not in shown:
            continue
        x, y, width, height = scene.boxes[box].tolist()
        text = f"{count:,}"
        wide = metrics.horizontalAdvance(text) + 10 / zoom
        high = 15 / zoom
        badge = QRectF(x + width - wide + 4 / zoom, y + height - high / 2, wide, high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("warning"))
        painter.drawRoundedRect(badge, high / 2, high / 2)
        painter.setPen(theme.color("base"))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)


def _paint_notes(
    painter: QPainter, theme: Theme, scene: Scene, highlight: Highlight, area: Area, zoom: float
) -> None:
    """Paint what was read of boxes over their upper right corners; far away, the bad ones alone."""
    shown = set(scene.boxes_in(area).tolist())
    font = theme.font("small")
    font.setPixelSize(max(round(font.pixelSize() / zoom), 1))
    metrics = QFontMetricsF(font)
    high = 15 / zoom
    for note in highlight.notes:
        x, y, width, height = scene.boxes[note.box].tolist()
        is_near = height * zoom >= _NOTED_PIXELS
        if note.box not in shown or not (is_near or note.is_bad):
            continue
        text = note.text if is_near else ""
        mark = high if note.is_bad else 0.0
        wide = mark + (metrics.horizontalAdvance(text) + 10 / zoom if text else 0.0)
        pill = QRectF(x + width - wide + 4 / zoom, y - 0.9 * high, wide, high)
        color = theme.color("problem" if note.is_bad else "line")
        painter.setPen(cosmetic_pen(color, 1.0))
        painter.setBrush(theme.color("raised"))
        painter.drawRoundedRect(pill, high / 2, high / 2)
        if note.is_bad:
            place = QRectF(pill.left(), pill.top(), high, high)
            inset = high * 0.14
            paint_mark(painter, place.adjusted(inset, inset, -inset, -inset), "problem", color)
        painter.setPen(theme.color("text"))
        painter.setFont(font)
        centre = Qt.AlignmentFlag.AlignCenter
        painter.drawText(pill.adjusted(mark * 0.6, 0, 0, 0) if text else pill, centre, text)


class _Outlines:
    """Draws lines around boxes in sight."""

    def __init__(
        self, painter: QPainter, scene: Scene, area: Area, zoom: float, ratio: float
    ) -> None:
        self._painter, self._scene, self._area = painter, scene, area
        self._zoom, self._ratio = zoom, ratio

    def draw(self, boxes: frozenset[int] | set[int], color: QColor, width: float) -> None:
        """Draw a line around each of `boxes`."""
        if not boxes:
            return
        numbers = np.fromiter(boxes, np.int64, len(boxes))
        x, y, room, height = self._area
        rects = self._scene.boxes[numbers]
        inside = (rects[:, 0] <= x + room) & (rects[:, 0] + rects[:, 2] >= x)
        inside &= (rects[:, 1] <= y + height) & (rects[:, 1] + rects[:, 3] >= y)
        rects = rects[inside]
        low = rects[:, 3] * self._zoom < _ROUNDED_PIXELS
        self._pen(color, width)
        grow = 1.0 / self._zoom
        draw_rects(self._painter, rects[low] + [-grow, -grow, 2 * grow, 2 * grow])
        for rect in rects[~low]:
            self.around(rect, color, width)

    def around(self, rect: Rects, color: QColor, width: float) -> None:
        """Draw a rounded line around a rectangle."""
        self._pen(color, width)
        grow = 1.0 / self._zoom
        outer = QRectF(*rect).adjusted(-grow, -grow, grow, grow)
        self._painter.drawRoundedRect(outer, _RADIUS + grow, _RADIUS + grow)

    def _pen(self, color: QColor, width: float) -> None:
        self._painter.setPen(cosmetic_pen(color, width * self._ratio))
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
