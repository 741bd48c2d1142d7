"""Paints a scene: only what is in sight, and only as much of it as can be read."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPolygonF

from eqxviz.gui.graph.metrics import CHEVRON, MARGIN, PADDING, ROW, STRIPE, TITLE_ROW, BoxMetrics
from eqxviz.gui.graph.scene import TITLE_BAR, Scene
from eqxviz.gui.theme import Theme
from eqxviz.layout import BoxKind
from eqxviz.records import EquationKind

# From these zooms on there are: all texts; titles; outlines and curves.
ALL_TEXTS_ZOOM = 0.5
TITLES_ZOOM = 0.2
_CURVES_ZOOM = 0.22
_FRAME_TITLES_ZOOM = 0.4
_CHIP_FRAME = 60.0  # pixels: a frame that is lower has no chip
_MOST_CURVES = 1500
_SMALLEST_TITLE = 9.5  # pixels on screen, when far away
_RADIUS = 6.0
_ARROW = (4.0, 7.0)
Area = tuple[float, float, float, float]


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


class ScenePainter:
    """Paints scenes in the colours of a theme. The painter's unit is the scene's."""

    def __init__(self, theme: Theme, metrics: BoxMetrics) -> None:
        self._theme, self._metrics = theme, metrics
        self._far_fonts: dict[int, QFont] = {}
        self.ratio = 1.0  # pixels of the screen to one of the widget
        self.refresh()

    @property
    def background(self) -> QColor:
        """What is behind everything."""
        return self._base

    def refresh(self) -> None:
        """Take the theme's colours anew."""
        color = self._theme.color
        base, self._text, self._faint = color("base"), color("text"), color("faint")
        strength = 0.17 if self._theme.is_dark else 0.10
        kinds = [color(f"kind.{kind.name.lower()}") for kind in EquationKind]
        self._kinds = kinds
        self._fills = [_mixed(base, kind, strength) for kind in kinds]
        self._borders = [_mixed(color("line"), kind, 0.55) for kind in kinds]
        self._pill = color("window")
        self._line, self._accent, self._match = color("line"), color("accent"), color("warning")
        self._edge = _mixed(base, color("faint"), 0.62)
        window = color("window")
        self._frame_fills = [_mixed(base, window, 0.75), base]
        self._frame_line = _mixed(color("line"), color("faint"), 0.28)
        self._base = base

    def paint_frames(self, painter: QPainter, scene: Scene, rects: NDArray, area: Area) -> None:
        """Paint the frames of open groups, outer ones first; titles come later."""
        depth = _depths(scene)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for frame in scene.frames_in(area).tolist():
            painter.setPen(self._pen(self._frame_line))
            painter.setBrush(self._frame_fills[(depth[frame] + 1) % 2])
            painter.drawRoundedRect(QRectF(*rects[frame]), _RADIUS + 2, _RADIUS + 2)

    def paint_frame_titles(
        self, painter: QPainter, scene: Scene, rects: NDArray, area: Area, zoom: float
    ) -> None:
        """Paint chevron, name and count of each open group, over the edges that pass there."""
        depth, metrics = _depths(scene), self._metrics
        near = zoom >= _FRAME_TITLES_ZOOM
        for frame in scene.frames_in(area).tolist():
            x, y, width, height = rects[frame]
            if not near:
                if depth[frame] == 1 and height * zoom > _CHIP_FRAME:
                    self._paint_chip(painter, scene.titles[frame].title, rects[frame], zoom)
                continue
            text = scene.titles[frame]
            title_width = metrics.width("title", text.title)
            detail_width = metrics.width("small", text.detail) if zoom >= ALL_TEXTS_ZOOM else 0.0
            back = QRectF(x + 5, y + 4, title_width + detail_width + CHEVRON + 24, TITLE_BAR - 8)
            painter.fillRect(back, self._frame_fills[(depth[frame] + 1) % 2])
            self._chevron(painter, x + PADDING, y + TITLE_BAR / 2, unfolded=True)
            painter.setFont(metrics.title_font)
            painter.setPen(self._text)
            at = QRectF(x + PADDING + CHEVRON, y, width - CHEVRON - PADDING, TITLE_BAR)
            painter.drawText(at, Qt.AlignmentFlag.AlignVCenter, text.title)
            if zoom >= ALL_TEXTS_ZOOM:
                painter.setFont(metrics.small_font)
                painter.setPen(self._faint)
                at.setLeft(at.left() + title_width + 12)
                painter.drawText(at, Qt.AlignmentFlag.AlignVCenter, text.detail)

    def _paint_chip(self, painter: QPainter, title: str, rect: NDArray, zoom: float) -> None:
        """Paint the name of a frame in its corner, far away, where it has the room."""
        font = self._far_font(zoom)
        scale = font.pixelSize() / self._metrics.title_font.pixelSize()
        width = (self._metrics.width("title", title) + 10) * scale
        if width < rect[2]:
            chip = QRectF(rect[0], rect[1], width, font.pixelSize() * 1.5)
            painter.fillRect(chip, self._line)
            painter.setFont(font)
            painter.setPen(self._text)
            painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, title)

    def paint_edges(self, painter: QPainter, scene: Scene, area: Area, zoom: float) -> None:
        """Paint the edges in sight: curves with arrowheads near, straight pieces far away."""
        edges = scene.edges_in(area)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if zoom < _CURVES_ZOOM or len(edges) > _MOST_CURVES:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(self._pen(_mixed(self._base, self._edge, 0.6)))
            lines, edge_of = scene.lines
            shown = np.zeros(len(scene.seen.edge_from), np.bool_)
            shown[edges] = True
            draw_lines(painter, lines[shown[edge_of]])
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        curves = [scene.placement.curve(edge) for edge in edges.tolist()]
        self._paint_curves(painter, curves, self._edge, 1.2, zoom)

    def paint_boxes(
        self, painter: QPainter, scene: Scene, rects: NDArray, boxes: list[int], zoom: float
    ) -> None:
        """Paint `boxes`, with the texts that can be read at `zoom`."""
        outlined = zoom >= TITLES_ZOOM
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, outlined)
        for box in boxes:
            kind, hue = int(scene.seen.box_kind[box]), scene.texts[box].kind
            rect = QRectF(*rects[box])
            if not outlined:
                pill = kind in (BoxKind.ARGUMENT, BoxKind.OUTPUT)
                painter.fillRect(rect, self._edge if pill else self._borders[hue])
            elif kind in (BoxKind.ARGUMENT, BoxKind.OUTPUT):
                self._paint_pill(painter, rect, kind)
            else:
                self._paint_card(painter, rect, hue, folded=scene.texts[box].n_inside > 0)
            if zoom >= ALL_TEXTS_ZOOM:
                self._paint_texts(painter, scene, box, rect)
            elif outlined:
                self._paint_far_title(painter, scene, box, rect, zoom)

    def paint_highlight(
        self, painter: QPainter, scene: Scene, highlight: Highlight, area: Area, zoom: float
    ) -> None:
        """Paint what stands out over the finished picture."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        live = [b for b in (highlight.selected, highlight.hovered) if b >= 0]
        edges = sorted({int(e) for b in live for e in scene.edges_of(b)})
        if edges:
            curves = [scene.whole_curve(edge) for edge in edges]
            self._paint_curves(painter, curves, self._accent, 1.8, zoom)
            ends = {int(n) for e in edges for n in (scene.seen.edge_from[e], scene.seen.edge_to[e])}
            for box in ends - set(live):
                self._outline(painter, scene.boxes[box], self._accent, 1.2, zoom)
        shown = set(scene.boxes_in(area).tolist())
        for box in highlight.related & shown:
            self._outline(painter, scene.boxes[box], self._theme.color("differentiated"), 2, zoom)
        for box in highlight.matched & shown:
            self._outline(painter, scene.boxes[box], self._match, 2.0, zoom)
        if highlight.hovered >= 0:
            self._outline(painter, scene.boxes[highlight.hovered], self._accent, 1.4, zoom)
        width = 2.6 if highlight.focused else 2.0
        if highlight.selected >= 0:
            self._outline(painter, scene.boxes[highlight.selected], self._accent, width, zoom)
        if highlight.selected_frame > 0:
            frame = scene.frames[highlight.selected_frame]
            self._outline(painter, frame, self._accent, width, zoom)

    def _paint_curves(
        self,
        painter: QPainter,
        curves: list[NDArray[np.float64]],
        color: QColor,
        width: float,
        zoom: float,
    ) -> None:
        painter.setPen(self._pen(color, width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        tips: list[tuple[float, float, float]] = []
        for points in curves:
            painter.drawPath(_curve_path(points))
            down = 1.0 if points[-1, 1] >= points[-2, 1] else -1.0
            tips.append((points[-1, 0], points[-1, 1], down))
        if zoom < ALL_TEXTS_ZOOM * 0.7:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        half, length = _ARROW
        for x, y, down in tips:
            back = y - length * down
            painter.drawPolygon(
                QPolygonF([QPointF(x, y), QPointF(x - half, back), QPointF(x + half, back)])
            )

    def _paint_card(self, painter: QPainter, rect: QRectF, hue: int, *, folded: bool) -> None:
        painter.setPen(self._pen(self._borders[hue]))
        if folded:
            # A second sheet below says that there is more inside.
            painter.setBrush(_mixed(self._fills[hue], self._borders[hue], 0.25))
            painter.drawRoundedRect(rect.adjusted(3, 3, 3, 3), _RADIUS, _RADIUS)
        painter.setBrush(self._fills[hue])
        painter.drawRoundedRect(rect, _RADIUS, _RADIUS)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._kinds[hue])
        stripe = QRectF(rect.left() + 3, rect.top() + 5, STRIPE - 1, rect.height() - 10)
        painter.drawRoundedRect(stripe, 1.5, 1.5)

    def _paint_pill(self, painter: QPainter, rect: QRectF, kind: int) -> None:
        result = kind == BoxKind.OUTPUT
        painter.setPen(self._pen(self._frame_line if not result else self._faint))
        painter.setBrush(self._pill)
        radius = min(rect.height() / 2, 13.0)
        painter.drawRoundedRect(rect, radius, radius)

    def _paint_texts(self, painter: QPainter, scene: Scene, box: int, rect: QRectF) -> None:
        text, metrics = scene.texts[box], self._metrics
        pill = int(scene.seen.box_kind[box]) in (BoxKind.ARGUMENT, BoxKind.OUTPUT)
        left = PADDING if pill else PADDING + STRIPE / 2
        inner = rect.adjusted(left, 0, -PADDING, 0)
        top = rect.top() + MARGIN / 2
        line = QRectF(inner.left(), top, inner.width(), TITLE_ROW)
        if text.n_inside:
            self._chevron(painter, line.left(), line.center().y(), unfolded=False)
            line.setLeft(line.left() + CHEVRON)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(metrics.mono_font if pill else metrics.title_font)
        painter.setPen(self._text)
        painter.drawText(line, middle, text.title)
        if text.shape:
            painter.setFont(metrics.mono_font)
            painter.setPen(self._faint if pill else self._text)
            painter.drawText(line, middle | Qt.AlignmentFlag.AlignRight, text.shape)
        top += TITLE_ROW
        painter.setFont(metrics.row_font)
        painter.setPen(self._faint)
        for row in text.rows:
            painter.drawText(QRectF(inner.left(), top, inner.width(), ROW), middle, row)
            top += ROW
        if text.source:
            painter.setFont(metrics.small_font)
            painter.drawText(QRectF(inner.left(), top, inner.width(), ROW), middle, text.source)

    def _paint_far_title(
        self, painter: QPainter, scene: Scene, box: int, rect: QRectF, zoom: float
    ) -> None:
        font = self._far_font(zoom)
        scale = font.pixelSize() / self._metrics.title_font.pixelSize()
        title = scene.texts[box].title
        room = rect.width() - STRIPE - 8
        width = self._metrics.width("title", title) * scale
        if width > room:
            kept = int(len(title) * room / width) - 2
            if kept < 2:
                return
            # Of a path the end tells more than the beginning.
            title = f"…{title[-kept:]}" if "." in title else f"{title[:kept]}…"
        painter.setFont(font)
        painter.setPen(self._text)
        inner = rect.adjusted(STRIPE + 4, 0, -4, 0)
        painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, title)

    def _far_font(self, zoom: float) -> QFont:
        """Return the title font, larger in the scene when far away: readable on screen."""
        near = self._metrics.title_font
        size = max(round(_SMALLEST_TITLE / zoom), near.pixelSize())
        if size not in self._far_fonts:
            font = QFont(near)
            font.setPixelSize(size)
            self._far_fonts[size] = font
        return self._far_fonts[size]

    def _pen(self, color: QColor, width: float = 1.0) -> QPen:
        """Return a pen as wide on screen at every zoom and on every screen."""
        pen = QPen(color, width * self.ratio)
        pen.setCosmetic(True)
        return pen

    def _chevron(self, painter: QPainter, x: float, y: float, *, unfolded: bool) -> None:
        painter.setPen(QPen(self._faint, 1.6, c=Qt.PenCapStyle.RoundCap))
        if unfolded:
            points = [QPointF(x, y - 2), QPointF(x + 4, y + 2), QPointF(x + 8, y - 2)]
        else:
            points = [QPointF(x + 2, y - 4), QPointF(x + 6, y), QPointF(x + 2, y + 4)]
        painter.drawPolyline(QPolygonF(points))

    def _outline(
        self, painter: QPainter, rect: NDArray, color: QColor, width: float, zoom: float
    ) -> None:
        painter.setPen(self._pen(color, width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        grow = 1.0 / zoom
        around = QRectF(*rect).adjusted(-grow, -grow, grow, grow)
        painter.drawRoundedRect(around, _RADIUS + grow, _RADIUS + grow)


def draw_lines(painter: QPainter, lines: NDArray[np.float64]) -> None:
    """Draw rows of x1, y1, x2, y2 straight from their memory."""
    if len(lines):
        lines = np.ascontiguousarray(lines, np.float64)
        first: Any = shiboken6.wrapInstance(lines.ctypes.data, QLineF)
        painter.drawLines(first, len(lines))


def _curve_path(points: NDArray[np.float64]) -> QPainterPath:
    path = QPainterPath(QPointF(*points[0]))
    for first, second, stop in points[1:].reshape(-1, 3, 2).tolist():
        path.cubicTo(*first, *second, *stop)
    return path


def _mixed(first: QColor, second: QColor, share: float) -> QColor:
    """Return a colour between two: `share` of the second."""
    return QColor.fromRgbF(
        first.redF() + (second.redF() - first.redF()) * share,
        first.greenF() + (second.greenF() - first.greenF()) * share,
        first.blueF() + (second.blueF() - first.blueF()) * share,
    )


def _depths(scene: Scene) -> list[int]:
    depth = [0] * len(scene.seen.frame_parent)
    for frame in range(1, len(depth)):
        depth[frame] = depth[int(scene.seen.frame_parent[frame])] + 1
    return depth
