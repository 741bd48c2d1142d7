"""The canvas: the stage with what mouse and keys mean on it."""

from dataclasses import replace

from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
)
from PySide6.QtWidgets import QWidget

from eqxviz.gui.graph.camera import Camera
from eqxviz.gui.graph.scene import Hit
from eqxviz.gui.graph.stage import Stage
from eqxviz.gui.graph.walking import next_box
from eqxviz.gui.theme import Theme

_KEY_FACTOR = 1.25
_KEY_PAN = 60.0
CARD_AFTER_MS = 400
_FOLDING_KEYS = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
_STEPS = {
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
}


class GraphCanvas(Stage):
    """Selects, folds, and walks along edges.

    Signals:
        selected: What was clicked or walked to, as a `Hit`; an empty one for nothing.
        toggled: The box to unfold or the frame to fold, as a `Hit`.
        hover_changed: The box under the mouse, or -1.
        hover_rested: The mouse rests on a box: the moment to tell more of it.
        menu_wanted: The `Hit` and the global position.
    """

    selected = Signal(object)
    toggled = Signal(object)
    hover_changed = Signal(int)
    hover_rested = Signal(int)
    menu_wanted = Signal(object, object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._rest = QTimer(self, singleShot=True, interval=CARD_AFTER_MS)
        self._rest.timeout.connect(lambda: self.hover_rested.emit(self.highlight.hovered))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Graph")

    def set_camera(self, camera: Camera) -> None:
        self._set_hovered(-1)
        super().set_camera(camera)

    def describe(self, text: str) -> None:
        """Tell assistive tools what is selected."""
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)
            event = QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
            QAccessible.updateAccessibility(event)

    def hit(self, at: QPointF) -> Hit:
        """Return what is at a point of the widget."""
        return Hit() if self.scene is None else self.scene.hit(*self.camera.to_scene(*at.toTuple()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if not self.is_pressed:
            hit = self.hit(event.position())
            shape = Qt.CursorShape
            self.setCursor(shape.PointingHandCursor if hit.on_chevron else shape.ArrowCursor)
            self._set_hovered(hit.box)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.end_drag() or event.button() != Qt.MouseButton.LeftButton:
            return
        hit = self.hit(event.position())
        (self.toggled if hit.on_chevron else self.selected).emit(hit)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        hit = self.hit(event.position())
        if hit != Hit() and not hit.on_chevron and event.button() == Qt.MouseButton.LeftButton:
            self.toggled.emit(hit)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        hit = self._current() if by_key else self.hit(QPointF(event.pos()))
        self.menu_wanted.emit(hit, event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hovered(-1)
        super().leaveEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        by_key = event.reason() in (
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
        )
        self.set_highlight(replace(self.highlight, focused=by_key))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.set_highlight(replace(self.highlight, focused=False))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, current = Qt.Key(event.key()), self._current()
        something = current != Hit()
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(_KEY_FACTOR)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / _KEY_FACTOR)
        elif key == Qt.Key.Key_0:
            self.fit()
        elif key in _FOLDING_KEYS and something:
            self.toggled.emit(current)
        elif key == Qt.Key.Key_Backspace and something:
            self._fold_around(current)
        elif key == Qt.Key.Key_Escape and something:
            self.selected.emit(Hit())
        elif key in _STEPS:
            self._walk(current, *_STEPS[key])
        else:
            super().keyPressEvent(event)

    def _current(self) -> Hit:
        """Return what is selected."""
        frame = self.highlight.selected_frame
        return Hit(box=self.highlight.selected, frame=frame if frame > 0 else -1)

    def _fold_around(self, current: Hit) -> None:
        scene = self.scene
        if scene is not None:
            frame = int(scene.seen.box_frame[current.box]) if current.box >= 0 else current.frame
            if frame > 0:
                self.toggled.emit(Hit(frame=frame))

    def _walk(self, current: Hit, dx: int, dy: int) -> None:
        if self.scene is None:
            return
        target = next_box(self.scene, current.box, dx, dy)
        if target >= 0:
            self.selected.emit(Hit(box=target))
        else:
            self.set_camera(self.camera.moved(-dx * _KEY_PAN, -dy * _KEY_PAN))

    def _set_hovered(self, box: int) -> None:
        if box != self.highlight.hovered:
            self.set_highlight(replace(self.highlight, hovered=box))
            self.hover_changed.emit(box)
            self._rest.start() if box >= 0 else self._rest.stop()
