"""Paints a scene: only what is in sight, and only as much of it as can be read."""

import enum
from dataclasses import dataclass
from typing import Any

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPolygonF

from eqxviz.gui.graph.geometry import Area
from eqxviz.gui.graph.metrics import CHEVRON, MARGIN, PADDING, ROW, STRIPE, TITLE_ROW, BoxMetrics
from eqxviz.gui.graph.scene import TITLE_BAR, Scene
from eqxviz.gui.theme import Theme
from eqxviz.gui.theme.contrast import OUTLINE, legible, mixed
from eqxviz.layout import BoxKind

# From these zooms on there are: all texts; the titles of frames; curves with arrowheads; bends.
ALL_TEXTS_ZOOM = 0.58
_FRAME_TITLES_ZOOM = 0.4
_ARROWS_ZOOM = 0.35
_CURVES_ZOOM = 0.22
_BENDS_ZOOM = 0.12
# Pixels on screen: a lower box is a plain rectangle; one that is lower than the second has no text.
_OUTLINE_PIXELS = 8.0
_TITLE_PIXELS = 10.0
_CHIP_FRAME = 60.0  # a frame that is lower has no chip
_MOST_CURVES = 1500
_SMALLEST_TITLE = 9.5  # pixels on screen, when far away
_RADIUS = 6.0
_ARROW = (4.0, 7.0)
Rects = NDArray[np.float64]


class Mark(enum.IntEnum):
    """What a box is, compared with another graph."""

    NONE = 0
    ADDED = 1
    REMOVED = 2
    CHANGED = 3


@dataclass(frozen=True, eq=False)
class Marks:
    """What a comparison says of the boxes, a row for each: a `Mark`, and it in words."""

    mark: NDArray[np.uint8]
    words: tuple[str, ...]


# The role and the sign of each mark.
MARKS = {
    Mark.ADDED: ("running", "+"),
    Mark.REMOVED: ("problem", "−"),
    Mark.CHANGED: ("warning", "≠"),
}


class Inks:
    """The colours and fonts of a theme as copies of its own.

    Qt's fonts may be used by one thread at a time: each thread that paints has its own inks.
    """

    def __init__(self, theme: Theme, metrics: BoxMetrics, roles: tuple[str, ...]) -> None:
        color = theme.color
        self.base, self.text, self.faint = (QColor(color(r)) for r in ("base", "text", "faint"))
        strength = 0.17 if theme.is_dark else 0.10
        self.hues = [QColor(color(role)) for role in roles]
        # The steps of a ramp are told apart by how strong they are.
        strong = [0.35 if role.startswith("ramp.") else 0.0 for role in roles]
        inks = list(zip(self.hues, strong, strict=True))
        self.fills = [mixed(self.base, hue, max(strength, s)) for hue, s in inks]
        self.sheets = [mixed(self.base, hue, max(strength, s) + 0.12) for hue, s in inks]
        outlines = [mixed(color("line"), hue, 0.55 + s) for hue, s in inks]
        self.borders = [legible(line, self.base, self.faint, OUTLINE) for line in outlines]
        self.small = [legible(self.faint, fill, self.text) for fill in self.fills]
        self.pill, self.line = QColor(color("window")), QColor(color("line"))
        self.edge = mixed(self.base, self.faint, 0.62)
        self.far_edge = mixed(self.base, self.faint, 0.37)
        self.frame_fills = [mixed(self.base, color("window"), 0.75), self.base]
        self.frame_line = mixed(self.line, self.faint, 0.28)
        self.marks = {mark: QColor(color(role)) for mark, (role, _) in MARKS.items()}
        self.title_font, self.mono_font = _own(metrics.title_font), _own(metrics.mono_font)
        self.row_font, self.small_font = _own(metrics.row_font), _own(metrics.small_font)
        self._far_fonts: dict[int, QFont] = {}

    def far_font(self, zoom: float) -> QFont:
        """Return the title font, larger in the scene when far away: readable on screen."""
        near = self.title_font
        size = max(round(_SMALLEST_TITLE / zoom), near.pixelSize())
        if size not in self._far_fonts:
            self._far_fonts[size] = font = QFont(near)
            font.setPixelSize(size)
        return self._far_fonts[size]


