"""What stands out over the finished picture: what is selected, found, related or pointed at."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from eqxviz.gui.graph.painting import Area, Rects, ScenePainter, cosmetic_pen, draw_rects
from eqxviz.gui.graph.scene import Scene
from eqxviz.gui.theme import Theme

_RADIUS = 6.0
_ROUNDED_PIXELS = 8.0  # lower boxes have plain rectangles around them, all drawn at once


@dataclass(frozen=True)
class Highlight:
    """What stands out: numbers of boxes, of a frame, and which edges are drawn whole."""

    selected: int = -1
    selected_frame: int = -1
    hovered: int = -1
    matched: frozenset[int] = frozenset()
    related: frozenset[int] = frozenset()
    focused: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is selected."""
        return self.selected < 0 and self.selected_frame <= 0


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
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if edges:
        by.paint_curves(painter, [scene.whole_curve(e) for e in edges], accent, 1.8, zoom)
        ends = np.concatenate([scene.seen.edge_from[edges], scene.seen.edge_to[edges]])
        outlines.draw(frozenset(ends.tolist()) - set(live), accent, 1.2)
    outlines.draw(highlight.related, theme.color("differentiated"), 2.0)
    outlines.draw(highlight.matched, theme.color("warning"), 2.0)
    if highlight.hovered >= 0:
        outlines.draw({highlight.hovered}, accent, 1.4)
    width = 2.6 if highlight.focused else 2.0
    if highlight.selected >= 0:
        outlines.draw({highlight.selected}, accent, width)
    if highlight.selected_frame > 0:
        outlines.around(scene.frames[highlight.selected_frame], accent, width)


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
