"""The canvas: one widget that shows a scene, and turns mouse and keys into what they mean."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from eqxviz.gui.graph.camera import Camera
from eqxviz.gui.graph.metrics import BoxMetrics
from eqxviz.gui.graph.motion import Motion
from eqxviz.gui.graph.painting import Highlight, ScenePainter
from eqxviz.gui.graph.picture import Picture
from eqxviz.gui.graph.scene import Scene
from eqxviz.gui.graph.walking import next_box
from eqxviz.gui.theme import Theme

_DRAG_PIXELS = 4
_WHEEL_FACTOR = 1.0016  # a notch of 120 zooms by a fifth
_KEY_FACTOR = 1.25
_KEY_PAN = 60.0
# A large graph opens at a zoom where its titles can be read, not as a cloud of dots.
_FIRST_ZOOM = 0.6
_EDGE = 28.0
CARD_AFTER_MS = 400


class GraphCanvas(QWidget):
    """Shows a scene; pans, zooms, selects, folds.

    Signals:
        box_clicked: A box was selected by mouse or key.
        frame_clicked: The title of an open group was selected.
        empty_clicked: Nothing is selected any more.
        box_unfolded: A box is to show what is inside.
        frame_folded: An open group is to be one box.
        hover_changed: The box under the mouse, or -1.
        hover_rested: The mouse rests on a box: the moment to tell more of it.
        menu_wanted: Box (-1: none), frame (-1: none) and the global position.
    """

    box_clicked = Signal(int)
    frame_clicked = Signal(int)
    empty_clicked = Signal()
    box_unfolded = Signal(int)
    frame_folded = Signal(int)
    hover_changed = Signal(int)
    hover_rested = Signal(int)
    menu_wanted = Signal(int, int, object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.metrics = BoxMetrics(theme)
        self.scene: Scene | None = None
        self.camera = Camera()
        self.highlight = Highlight()
        self._theme = theme
        self._painter = ScenePainter(theme, self.metrics)
        self._picture = Picture(self._painter)
        self._motion = Motion(self)
        self._pressed: QPointF | None = None
        self._dragging = False
        self._fitted = False
        self._rest = QTimer(self, singleShot=True, interval=CARD_AFTER_MS)
        self._rest.timeout.connect(lambda: self.hover_rested.emit(self.highlight.hovered))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Graph")
        self.setMinimumSize(160, 120)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._motion.moved.connect(self._on_moved)
        theme.changed.connect(self._on_theme_changed)

    def set_scene(self, scene: Scene | None, *, keep: tuple[int, int] | None = None) -> None:
        """Show `scene`: fitted, or with the place of a group on screen kept.

        `keep` is the key of a box of the old or the new scene (its kind and item): where it is a
        group that opened or closed, the frame of that group counts as well.
        """
        before, self.scene = self.scene, scene
        self.highlight = Highlight(focused=self.hasFocus())
        self._picture.forget()
        if scene is not None and before is not None and keep is not None:
            self.camera = self._motion.start(before, scene, keep, self.camera)
        elif scene is not None:
            self._motion.stop()
            self.camera = self._first_camera(scene)
            self._fitted = True
        self._after_camera()

    def set_highlight(self, highlight: Highlight) -> None:
        """Let what `highlight` says stand out."""
        if highlight != self.highlight:
            self.highlight = highlight
            self.update()

    def fit(self) -> None:
        """Show the whole picture."""
        if self.scene is not None:
            x, y, width, height = (float(v) for v in self.scene.frames[0])
            self.set_camera(Camera.fitting((x, y, width, height), self.width(), self.height()))
            self._fitted = True

    def zoom(self, factor: float) -> None:
        """Zoom towards the middle."""
        self.set_camera(self.camera.zoomed(factor, self.width() / 2, self.height() / 2))

    def set_camera(self, camera: Camera) -> None:
        """Look at the scene through `camera`."""
        self._fitted = False
        self.camera = camera
        self._after_camera()

    def show_box(self, box: int) -> None:
        """Bring `box` into sight, near enough to be read."""
        if self.scene is None:
            return
        x, y, width, height = (float(v) for v in self.scene.boxes[box])
        if self.camera.zoom < _FIRST_ZOOM:
            zoom = max(_FIRST_ZOOM, 0.8)
            left, top = x + width / 2 - self.width() / zoom / 2, y - self.height() / zoom / 2
            self.set_camera(Camera(left, top, zoom))
        else:
            self.set_camera(self.camera.showing((x, y, width, height), self.width(), self.height()))

    def describe(self, text: str) -> None:
        """Tell assistive tools what is selected."""
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)
            event = QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
            QAccessible.updateAccessibility(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("base"))
        if self.scene is None:
            return
        area = self.camera.area(self.width(), self.height())
        if self._motion.is_running:
            self._motion.paint(painter, self._painter, self.scene, self.camera, area)
        else:
            self._picture.draw(painter, self, self.scene, self.camera)
        painter.scale(self.camera.zoom, self.camera.zoom)
        painter.translate(-self.camera.x, -self.camera.y)
        if not self._motion.is_running:
            self._painter.paint_highlight(
                painter, self.scene, self.highlight, area, self.camera.zoom
            )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._picture.forget()
        if self._fitted and self.scene is not None:
            self.camera = self._first_camera(self.scene)

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
        at = event.position()
        if self._pressed is None:
            self._hover(at)
            return
        way = at - self._pressed
        if self._dragging or way.manhattanLength() >= _DRAG_PIXELS:
            self._dragging = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._pressed = at
            self.set_camera(self.camera.moved(way.x(), way.y()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        was_drag, self._pressed, self._dragging = self._dragging, None, False
        if was_drag:
            self.unsetCursor()
        elif event.button() == Qt.MouseButton.LeftButton:
            self._click(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        box, frame = self._under(event.position())
        if box >= 0 and not self._on_box_chevron(box, event.position()):
            self.box_unfolded.emit(box)
        elif frame > 0 and not self._on_frame_chevron(frame, event.position()):
            self.frame_folded.emit(frame)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            box, frame = self.highlight.selected, self.highlight.selected_frame
        else:
            box, frame = self._under(QPointF(event.pos()))
        self.menu_wanted.emit(box, frame, event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hovered(-1)
        super().leaveEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, scene = event.key(), self.scene
        box, frame = self.highlight.selected, self.highlight.selected_frame
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(_KEY_FACTOR)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / _KEY_FACTOR)
        elif key == Qt.Key.Key_0:
            self.fit()
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and box >= 0:
            self.box_unfolded.emit(box)
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and frame > 0:
            self.frame_folded.emit(frame)
        elif key == Qt.Key.Key_Backspace and scene is not None and (box >= 0 or frame > 0):
            around = int(scene.seen.box_frame[box]) if box >= 0 else frame
            if around > 0:
                self.frame_folded.emit(around)
        elif key == Qt.Key.Key_Escape and (box >= 0 or frame > 0):
            self.empty_clicked.emit()
        elif scene is not None and (step := _STEPS.get(Qt.Key(key))) is not None:
            self._walk(scene, box, *step)
        else:
            super().keyPressEvent(event)

    def _walk(self, scene: Scene, box: int, dx: int, dy: int) -> None:
        target = next_box(scene, box, dx, dy)
        if target >= 0:
            self.box_clicked.emit(target)
        else:
            self.set_camera(self.camera.moved(-dx * _KEY_PAN, -dy * _KEY_PAN))

    def _click(self, at: QPointF) -> None:
        box, frame = self._under(at)
        if box >= 0 and self._on_box_chevron(box, at):
            self.box_unfolded.emit(box)
        elif box >= 0:
            self.box_clicked.emit(box)
        elif frame > 0 and self._on_frame_chevron(frame, at):
            self.frame_folded.emit(frame)
        elif frame > 0:
            self.frame_clicked.emit(frame)
        else:
            self.empty_clicked.emit()

    def _under(self, at: QPointF) -> tuple[int, int]:
        """Return the box and the frame's title at a point of the widget; -1 for none."""
        if self.scene is None:
            return -1, -1
        x, y = self.camera.to_scene(at.x(), at.y())
        box = self.scene.box_at(x, y)
        return box, -1 if box >= 0 else self.scene.frame_title_at(x, y)

    def _on_box_chevron(self, box: int, at: QPointF) -> bool:
        scene = self.scene
        if scene is None or not scene.texts[box].n_inside:
            return False
        x, y = self.camera.to_scene(at.x(), at.y())
        return x - scene.boxes[box, 0] < 30 and y - scene.boxes[box, 1] < 28

    def _on_frame_chevron(self, frame: int, at: QPointF) -> bool:
        scene = self.scene
        x, _ = self.camera.to_scene(at.x(), at.y())
        return scene is not None and x - scene.frames[frame, 0] < 28

    def _hover(self, at: QPointF) -> None:
        box, frame = self._under(at)
        folds = (box >= 0 and self._on_box_chevron(box, at)) or (
            frame > 0 and self._on_frame_chevron(frame, at)
        )
        self.setCursor(Qt.CursorShape.PointingHandCursor if folds else Qt.CursorShape.ArrowCursor)
        self._set_hovered(box)

    def _set_hovered(self, box: int) -> None:
        if box != self.highlight.hovered:
            self.set_highlight(replace(self.highlight, hovered=box))
            self.hover_changed.emit(box)
            self._rest.start() if box >= 0 else self._rest.stop()

    def _first_camera(self, scene: Scene) -> Camera:
        x, y, width, height = (float(v) for v in scene.frames[0])
        rect = (x, y, width, height)
        camera = Camera.fitting(rect, self.width(), self.height(), least=_FIRST_ZOOM)
        room, seen_height = self.width() / camera.zoom, self.height() / camera.zoom
        if (width <= room and height <= seen_height) or not len(scene.boxes):
            return camera
        # Of a picture larger than the window, the part where the flow begins.
        heads = scene.boxes[scene.boxes[:, 1] <= scene.boxes[:, 1].min() + 1.0]
        left = float(np.median(heads[:, 0] + heads[:, 2] / 2)) - room / 2
        if width > room:
            left = min(max(left, x - _EDGE), x + width + _EDGE - room)
        return replace(camera, x=left)

    def _after_camera(self) -> None:
        self._rest.stop()
        self.update()

    def _on_moved(self) -> None:
        self._picture.forget()
        self.update()

    def _on_theme_changed(self) -> None:
        self._painter.refresh()
        self._picture.forget()
        self.update()


_STEPS = {
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
}