class ScenePainter:
    """Paints a scene in the colours of a theme. The painter's unit is the scene's.

    Used by one thread at a time. It takes the theme's colours once: a changed theme needs another.
    """

    def __init__(
        self, theme: Theme, metrics: BoxMetrics, scene: Scene, marks: Marks | None
    ) -> None:
        self._metrics, self._scene, self._marks = metrics, scene, marks
        self._colours = scene.colours
        self._inks = Inks(theme, metrics, scene.colours.roles)
        self._depth = _depths(scene)
        self.ratio = 1.0  # pixels of the screen to one of the widget

    @property
    def background(self) -> QColor:
        """What is behind everything."""
        return self._inks.base

    def paint(self, painter: QPainter, area: Area, zoom: float) -> None:
        """Paint what lies in `area`, at rest."""
        scene = self._scene
        self.paint_frames(painter, scene.frames, area)
        self.paint_edges(painter, area, zoom)
        self.paint_frame_titles(painter, scene.frames, area, zoom)
        self.paint_boxes(painter, scene.boxes, scene.boxes_in(area), zoom)

    def paint_frames(self, painter: QPainter, rects: Rects, area: Area) -> None:
        """Paint the frames of open groups, outer ones first; titles come later."""
        inks = self._inks
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for frame in self._scene.frames_in(area).tolist():
            painter.setPen(self._pen(inks.frame_line))
            painter.setBrush(inks.frame_fills[(self._depth[frame] + 1) % 2])
            painter.drawRoundedRect(QRectF(*rects[frame]), _RADIUS + 2, _RADIUS + 2)

    def paint_frame_titles(self, painter: QPainter, rects: Rects, area: Area, zoom: float) -> None:
        """Paint chevron, name and count of each open group, over the edges that pass there."""
        scene, inks, metrics = self._scene, self._inks, self._metrics
        near = zoom >= _FRAME_TITLES_ZOOM
        for frame in scene.frames_in(area).tolist():
            x, y, width, height = rects[frame]
            if not near:
                if self._depth[frame] == 1 and height * zoom > _CHIP_FRAME:
                    self._paint_chip(painter, scene.titles[frame].title, rects[frame], zoom)
                continue
            text = scene.titles[frame]
            title_width = metrics.width("title", text.title)
            detail_width = metrics.width("small", text.detail) if zoom >= ALL_TEXTS_ZOOM else 0.0
            back = QRectF(x + 5, y + 4, title_width + detail_width + CHEVRON + 24, TITLE_BAR - 8)
            painter.fillRect(back, inks.frame_fills[(self._depth[frame] + 1) % 2])
            self._chevron(painter, x + PADDING, y + TITLE_BAR / 2, unfolded=True)
            painter.setFont(inks.title_font)
            painter.setPen(inks.text)
            at = QRectF(x + PADDING + CHEVRON, y, width - CHEVRON - PADDING, TITLE_BAR)
            painter.drawText(at, Qt.AlignmentFlag.AlignVCenter, text.title)
            if zoom >= ALL_TEXTS_ZOOM:
                painter.setFont(inks.small_font)
                painter.setPen(inks.faint)
                at.setLeft(at.left() + title_width + 12)
                painter.drawText(at, Qt.AlignmentFlag.AlignVCenter, text.detail)

    def _paint_chip(self, painter: QPainter, title: str, rect: Rects, zoom: float) -> None:
        """Paint the name of a frame in its corner, far away, where it has the room."""
        font = self._inks.far_font(zoom)
        scale = font.pixelSize() / self._inks.title_font.pixelSize()
        width = (self._metrics.width("title", title) + 10) * scale
        if width < rect[2]:
            chip = QRectF(rect[0], rect[1], width, font.pixelSize() * 1.5)
            painter.fillRect(chip, self._inks.line)
            painter.setFont(font)
            painter.setPen(self._inks.text)
            painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, title)

    def paint_edges(self, painter: QPainter, area: Area, zoom: float) -> None:
        """Paint the edges in sight: curves with arrowheads near, straight pieces far away."""
        scene = self._scene
        edges = scene.edges_in(area)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if zoom < _CURVES_ZOOM or len(edges) > _MOST_CURVES:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(self._pen(self._inks.far_edge))
            lines = scene.curves.bent if zoom >= _BENDS_ZOOM else scene.curves.straight
            draw_lines(painter, lines.of(edges))
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        curves = [scene.placement.curve(edge) for edge in edges.tolist()]
        self.paint_curves(painter, curves, self._inks.edge, 1.2, zoom)

    def paint_boxes(
        self, painter: QPainter, rects: Rects, boxes: NDArray[np.integer], zoom: float
    ) -> None:
        """Paint `boxes`, with the texts that can be read at `zoom`."""
        heights = rects[boxes, 3] * zoom
        self._paint_plain(painter, rects, boxes[heights < _OUTLINE_PIXELS], zoom)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        near = boxes[heights >= _OUTLINE_PIXELS]
        for box, height in zip(near.tolist(), (rects[near, 3] * zoom).tolist(), strict=True):
            kind, rect = int(self._scene.seen.box_kind[box]), QRectF(*rects[box])
            if kind in (BoxKind.ARGUMENT, BoxKind.OUTPUT):
                self._paint_pill(painter, rect, kind)
            else:
                self._paint_card(painter, rect, box)
            if zoom >= ALL_TEXTS_ZOOM:
                self._paint_texts(painter, box, rect)
            elif height >= _TITLE_PIXELS:
                self._paint_far_title(painter, box, rect, zoom)
            if self._marks is not None and self._marks.mark[box]:
                self._paint_mark(painter, self._marks, box, rect, zoom)

    def _paint_plain(
        self, painter: QPainter, rects: Rects, boxes: NDArray[np.integer], zoom: float
    ) -> None:
        """Paint boxes as rectangles of their colour, all of one colour at once."""
        if not len(boxes):
            return
        inks, kinds = self._inks, self._scene.seen.box_kind[boxes]
        pill = (kinds == BoxKind.ARGUMENT) | (kinds == BoxKind.OUTPUT)
        colours = [inks.edge, *inks.borders, *inks.marks.values()]
        ink = np.where(pill, 0, 1 + self._colours.hue[boxes].astype(np.int64))
        if self._marks is not None:
            mark = self._marks.mark[boxes]
            ink[mark > 0] = len(inks.borders) + mark[mark > 0]
        shown = rects[boxes]
        # What is thinner than a pixel would not be painted at all.
        shown[:, 2:] = np.maximum(shown[:, 2:], 1.05 / zoom)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        for one in np.unique(ink).tolist():
            painter.setBrush(colours[one])
            draw_rects(painter, shown[ink == one])

    def paint_curves(
        self,
        painter: QPainter,
        curves: list[NDArray[np.float64]],
        color: QColor,
        width: float,
        zoom: float,
    ) -> None:
        """Paint Bézier chains, with an arrowhead at the end of each where it can be seen."""
        painter.setPen(self._pen(color, width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        tips: list[tuple[float, float, float]] = []
        for points in curves:
            painter.drawPath(_curve_path(points))
            down = 1.0 if points[-1, 1] >= points[-2, 1] else -1.0
            tips.append((points[-1, 0], points[-1, 1], down))
        if zoom < _ARROWS_ZOOM:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        half, length = _ARROW
        for x, y, down in tips:
            back = y - length * down
            painter.drawPolygon(
                QPolygonF([QPointF(x, y), QPointF(x - half, back), QPointF(x + half, back)])
            )

    def _paint_card(self, painter: QPainter, rect: QRectF, box: int) -> None:
        inks, hue = self._inks, int(self._colours.hue[box])
        painter.setPen(self._pen(inks.borders[hue]))
        if self._scene.texts[box].n_inside > 0:
            # A second sheet below says that there is more inside.
            painter.setBrush(inks.sheets[hue])
            painter.drawRoundedRect(rect.adjusted(3, 3, 3, 3), _RADIUS, _RADIUS)
        painter.setBrush(inks.fills[hue])
        painter.drawRoundedRect(rect, _RADIUS, _RADIUS)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(inks.hues[hue])
        stripe = QRectF(rect.left() + 3, rect.top() + 5, STRIPE - 1, rect.height() - 10)
        painter.drawRoundedRect(stripe, 1.5, 1.5)
        share = float(self._colours.bar[box])
        if share > 0:
            bar = QRectF(rect.left() + PADDING, rect.bottom() - 4, rect.width() - 2 * PADDING, 2.5)
            painter.setBrush(inks.line)
            painter.drawRect(bar)
            bar.setWidth(max(1.5, bar.width() * min(share, 1.0)))
            painter.setBrush(inks.text)
            painter.drawRect(bar)

    def _paint_pill(self, painter: QPainter, rect: QRectF, kind: int) -> None:
        inks = self._inks
        painter.setPen(self._pen(inks.faint if kind == BoxKind.OUTPUT else inks.frame_line))
        painter.setBrush(inks.pill)
        radius = min(rect.height() / 2, 13.0)
        painter.drawRoundedRect(rect, radius, radius)

    def _paint_mark(
        self, painter: QPainter, marks: Marks, box: int, rect: QRectF, zoom: float
    ) -> None:
        """Paint what a comparison says of a box: an outline, and a sign at its corner.

        Near enough to be read it is said in words.
        """
        mark = Mark(int(marks.mark[box]))
        color, sign = self._inks.marks[mark], MARKS[mark][1]
        pen = self._pen(color, 2.0)
        pen.setStyle(Qt.PenStyle.DashLine if mark is Mark.REMOVED else Qt.PenStyle.SolidLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect, _RADIUS, _RADIUS)
        side, said = max(14.0, 10.0 / zoom), sign
        font, width = QFont(self._inks.title_font), side
        font.setPixelSize(round(side * 0.8))
        if zoom >= ALL_TEXTS_ZOOM and marks.words[box]:
            font, said = self._inks.small_font, marks.words[box]
            width = max(side, self._metrics.width("small", said) + 10)
        badge = QRectF(rect.right() - width + side / 2, rect.top() - side * 0.7, width, side)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawRoundedRect(badge, side / 2, side / 2)
        painter.setFont(font)
        painter.setPen(self._inks.base)
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, said)

    def _paint_texts(self, painter: QPainter, box: int, rect: QRectF) -> None:
        text, inks = self._scene.texts[box], self._inks
        pill = int(self._scene.seen.box_kind[box]) in (BoxKind.ARGUMENT, BoxKind.OUTPUT)
        left = PADDING if pill else PADDING + STRIPE / 2
        inner = rect.adjusted(left, 0, -PADDING, 0)
        top = rect.top() + MARGIN / 2
        line = QRectF(inner.left(), top, inner.width(), TITLE_ROW)
        if text.n_inside:
            self._chevron(painter, line.left(), line.center().y(), unfolded=False)
            line.setLeft(line.left() + CHEVRON)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(inks.mono_font if pill else inks.title_font)
        painter.setPen(inks.text)
        painter.drawText(line, middle, text.title)
        if text.shape:
            painter.setFont(inks.mono_font)
            painter.setPen(inks.faint if pill else inks.text)
            painter.drawText(line, middle | Qt.AlignmentFlag.AlignRight, text.shape)
        top += TITLE_ROW
        painter.setFont(inks.row_font)
        painter.setPen(inks.faint if pill else inks.small[int(self._colours.hue[box])])
        for row in text.rows:
            painter.drawText(QRectF(inner.left(), top, inner.width(), ROW), middle, row)
            top += ROW
        painter.setFont(inks.small_font)
        last, free = QRectF(inner.left(), top, inner.width(), ROW), inner.width() - 8
        if text.source:
            painter.drawText(last, middle, text.source)
            free -= self._metrics.width("small", text.source)
        word = self._colours.word[box]
        if word and self._metrics.width("small", word) <= free and last.bottom() <= rect.bottom():
            painter.drawText(last, middle | Qt.AlignmentFlag.AlignRight, word)

    def _paint_far_title(self, painter: QPainter, box: int, rect: QRectF, zoom: float) -> None:
        font = self._inks.far_font(zoom)
        scale = font.pixelSize() / self._inks.title_font.pixelSize()
        title = self._scene.texts[box].title
        room = rect.width() - STRIPE - 8
        width = self._metrics.width("title", title) * scale
        if width > room:
            kept = int(len(title) * room / width) - 2
            if kept < 2:
                return
            # Of a path the end tells more than the beginning.
            title = f"…{title[-kept:]}" if "." in title else f"{title[:kept]}…"
        painter.setFont(font)
        painter.setPen(self._inks.text)
        inner = rect.adjusted(STRIPE + 4, 0, -4, 0)
        painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, title)

    def _pen(self, color: QColor, width: float = 1.0) -> QPen:
        return cosmetic_pen(color, width * self.ratio)

    def _chevron(self, painter: QPainter, x: float, y: float, *, unfolded: bool) -> None:
        painter.setPen(QPen(self._inks.faint, 1.6, c=Qt.PenCapStyle.RoundCap))
        if unfolded:
            points = [QPointF(x, y - 2), QPointF(x + 4, y + 2), QPointF(x + 8, y - 2)]
        else:
            points = [QPointF(x + 2, y - 4), QPointF(x + 6, y), QPointF(x + 2, y + 4)]
        painter.drawPolyline(QPolygonF(points))


