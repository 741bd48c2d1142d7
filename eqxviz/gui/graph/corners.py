"""Where what floats over the canvas covers least."""

import numpy as np
from PySide6.QtCore import QPoint, QRect, QSize

from eqxviz.gui.graph.camera import Camera
from eqxviz.gui.graph.scene import Scene


def free_corner(
    room: QSize,
    size: QSize,
    edge: int,
    taken: list[QRect],
    scene: Scene | None,
    camera: Camera,
) -> QPoint | None:
    """Return the place of a widget of that size in a corner of `room`.

    It is the lower left one, or another one where fewer boxes lie beneath; never one over `taken`:
    None where each is.
    """
    left, top = edge, edge
    right, bottom = room.width() - edge - size.width(), room.height() - edge - size.height()
    best: QPoint | None = None
    fewest = -1
    for at in (QPoint(left, bottom), QPoint(left, top), QPoint(right, top), QPoint(right, bottom)):
        place = QRect(at, size)
        if any(place.intersects(other) for other in taken):
            continue
        n = _n_beneath(place, scene, camera)
        if fewest < 0 or n < fewest:
            best, fewest = at, n
    return best


def _n_beneath(place: QRect, scene: Scene | None, camera: Camera) -> int:
    if scene is None:
        return 0
    x, y = camera.to_scene(place.x(), place.y())
    area = x, y, place.width() / camera.zoom, place.height() / camera.zoom
    return int(np.size(scene.boxes_in(area)))
