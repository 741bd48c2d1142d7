"""The stage: a widget that shows a scene through a camera, and lets it be panned and zoomed."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QImage,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from eqxviz.gui.graph.camera import Camera
from eqxviz.gui.graph.geometry import Area
from eqxviz.gui.graph.highlight import Highlight, paint_highlight
from eqxviz.gui.graph.metrics import BoxMetrics
from eqxviz.gui.graph.motion import Motion
from eqxviz.gui.graph.painting import Marks, Rects
from eqxviz.gui.graph.picture import Picture
from eqxviz.gui.graph.scene import Scene
from eqxviz.gui.theme import Theme
from eqxviz.session.graph.colouring import ColourBy

_DRAG_PIXELS = 4
_WHEEL_FACTOR = 1.0016  # a notch of 120 zooms by a fifth
# A large graph opens at a zoom where its titles can be read, not as a cloud of dots.
READABLE_ZOOM = 0.75
_AROUND = 90.0  # so much of the neighbourhood of what is zoomed to is shown
_EDGE = 28.0
_NOTE = 20  # pixels over a box, where a note of it may stand


class Stage(QWidget):
    """Shows a scene: the wheel zooms to the pointer, dragging pans, folding moves calmly.

    Signals:
        looked: Another part of the scene is in sight, another scene, or there is its overview.
    """

    looked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.metrics = BoxMetrics(theme)
        self.scene: Scene | None = None
        self.camera = Camera()
        self.highlight = Highlight()
        self._theme = theme
        self._marks: Marks | None = None
        self._picture = Picture(self, theme, self.metrics)
        self._overview: QImage | None = None
        self._motion = Motion(self)
        self._pressed: QPointF | None = None
        self._dragging = False
        self._fitted = False  # nobody has moved the camera since the scene came
        # What the camera was last moved for, in scene units: it stays in sight in a smaller view,
        # and beside what floats over it.
        self._in_sight: tuple[float, float, float, float] | None = None
        self._covers: list[QRect] = []
        self.setMouseTracking(True)
        self.setMinimumSize(160, 120)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._motion.moved.connect(self.update)
        self._picture.tiles.painted.connect(self._on_painted)
        self.destroyed.connect(self._picture.tiles.close)
        theme.changed.connect(self._on_theme_changed)

    def set_scene(
        self, scene: Scene | None, *, keep: tuple[int, int] | None = None, stays: bool = False
    ) -> None:
        """Show `scene` as a whole, or with the place of the box called `keep` kept on screen.

        With `stays` it is another drawing of the same: the camera stays where it was put.
        """
        before, self.scene = self.scene, scene
        self.highlight = Highlight(focused=self.highlight.focused)
        self._marks = None
        self._in_sight = None
        self._picture.show(scene)
        if scene is not None and before is not None and keep is not None:
            self.camera = self._motion.start(before, scene, keep, self.camera)
        elif scene is not None:
            self._motion.stop()
            if not stays or self._fitted:
                self.camera = _first_camera(scene, self.size())
                self._fitted = True
        self.update()
        self.looked.emit()

    def set_highlight(self, highlight: Highlight) -> None:
        """Let what `highlight` says stand out."""
        if highlight != self.highlight:
            self.highlight = highlight
            self.update()

    def set_marks(self, marks: Marks | None) -> None:
        """Mark the boxes of the present scene; None for no marks."""
        self._marks = marks
        self._picture.show(self.scene, marks)
        self.update()

    def set_colours(self, by: ColourBy) -> None:
        """Colour the boxes of the present scene by something else."""
        if self.scene is not None and self.scene.colour_by is not by:
            self.scene = replace(self.scene, colour_by=by)
            self._picture.show(self.scene, self._marks)
            self.update()

    def set_camera(self, camera: Camera) -> None:
        """Look at the scene through `camera`."""
        self._fitted, self._in_sight = False, None
        self.camera = camera
        self.update()
        self.looked.emit()

    def fit(self) -> None:
        """Show the whole picture."""
        if self.scene is not None:
            x, y, width, height = (float(v) for v in self.scene.frames[0])
            self.set_camera(Camera.fitting((x, y, width, height), self.width(), self.height()))

    def zoom_to(self, rect: Rects) -> None:
        """Bring a rectangle (x, y, width, height) of the scene as near as it can be seen whole."""
        x, y, width, height = rect.tolist()
        around = (x - _AROUND, y - _AROUND, width + 2 * _AROUND, height + 2 * _AROUND)
        self.set_camera(Camera.fitting(around, self.width(), self.height()))

    @property
    def overview(self) -> QImage | None:
        """A small picture of the whole scene, as soon as there is one."""
        return self._picture.tiles.overview

    @property
    def overview_area(self) -> Area:
        """The part of the scene that the overview shows."""
        return self._picture.overview_area

    def zoom(self, factor: float) -> None:
        """Zoom towards the middle."""
        self.set_camera(self.camera.zoomed(factor, self.width() / 2, self.height() / 2))

    def show_box(self, box: int, *, readable: bool) -> None:
        """Bring `box` into sight; near enough to be read, if that is wanted."""
        if self.scene is None:
            return
        x, y, width, height = (float(v) for v in self.scene.boxes[box])
        camera = self.camera
        if readable and camera.zoom < READABLE_ZOOM:
            room, seen_height = self.width() / READABLE_ZOOM, self.height() / READABLE_ZOOM
            left, top = x + width / 2 - room / 2, y + height / 2 - seen_height / 2
            camera = Camera(left, top, READABLE_ZOOM)
        shown = _beside(self._covers, camera, (x, y, width, height), self.size())
        if shown != self.camera:
            self.set_camera(shown)
        self._in_sight = x, y, width, height

    @property
    def in_sight(self) -> QRect:
        """Where in the widget the box is that the camera was last moved for; empty for none."""
        return QRect() if self._in_sight is None else _seen(self.camera, self._in_sight)

    def keep_beside(self, covers: list[QRect]) -> None:
        """What is in sight is to be seen beside these, which float over the scene."""
        self._covers = covers
        self._keep_in_sight()

    def _keep_in_sight(self) -> None:
        if self._in_sight is None:
            return
        shown = _beside(self._covers, self.camera, self._in_sight, self.size())
        if shown != self.camera:
            self.camera = shown
            self.update()
            self.looked.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("base"))
        scene, camera, by = self.scene, self.camera, self._picture.by
        if scene is None or by is None:
            return
        area = camera.area(self.width(), self.height())
        if self._motion.is_running:
            self._motion.paint(painter, by, scene, camera, area)
            return
        self._picture.draw(painter, camera)
        painter.save()
        painter.scale(camera.zoom, camera.zoom)
        painter.translate(-camera.x, -camera.y)
        paint_highlight(painter, by, self._theme, scene, self.highlight, area, camera.zoom)
        painter.restore()
        if self.highlight.focused and self.highlight.is_empty:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.color("accent"), 1.5))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fitted and self.scene is not None:
            self.camera = _first_camera(self.scene, self.size())
        if self._in_sight is not None:
            self.camera = _beside(self._covers, self.camera, self._in_sight, self.size())
        self.looked.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        at, turned, pixels = event.position(), event.angleDelta(), event.pixelDelta()
        modifiers = event.modifiers()
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            self.set_camera(self.camera.moved(turned.y() or turned.x(), 0))
        elif not pixels.isNull() and not modifiers & Qt.KeyboardModifier.ControlModifier:
            # Two fingers on a touchpad: they know both directions, so they pan.
            self.set_camera(self.camera.moved(pixels.x(), pixels.y()))
        else:
            self.set_camera(self.camera.zoomed(_WHEEL_FACTOR ** turned.y(), at.x(), at.y()))
        event.accept()

    def event(self, event: QEvent) -> bool:
        zoom = Qt.NativeGestureType.ZoomNativeGesture
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == zoom:
            at = event.position()
            self.set_camera(self.camera.zoomed(1 + event.value(), at.x(), at.y()))
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pressed, self._dragging = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        way = event.position() - self._pressed
        if self._dragging or way.manhattanLength() >= _DRAG_PIXELS:
            self._dragging = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._pressed = event.position()
            self.set_camera(self.camera.moved(way.x(), way.y()))

    def end_drag(self) -> bool:
        """Forget that a button was pressed; return whether the picture was dragged."""
        was_drag, self._pressed, self._dragging = self._dragging, None, False
        if was_drag:
            self.unsetCursor()
        return was_drag

    @property
    def is_pressed(self) -> bool:
        """Whether a button is held that may become a drag."""
        return self._pressed is not None

    def _on_painted(self) -> None:
        self.update()
        if self.overview is not self._overview:
            self._overview = self.overview
            self.looked.emit()

    def _on_theme_changed(self) -> None:
        self._picture.show(self.scene, self._marks)
        self.update()


def _seen(camera: Camera, rect: Area) -> QRect:
    """Return where a box is in the widget, and its note."""
    x, y = camera.to_widget(rect[0], rect[1])
    width, height = rect[2] * camera.zoom, rect[3] * camera.zoom
    return QRectF(x, y - _NOTE, width, height + _NOTE).toAlignedRect()


def _beside(covers: list[QRect], camera: Camera, rect: Area, size: QSize) -> Camera:
    """Return the camera moved so that `rect` is in sight, in the middle where it is covered."""
    width, height = size.width(), size.height()
    shown = camera.showing(rect, width, height)
    note = _NOTE / camera.zoom
    noted = rect[0], rect[1] - note, rect[2], rect[3] + note
    upper = [cover.bottom() for cover in covers if cover.center().y() < height / 2]
    for top in (0, *sorted(upper)):
        if not any(_seen(shown, rect).intersects(cover) for cover in covers):
            break
        shown = camera.centred(noted, width, height, top)
    return shown


def _first_camera(scene: Scene, size: QSize) -> Camera:
    """Return the camera for a new scene: all of it, or where its flow begins."""
    x, y, width, height = (float(v) for v in scene.frames[0])
    rect = (x, y, width, height)
    camera = Camera.fitting(rect, size.width(), size.height(), least=READABLE_ZOOM)
    room, seen_height = size.width() / camera.zoom, size.height() / camera.zoom
    if (width <= room and height <= seen_height) or not len(scene.boxes):
        return camera
    flow = scene.boxes[scene.joined] if len(scene.joined) else scene.boxes
    heads = flow[flow[:, 1] <= flow[:, 1].min() + 1.0]
    middles = heads[:, 0] + heads[:, 2] / 2
    lefts = middles - room / 2
    if width > room:
        lefts = lefts.clip(x - _EDGE, x + width + _EDGE - room)
    # Between heads that are far apart there may be nothing: where most is seen, about one.
    seen = flow[(flow[:, 1] < camera.y + seen_height) & (flow[:, 1] + flow[:, 3] > camera.y)]
    at = np.sort(seen[:, 0] + seen[:, 2] / 2)
    n_seen = at.searchsorted(lefts + room, "right") - at.searchsorted(lefts)
    off = np.abs(middles - np.median(middles))
    return replace(camera, x=float(lefts[np.lexsort((off, -n_seen))[0]]))