def cosmetic_pen(color: QColor, width: float) -> QPen:
    """Return a pen as wide on screen at every zoom."""
    pen = QPen(color, width)
    pen.setCosmetic(True)
    return pen


def draw_lines(painter: QPainter, lines: NDArray[np.float64]) -> None:
    """Draw rows of x1, y1, x2, y2 straight from their memory."""
    if len(lines):
        lines = np.ascontiguousarray(lines, np.float64)
        first: Any = shiboken6.wrapInstance(lines.ctypes.data, QLineF)
        painter.drawLines(first, len(lines))


def draw_rects(painter: QPainter, rects: Rects) -> None:
    """Draw rows of x, y, width, height straight from their memory."""
    if len(rects):
        rects = np.ascontiguousarray(rects, np.float64)
        first: Any = shiboken6.wrapInstance(rects.ctypes.data, QRectF)
        painter.drawRects(first, len(rects))


def _own(font: QFont) -> QFont:
    """Return a font that shares nothing with `font`."""
    made, size = QFont(font), font.pixelSize()
    made.setPixelSize(size + 1)  # a change parts it from the one it was copied from
    made.setPixelSize(size)
    return made


def _curve_path(points: NDArray[np.float64]) -> QPainterPath:
    path = QPainterPath(QPointF(*points[0]))
    for first, second, stop in points[1:].reshape(-1, 3, 2).tolist():
        path.cubicTo(*first, *second, *stop)
    return path


def _depths(scene: Scene) -> list[int]:
    depth = [0] * len(scene.seen.frame_parent)
    for frame in range(1, len(depth)):
        depth[frame] = depth[int(scene.seen.frame_parent[frame])] + 1
    return depth
