"""The canvas: the stage with what mouse and keys mean on it."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
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
from eqxviz.gui.graph.walking import end_box, next_box, next_edge
from eqxviz.gui.theme import Theme

_KEY_FACTOR = 1.25
_KEY_PAN = 60.0
_EDGES_ZOOM = 0.3  # further away than that edges are too near to one another to be pointed at
_EDGE_REACH = 5.0  # pixels on screen
CARD_AFTER_MS = 400
_FOLDING_KEYS = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
_ASKED = {
    Qt.Key.Key_D: "dependents",
    Qt.Key.Key_A: "dependencies",
    Qt.Key.Key_P: "path",
    Qt.Key.Key_Escape: "clear",
}
_ENDS = {Qt.Key.Key_Home: False, Qt.Key.Key_End: True}
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
        hover_changed: What is under the mouse is another box or edge, or none.
        hover_rested: The mouse rests on this `Hit`: the moment to tell more of it.
        menu_wanted: The `Hit` and the global position.
        asked: What a key asks for: "dependents", "dependencies", "path" or "clear".
    """

    selected = Signal(object)
    toggled = Signal(object)
    hover_changed = Signal()
    hover_rested = Signal(object)
    menu_wanted = Signal(object, object)
    asked = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._rest = QTimer(self, singleShot=True, interval=CARD_AFTER_MS)
        self._rest.timeout.connect(self._on_rested)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Graph")
        self._turning = -1  # the box whose edges are gone through

    def set_camera(self, camera: Camera) -> None:
        self._set_hovered(Hit())
        super().set_camera(camera)

    def describe(self, text: str) -> None:
        """Tell assistive tools what is selected."""
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)
            event = QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
            QAccessible.updateAccessibility(event)
            if text:
                QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def zoom_to_selection(self) -> None:
        """Bring near what is selected, else what was found or is related; else show all."""
        scene, light = self.scene, self.highlight
        if scene is None:
            return
        boxes = {light.selected} if light.selected >= 0 else set(light.related or light.matched)
        if light.selected_edge >= 0:
            edge = light.selected_edge
            boxes = {int(scene.seen.edge_from[edge]), int(scene.seen.edge_to[edge])}
        rects = scene.boxes[sorted(boxes)]
        if light.selected_frame > 0:
            rects = scene.frames[[light.selected_frame]]
        if not len(rects):
            self.fit()
            return
        low = rects[:, :2].min(axis=0)
        high = (rects[:, :2] + rects[:, 2:]).max(axis=0)
        self.zoom_to(np.concatenate([low, high - low]))

    def hit(self, at: QPointF) -> Hit:
        """Return what is at a point of the widget."""
        if self.scene is None:
            return Hit()
        zoom = self.camera.zoom
        reach = _EDGE_REACH / zoom if zoom >= _EDGES_ZOOM else 0.0
        return self.scene.hit(*self.camera.to_scene(*at.toTuple()), reach)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if not self.is_pressed:
            hit = self.hit(event.position())
            shape = Qt.CursorShape
            self.setCursor(shape.PointingHandCursor if hit.on_chevron else shape.ArrowCursor)
            self._set_hovered(hit)

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
        hit = self.selected_hit if by_key else self.hit(QPointF(event.pos()))
        self.menu_wanted.emit(hit, event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hovered(Hit())
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
        key, current = Qt.Key(event.key()), self.selected_hit
        something = current != Hit()
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(_KEY_FACTOR)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / _KEY_FACTOR)
        elif key in (Qt.Key.Key_0, Qt.Key.Key_F):
            self.fit()
        elif key in (Qt.Key.Key_Z, Qt.Key.Key_Period):
            self.zoom_to_selection()
        elif key in _FOLDING_KEYS and something:
            self.toggled.emit(current)
        elif key == Qt.Key.Key_Backspace and something:
            self._fold_around(current)
        elif key in _ASKED:
            self.asked.emit(_ASKED[key])
        elif key in _ENDS:
            self._go_to_end(last=_ENDS[key])
        elif key == Qt.Key.Key_E and something:
            self._turn(current, event.modifiers())
        elif key in _STEPS:
            self._walk(current, *_STEPS[key])
        else:
            super().keyPressEvent(event)

    @property
    def selected_hit(self) -> Hit:
        """What is selected."""
        marked = self.highlight
        frame = marked.selected_frame if marked.selected_frame > 0 else -1
        return Hit(box=marked.selected, frame=frame, edge=marked.selected_edge)

    def _fold_around(self, current: Hit) -> None:
        scene = self.scene
        if scene is not None:
            frame = int(scene.seen.box_frame[current.box]) if current.box >= 0 else current.frame
            if frame > 0:
                self.toggled.emit(Hit(frame=frame))

    def _go_to_end(self, *, last: bool) -> None:
        """Select the box at the top of the picture, or the one at its foot."""
        if self.scene is not None and len(self.scene.boxes):
            self.selected.emit(Hit(box=end_box(self.scene, last=last)))

    def _turn(self, current: Hit, modifiers: Qt.KeyboardModifier) -> None:
        """Select the next edge of the selected box, or the one before."""
        back = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        if self.scene is None:
            return
        box, edge = next_edge(self.scene, self._turning, current, -1 if back else 1)
        if edge >= 0:
            self._turning = box
            self.selected.emit(Hit(edge=edge))

    def _walk(self, current: Hit, dx: int, dy: int) -> None:
        if self.scene is None:
            return
        if current.edge >= 0 and dy:
            ends = self.scene.seen.edge_to if dy > 0 else self.scene.seen.edge_from
            target = int(ends[current.edge])
        else:
            target = next_box(self.scene, current.box, dx, dy)
        if target >= 0:
            self.selected.emit(Hit(box=target))
        else:
            self.set_camera(self.camera.moved(-dx * _KEY_PAN, -dy * _KEY_PAN))

    def _set_hovered(self, hit: Hit) -> None:
        before = self.highlight
        if (hit.box, hit.edge) != (before.hovered, before.hovered_edge):
            self.set_highlight(replace(before, hovered=hit.box, hovered_edge=hit.edge))
            self.hover_changed.emit()
            self._rest.start() if hit.box >= 0 or hit.edge >= 0 else self._rest.stop()

    def _on_rested(self) -> None:
        self.hover_rested.emit(Hit(box=self.highlight.hovered, edge=self.highlight.hovered_edge))
