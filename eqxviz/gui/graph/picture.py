"""What a camera sees of a scene: tiles where there are any, else the best that there is."""

import math
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRectF, QTimer
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from eqxviz.gui.graph.camera import Camera
from eqxviz.gui.graph.geometry import Area
from eqxviz.gui.graph.metrics import BoxMetrics
from eqxviz.gui.graph.painting import Marks, ScenePainter
from eqxviz.gui.graph.scene import Scene
from eqxviz.gui.graph.tiles import SIDE, Tile, Tiles, painted
from eqxviz.gui.theme import Theme

_SETTLE_MS = 50
_BORDER = 256  # pixels around the widget that a kept view shows, where they were painted
_OVERVIEW_PIXELS = 1024
_OVERVIEW_ZOOM = 0.5
_OVERHANG = 24  # pixels by which lines and signs may stand out of the scene's rectangle


@dataclass(frozen=True)
class _View:
    """A picture of an area of the scene, to be shown scaled until there is a sharper one."""

    image: QImage
    area: Area


class Picture:
    """Draws a scene. A frame costs a copy of pixels, however much is in sight.

    Tiles are painted in a thread for the zoom in use. While the zoom changes, and where a tile is
    missing, the last whole view is shown scaled over a small picture of everything. Only the first
    view of a scene is painted in the GUI thread, so that it is there at once.
    """

    def __init__(self, widget: QWidget, theme: Theme, metrics: BoxMetrics) -> None:
        self._widget, self._theme, self._metrics = widget, theme, metrics
        self.tiles = Tiles(widget)
        self.by: ScenePainter | None = None
        self._scene: Scene | None = None
        self._marks: Marks | None = None
        self._settled = QTimer(widget, singleShot=True, interval=_SETTLE_MS)
        self._settled.timeout.connect(widget.update)
        self._zoom = 0.0
        self._view: _View | None = None
        self._whole: Camera | None = None  # where the last frame was whole

    def show(self, scene: Scene | None, marks: Marks | None = None) -> None:
        """Draw `scene` from now on, with `marks` of its boxes."""
        self._scene, self._marks, self._zoom = scene, marks, 0.0
        self._view = self._whole = None
        if scene is None:
            self.by = None
            self.tiles.begin(None)
            return
        self.by, in_thread = (
            ScenePainter(self._theme, self._metrics, scene, marks) for _ in range(2)
        )
        self.by.ratio = in_thread.ratio = self._widget.devicePixelRatioF()
        area = self.overview_area
        zoom = min(_OVERVIEW_ZOOM, _OVERVIEW_PIXELS / max(area[2], area[3], 1.0))
        self.tiles.begin(in_thread, (area, zoom))

    @property
    def overview_area(self) -> Area:
        """The part of the scene that the overview shows: all of it."""
        x, y, width, height = self._scene.frames[0].tolist() if self._scene else (0, 0, 1, 1)
        return x, y, width, height

    def draw(self, painter: QPainter, camera: Camera) -> None:
        """Draw the scene as `camera` sees it."""
        if self.by is None:
            return
        if self.by.ratio != self._widget.devicePixelRatioF():
            self.show(self._scene, self._marks)
        zoom = camera.zoom * self.by.ratio
        is_first = self._zoom == 0.0
        if zoom != self._zoom:
            if not is_first:
                self._settled.start()
            self._zoom = zoom
        tiles = self._tiles_around(camera, 0)
        images = {tile: self.tiles.get(tile) for tile in tiles}
        is_whole = all(image is not None for image in images.values())
        painter.save()
        painter.scale(1 / self.by.ratio, 1 / self.by.ratio)
        if not is_whole:
            self._draw_instead(painter, camera)
        left, top = _corner(camera, zoom)
        for tile, image in images.items():
            if image is not None:
                painter.drawImage(QPoint(tile.column * SIDE - left, tile.row * SIDE - top), image)
        painter.restore()
        if is_whole:
            self._whole = camera
        if not self._settled.isActive():
            self.tiles.want(tiles if not is_whole else self._tiles_around(camera, 1))

    def _draw_instead(self, painter: QPainter, camera: Camera) -> None:
        """Draw what there is in place of missing tiles."""
        if self._whole is not None and self._whole.zoom != camera.zoom:
            self._view, self._whole = self._kept_view(self._whole), None
        if self._view is None and self._whole is None:
            self._view = self._painted_view(camera)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self.tiles.overview is not None:
            self._draw_view(painter, _View(self.tiles.overview, self.overview_area), camera)
        if self._view is not None:
            self._draw_view(painter, self._view, camera)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)

    def _draw_view(self, painter: QPainter, view: _View, camera: Camera) -> None:
        x, y, width, height = view.area
        left, top = _corner(camera, self._zoom)
        if round(width * self._zoom) == view.image.width():
            at = QPoint(round(x * self._zoom) - left, round(y * self._zoom) - top)
            painter.drawImage(at, view.image)
            return
        at = QRectF(
            x * self._zoom - left, y * self._zoom - top, width * self._zoom, height * self._zoom
        )
        painter.drawImage(at, view.image, QRectF(view.image.rect()))

    def _painted_view(self, camera: Camera) -> _View:
        """Return the view of `camera`, painted here and now."""
        assert self.by is not None
        zoom, by = self._zoom, self.by
        left, top = _corner(camera, zoom)
        width, height = (round(n * by.ratio) for n in self._widget.size().toTuple())
        area = left / zoom, top / zoom, width / zoom, height / zoom
        return _View(painted(by, area, zoom, QImage.Format.Format_ARGB32_Premultiplied), area)

    def _kept_view(self, camera: Camera) -> _View:
        """Return the view of `camera`, with a border, put together from tiles."""
        assert self.by is not None
        zoom = camera.zoom * self.by.ratio
        left, top = (n - _BORDER for n in _corner(camera, zoom))
        size = self._widget.size() * self.by.ratio
        width, height = size.width() + 2 * _BORDER, size.height() + 2 * _BORDER
        image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(0)
        painter = QPainter(image)
        for tile in self._tiles_around(camera, 1):
            found = self.tiles.get(tile)
            if found is not None:
                painter.drawImage(QPoint(tile.column * SIDE - left, tile.row * SIDE - top), found)
        painter.end()
        return _View(image, (left / zoom, top / zoom, width / zoom, height / zoom))

    def _tiles_around(self, camera: Camera, border: int) -> list[Tile]:
        """Return the tiles in sight that show anything, and `border` rows more around them.

        Those in the middle come first.
        """
        assert self.by is not None
        zoom, ratio = camera.zoom * self.by.ratio, self.by.ratio
        left, top = _corner(camera, zoom)
        width, height = self._widget.width() * ratio, self._widget.height() * ratio
        x, y, w, h = self.overview_area
        found: list[tuple[float, Tile]] = []
        for column in _numbers(left, width, border, x * zoom, w * zoom):
            for row in _numbers(top, height, border, y * zoom, h * zoom):
                middle = (column + 0.5) * SIDE - left, (row + 0.5) * SIDE - top
                away = math.dist(middle, (width / 2, height / 2))
                found.append((away, Tile(zoom, column, row)))
        found.sort()
        return [tile for _, tile in found]


def _numbers(start: int, room: float, border: int, first: float, extent: float) -> range:
    """Return the numbers of the tiles along one side that lie within the scene's extent."""
    low = max(start // SIDE - border, math.floor((first - _OVERHANG) / SIDE))
    last = math.floor((first + extent + _OVERHANG) / SIDE)
    high = min((start + math.ceil(room) - 1) // SIDE + border, last)
    return range(low, high + 1)


def _corner(camera: Camera, zoom: float) -> tuple[int, int]:
    """Return the pixel of the picture at the widget's top left corner."""
    return round(camera.x * zoom), round(camera.y * zoom)
