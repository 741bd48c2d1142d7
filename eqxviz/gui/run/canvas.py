"""A plot under the pointer and the keys: what is done to it is told as what is wanted."""

import math

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from eqxviz.gui.plotting.frame import Frame
from eqxviz.gui.run.keys import command_of
from eqxviz.gui.run.picture import PlotPicture
from eqxviz.gui.theme import Theme
from eqxviz.records import CompileEvent
from eqxviz.session.plots.compile_marks import CompileMark, mark_text

_LEAST_BAND = 10  # pixels: a rubber band that is thinner leaves that axis alone
_RING_REACH = 8
_PER_DEGREE = 1.0015  # how much an eighth of a degree of the wheel zooms


class PlotCanvas(PlotPicture):
    """Shows one drawing, and says what the user wants of it.

    Dragging pans; with Shift, or the right button, it draws a rubber band. The wheel zooms x, over
    the values and with Ctrl y; with Shift it is left to the page.

    Signals:
        zoomed: The places of x at the edges, after a zoom.
        panned: The same, after x was moved.
        reached: The places of y at the edges.
        reset: Everything is to be seen again.
        hovered: The place of x under the pointer, NaN once it is gone.
        clicked: The places of x and y.
        compile_clicked: The `CompileEvent` whose ring was clicked.
        commanded: The name of what a key asks for.
        menu_wanted: Where on the screen.
    """

    zoomed = Signal(float, float)
    panned = Signal(float, float)
    reached = Signal(float, float)
    reset = Signal()
    hovered = Signal(float)
    clicked = Signal(float, float)
    compile_clicked = Signal(object)
    commanded = Signal(str)
    menu_wanted = Signal(QPoint)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._pressed: QPointF | None = None
        self._grabbed: tuple[float, float] | None = None  # the places that the pointer holds on to
        self._was_dragged = False
        self._may_menu = True
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        frame, delta = self.frame, event.angleDelta().y()
        modifiers = event.modifiers()
        if frame is None or not delta or modifiers & Qt.KeyboardModifier.ShiftModifier:
            event.ignore()
            return
        factor, at = _PER_DEGREE**-delta, event.position()
        if modifiers & Qt.KeyboardModifier.ControlModifier or at.x() < frame.box.left():
            self.zoom_y(factor, frame.place_y(at.y()))
        elif at.y() <= frame.box.bottom():
            self.zoom_x(factor, frame.place_x(at.x()))
        else:
            event.ignore()
            return
        event.accept()

    def zoom_x(self, factor: float, around: float | None = None) -> None:
        """Show `factor` times as much of x, with a place where it is: else the middle."""
        if self._drawing is not None:
            self.zoomed.emit(*_zoomed(self._drawing.window, factor, around))

    def zoom_y(self, factor: float, around: float | None = None) -> None:
        """Show `factor` times as much of y."""
        if self._drawing is not None:
            self.reached.emit(*_zoomed(self._drawing.reach, factor, around))

    def pan_x(self, share: float) -> None:
        """Move along x by a share of what is in view."""
        if self._drawing is not None:
            self.panned.emit(*_moved(self._drawing.window, share))

    def pan_y(self, share: float) -> None:
        """Move along y by a share of what is in view."""
        if self._drawing is not None:
            self.reached.emit(*_moved(self._drawing.reach, share))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        frame, at = self.frame, event.position()
        if frame is None or self._drawing is None:
            return
        self._pressed, self._was_dragged, self._may_menu = at, False, True
        is_right = event.button() == Qt.MouseButton.RightButton
        if is_right or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._band = QRectF(at, at)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._grabbed = frame.place_x(at.x()), frame.place_y(at.y())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        frame, at = self.frame, event.position()
        if frame is None:
            return
        if self._pressed is not None:
            far = (at - self._pressed).manhattanLength()
            self._was_dragged |= far >= QApplication.startDragDistance()
        if self._pressed is not None and self._was_dragged:
            self._drag(frame, at)
            return
        ring = self._ring_at(at) if self._pressed is None else None
        hand = Qt.CursorShape.PointingHandCursor
        self.setCursor(hand if ring is not None else Qt.CursorShape.CrossCursor)
        is_in = frame.box.left() <= at.x() <= frame.box.right()
        self.hovered.emit(frame.place_x(at.x()) if is_in else math.nan)

    def _drag(self, frame: Frame, at: QPointF) -> None:
        if self._band is not None and self._pressed is not None:
            self._band = QRectF(self._pressed, at).normalized() & frame.box
            self._may_menu = False
            self.update()
        elif self._grabbed is not None and self._drawing is not None:
            low, high = self._drawing.window
            by = self._grabbed[0] - frame.place_x(at.x())
            if by:
                self.panned.emit(low + by, high + by)
            if self._drawing.plot.y_range is not None:
                bottom, top = self._drawing.reach
                up = self._grabbed[1] - frame.place_y(at.y())
                self.reached.emit(bottom + up, top + up)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        frame, at, band = self.frame, event.position(), self._band
        was_dragged, self._pressed, self._grabbed = self._was_dragged, None, None
        self._band = None
        if frame is None:
            return
        if band is not None and was_dragged:
            self._zoom_into(frame, band)
            self.update()
        elif event.button() == Qt.MouseButton.LeftButton and not was_dragged:
            ring = self._ring_at(at)
            if ring is not None:
                event_of: CompileEvent = ring.events[-1]
                self.compile_clicked.emit(event_of)
            elif frame.holds(at):
                self.clicked.emit(frame.place_x(at.x()), frame.place_y(at.y()))

    def _zoom_into(self, frame: Frame, band: QRectF) -> None:
        if band.width() >= _LEAST_BAND:
            self.zoomed.emit(frame.place_x(band.left()), frame.place_x(band.right()))
        if band.height() >= _LEAST_BAND:
            self.reached.emit(frame.place_y(band.bottom()), frame.place_y(band.top()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._was_dragged = True  # its release is no click
            self.reset.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        if self._may_menu or by_key:
            self._band = self._pressed = None
            self.menu_wanted.emit(event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.hovered.emit(math.nan)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        command = command_of(event)
        if command:
            self.commanded.emit(command)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if command_of(event):
                event.accept()  # "0" is a key of the window's, too
                return True
        elif event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            ring = self._ring_at(QPointF(event.pos()))
            words = mark_text(ring.run, ring.events) if ring is not None else ""
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def _ring_at(self, at: QPointF) -> CompileMark | None:
        frame, drawing = self.frame, self._drawing
        if frame is None or drawing is None or abs(at.y() - frame.box.bottom()) > _RING_REACH:
            return None
        near = [(abs(frame.x(mark.place) - at.x()), mark) for mark in drawing.compiles]
        distance, mark = min(near, key=lambda pair: pair[0], default=(math.inf, None))
        return mark if distance <= _RING_REACH else None


def _zoomed(edges: tuple[float, float], factor: float, around: float | None) -> tuple[float, float]:
    low, high = edges
    middle = (low + high) / 2 if around is None else around
    least = max(abs(low), abs(high)) * 1e-12 or 1e-300
    if (high - low) * factor < least:
        return edges  # doubles tell no more apart
    return middle - (middle - low) * factor, middle + (high - middle) * factor


def _moved(edges: tuple[float, float], share: float) -> tuple[float, float]:
    by = (edges[1] - edges[0]) * share
    return edges[0] + by, edges[1] + by
