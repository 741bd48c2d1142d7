"""The short way from one scene to the next, so that the eye can follow a fold."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QWidget

from eqxviz.gui.graph.camera import Camera
from eqxviz.gui.graph.geometry import Area, overlapping
from eqxviz.gui.graph.painting import ScenePainter
from eqxviz.gui.graph.scene import Scene

_MILLISECONDS = 150
_MOST_BOXES = 1200  # more than that cannot be painted in a frame


class Motion(QObject):
    """Moves boxes and frames from where they were to where they are now.

    Signals:
        moved: Another moment of the way is to be painted, or the way is at its end.
    """

    moved = Signal()

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self._from_boxes: NDArray[np.float64] = np.zeros((0, 4))
        self._from_frames: NDArray[np.float64] = np.zeros((0, 4))
        self._animation = QVariantAnimation(self)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.setDuration(_MILLISECONDS)
        self._animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._animation.valueChanged.connect(lambda _value: self.moved.emit())
        self._animation.finished.connect(self.moved)

    @property
    def is_running(self) -> bool:
        """Whether the way is not at its end yet."""
        return self._animation.state() == QVariantAnimation.State.Running

    def stop(self) -> None:
        """Be at the end at once."""
        self._animation.stop()

    def start(self, before: Scene, after: Scene, keep: tuple[int, int], camera: Camera) -> Camera:
        """Begin the way from `before` to `after`.

        Returns the camera for `after` that leaves the top left corner of `keep` where it is.
        """
        old, new = before.rect_of(before.place_of(keep)), after.rect_of(after.place_of(keep))
        if old is None or new is None:
            self.stop()
            return camera
        shift = new[:2] - old[:2]
        moved = Camera(camera.x + float(shift[0]), camera.y + float(shift[1]), camera.zoom)
        if _reduced(self._widget) or len(after.boxes) > _MOST_BOXES:
            self.stop()
            return moved
        offset = np.concatenate([shift, [0.0, 0.0]])
        starts = before.box_numbers
        self._from_boxes = after.boxes.copy()
        for key, box in after.box_numbers.items():
            known = starts.get(key)
            if known is not None:
                self._from_boxes[box] = before.boxes[known] + offset
            else:
                self._from_boxes[box] = _within(old + offset, after.boxes[box])
        self._from_frames = after.frames.copy()
        for frame, group in enumerate(after.seen.frame_group.tolist()):
            known = before.frame_of_group(group)
            found = before.frames[known] if known >= 0 else old
            self._from_frames[frame] = found + offset
        self._animation.stop()
        self._animation.start()
        return moved

    def paint(
        self, painter: QPainter, by: ScenePainter, scene: Scene, camera: Camera, area: Area
    ) -> None:
        """Paint the present moment."""
        t = float(self._animation.currentValue() or 0.0)
        boxes = self._from_boxes * (1 - t) + scene.boxes * t
        frames = self._from_frames * (1 - t) + scene.frames * t
        painter.save()
        painter.scale(camera.zoom, camera.zoom)
        painter.translate(-camera.x, -camera.y)
        by.paint_frames(painter, frames, area)
        painter.setOpacity(t * t)
        by.paint_edges(painter, area, camera.zoom)
        painter.setOpacity(1.0)
        by.paint_frame_titles(painter, frames, area, camera.zoom)
        by.paint_boxes(painter, boxes, overlapping(boxes, area), camera.zoom)
        painter.restore()


def _within(outer: NDArray[np.float64], box: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `box` moved so that its middle is the middle of `outer`."""
    middle = outer[:2] + outer[2:] / 2
    return np.concatenate([middle - box[2:] / 2, box[2:]])


def _reduced(widget: QWidget) -> bool:
    """Return whether the system asks for no animations."""
    hint = QStyle.StyleHint.SH_Widget_Animation_Duration
    return widget.style().styleHint(hint, None, widget) == 0
