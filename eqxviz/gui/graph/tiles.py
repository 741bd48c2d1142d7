"""Squares of a scene's picture, painted in a thread and kept."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPainter

from eqxviz.gui.graph.geometry import Area
from eqxviz.gui.graph.painting import ScenePainter

SIDE = 512  # pixels of the screen
_MOST_TILES = 160  # of 1 MB each


class Tile(NamedTuple):
    """A square of the picture at one zoom (pixels of the screen to a unit of the scene)."""

    zoom: float
    column: int
    row: int

    @property
    def area(self) -> Area:
        """The part of the scene that it shows."""
        side = SIDE / self.zoom
        return self.column * side, self.row * side, side, side


class Tiles(QObject):
    """Paints the tiles that are wanted, the first of them first, and keeps the latest used.

    Signals:
        painted: Another tile is there, or the overview.
    """

    painted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.overview: QImage | None = None
        self.overview_zoom = 1.0  # its pixels to a unit of the scene
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="graph-tiles")
        self._lock = threading.Lock()
        self._kept: OrderedDict[Tile, QImage] = OrderedDict()
        self._wanted: list[Tile | Area] = []  # an area is that of the overview
        self._by: ScenePainter | None = None
        self._is_working = False

    def begin(self, by: ScenePainter | None, overview: tuple[Area, float] | None = None) -> None:
        """Forget all tiles; those to come are painted by `by`, which belongs to the thread now.

        `overview` asks for a small picture of an area at a zoom.
        """
        with self._lock:
            self._by = by
            self._kept.clear()
            self._wanted.clear()
            self.overview = None
            if overview is not None:
                self._wanted = [overview[0]]
                self.overview_zoom = overview[1]

    def want(self, tiles: Sequence[Tile]) -> None:
        """Paint `tiles`, and no others that were wanted before."""
        with self._lock:
            overview = [one for one in self._wanted if not isinstance(one, Tile)]
            self._wanted = [*(t for t in tiles if t not in self._kept), *overview]
            if self._by is not None and self._wanted and not self._is_working:
                self._is_working = True
                self._pool.submit(self._work)

    def get(self, tile: Tile) -> QImage | None:
        """Return the picture of `tile`, None while there is none."""
        with self._lock:
            image = self._kept.get(tile)
            if image is not None:
                self._kept.move_to_end(tile)
            return image

    @property
    def is_idle(self) -> bool:
        """Whether all that was wanted is painted."""
        with self._lock:
            return not self._wanted and not self._is_working

    def close(self) -> None:
        """Let the thread end; nothing is painted any more."""
        self.begin(None)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work(self) -> None:
        while True:
            with self._lock:
                by = self._by
                if by is None or not self._wanted:
                    self._is_working = False
                    return
                one = self._wanted.pop(0)
            image = self._painted(by, one)
            with self._lock:
                if by is not self._by:
                    continue
                if isinstance(one, Tile):
                    self._kept[one] = image
                    if len(self._kept) > _MOST_TILES:
                        self._kept.popitem(last=False)
                else:
                    self.overview = image
            self.painted.emit()

    def _painted(self, by: ScenePainter, one: Tile | Area) -> QImage:
        if isinstance(one, Tile):
            return painted(by, one.area, one.zoom, QImage.Format.Format_RGB32)
        # Pictures of this format are scaled fastest.
        return painted(by, one, self.overview_zoom, QImage.Format.Format_ARGB32_Premultiplied)


def painted(by: ScenePainter, area: Area, zoom: float, form: QImage.Format) -> QImage:
    """Return the picture of `area` with `zoom` pixels of the screen to a unit."""
    x, y, width, height = area
    image = QImage(max(round(width * zoom), 1), max(round(height * zoom), 1), form)
    image.fill(by.background)
    painter = QPainter(image)
    painter.scale(zoom, zoom)
    painter.translate(-x, -y)
    by.paint(painter, area, zoom / by.ratio)
    painter.end()
    return image
