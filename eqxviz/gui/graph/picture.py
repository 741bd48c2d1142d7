"""The last finished picture of a scene, kept so that panning is a copy of pixels."""

import time

from PySide6.QtCore import QPointF, QRectF, QTimer
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from eqxviz.gui.graph.camera import Camera
from eqxviz.gui.graph.painting import Area, ScenePainter
from eqxviz.gui.graph.scene import Scene

_BORDER = 320  # pixels painted beyond each side of the widget
_FRAME_SECONDS = 0.012
_SETTLE_MS = 60


class Picture:
    """A pixmap of the scene, somewhat larger than the widget.

    While the zoom changes and painting takes longer than a frame, the old pixmap is shown
    scaled; the sharp one follows when the zoom has come to rest.
    """

    def __init__(self, painter: ScenePainter, widget: QWidget) -> None:
        self._painter, self._widget = painter, widget
        self._settled = QTimer(widget)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLE_MS + 5)
        self._settled.timeout.connect(widget.update)
        self._pixmap: QPixmap | None = None
        self._camera = Camera()
        self._seconds = 0.0
        self._changed = 0.0

    def forget(self) -> None:
        """Paint anew next time: scene, colours or size have changed."""
        self._pixmap = None

    def draw(self, painter: QPainter, scene: Scene, camera: Camera) -> None:
        """Draw the scene as `camera` sees it."""
        if not self._serves(camera):
            now = time.monotonic()
            moving = now - self._changed < _SETTLE_MS / 1000
            self._changed = now
            if self._pixmap is None or not moving or self._seconds < _FRAME_SECONDS:
                self._paint(scene, camera)
            else:
                self._settled.start()
        pixmap = self._pixmap
        if pixmap is None:
            return
        scale = camera.zoom / self._camera.zoom
        x, y = camera.to_widget(self._camera.x, self._camera.y)
        at = QPointF(x - _BORDER * scale, y - _BORDER * scale)
        size = pixmap.deviceIndependentSize() * scale
        if scale == 1.0:
            painter.drawPixmap(QPointF(round(at.x()), round(at.y())), pixmap)
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(QRectF(at, size), pixmap, QRectF(pixmap.rect()))

    def _serves(self, camera: Camera) -> bool:
        if self._pixmap is None or camera.zoom != self._camera.zoom:
            return False
        x, y = camera.to_widget(self._camera.x, self._camera.y)
        return abs(x) <= _BORDER and abs(y) <= _BORDER

    def _paint(self, scene: Scene, camera: Camera) -> None:
        start, widget = time.perf_counter(), self._widget
        ratio = widget.devicePixelRatioF()
        width, height = widget.width() + 2 * _BORDER, widget.height() + 2 * _BORDER
        pixmap = QPixmap(round(width * ratio), round(height * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(self._painter.background)
        outer = camera.moved(_BORDER, _BORDER)
        painter = QPainter(pixmap)
        painter.scale(camera.zoom, camera.zoom)
        painter.translate(-outer.x, -outer.y)
        paint_all(painter, self._painter, scene, outer.area(width, height), camera.zoom)
        painter.end()
        self._pixmap, self._camera = pixmap, camera
        self._seconds = time.perf_counter() - start


def paint_all(painter: QPainter, by: ScenePainter, scene: Scene, area: Area, zoom: float) -> None:
    """Paint the part of `scene` in `area`, at rest."""
    by.paint_frames(painter, scene, scene.frames, area)
    by.paint_edges(painter, scene, area, zoom)
    by.paint_frame_titles(painter, scene, scene.frames, area, zoom)
    by.paint_boxes(painter, scene, scene.boxes, scene.boxes_in(area).tolist(), zoom)
