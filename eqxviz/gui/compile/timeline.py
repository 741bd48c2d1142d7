"""The time line of the run: a bar for each compilation, to be zoomed, hovered and clicked."""

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import HoverCard
from eqxviz.session import formatting
from eqxviz.session.compilations import STAGES
from eqxviz.session.ledger.facts import compile_details
from eqxviz.session.ledger.timeline import Timeline
from eqxviz.session.run_view import RunView

_MARGIN = 14
_TOP = 8  # room for the pointer at the selected bar
_LANE, _LANE_GAP = 16, 3
_FOOT = 18
_STEP = 1.25  # of the zoom, a notch of the wheel
_SLACK = 4  # pixels beside a bar that count as on it
_ROLES = ("curve.2", "curve.5", "compiling")  # of STAGES


class TimelineStrip(QWidget):
    """The wheel zooms at the pointer, dragging moves, a double click shows the whole run.

    Left and Right walk the compilations, `+`, `-` and `0` zoom.

    Signals:
        event_chosen: The id of the compilation whose bar was clicked or walked to.
    """

    event_chosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.timeline = Timeline()
        self._run: RunView | None = None
        self._selected = -1
        self._hovered = -1
        self._dragged_from: float | None = None
        self._was_dragged = False
        self._card = HoverCard(theme, self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Time line of compilations")
        self.setMouseTracking(True)
        theme.changed.connect(self.update)

    def show_run(self, run: RunView) -> None:
        """Draw the compilations of `run`, as far as they have arrived."""
        n_lanes = self.timeline.n_lanes
        self._run = run
        self.timeline.show(run)
        if self.timeline.n_lanes != n_lanes:
            self.updateGeometry()
        self.update()

    def show_selected(self, event: int) -> None:
        """Point at the bar of a compilation; -1 for none."""
        if event != self._selected:
            self._selected = event
            self.timeline.reveal(event)
            self.update()

    def bar(self, event: int) -> QRectF:
        """Return where the bar of a compilation is, empty if it is nowhere."""
        extent = self.timeline.extent(event)
        if extent is None:
            return QRectF()
        start, stop, lane = extent
        left, right = self._x(start), self._x(stop)
        return QRectF(left, self._lane_top(lane), max(right - left, 2.0), _LANE)

    def sizeHint(self) -> QSize:
        lanes = self.timeline.n_lanes * (_LANE + _LANE_GAP)
        return QSize(400, _TOP + lanes + _FOOT + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self._theme.font("small"))
        timeline, width = self.timeline, self._width()
        for lane in range(timeline.n_lanes):
            top = self._lane_top(lane)
            painter.fillRect(QRectF(_MARGIN, top, width, _LANE), self._theme.color("hover"))
        painter.save()
        painter.setClipRect(QRectF(_MARGIN, 0, width, self.height()))
        bars = timeline.bars(width)
        columns = (bars.x.tolist(), bars.width.tolist(), bars.stage.tolist(), bars.lane.tolist())
        colors = [self._theme.color(role) for role in _ROLES]
        for x, extent, stage, lane in zip(*columns, strict=True):
            box = QRectF(_MARGIN + x, self._lane_top(lane), extent, _LANE)
            painter.fillRect(box, colors[stage])
        self._paint_selected(painter)
        painter.restore()
        self._paint_foot(painter)
        if self.hasFocus():
            painter.setPen(QPen(self._theme.color("accent")))
            painter.drawRect(self.rect().adjusted(2, 0, -3, -1))

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        if notches:
            self._zoom(_STEP**notches, self._seconds(event.position().x()))
            event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragged_from, self._was_dragged = event.position().x(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._dragged_from is not None:
            moved = x - self._dragged_from
            if self._was_dragged or abs(moved) > _SLACK:
                self._was_dragged, self._dragged_from = True, x
                self.timeline.pan(-moved * self.timeline.span / self._width())
                self._card.hide()
                self.update()
            return
        self._hover(self._event_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        is_click = self._dragged_from is not None and not self._was_dragged
        self._dragged_from = None
        at = self._event_at(event.position())
        if is_click and at >= 0:
            self.event_chosen.emit(at)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.timeline.fit()
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._hover(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        middle = (self.timeline.begin + self.timeline.end) / 2
        if (extent := self.timeline.extent(self._selected)) is not None:
            middle = extent[0]
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            step = 1 if event.key() == Qt.Key.Key_Right else -1
            found = self.timeline.neighbour(self._selected, step)
            if found >= 0:
                self.event_chosen.emit(found)
        elif event.text() in ("+", "="):
            self._zoom(_STEP**2, middle)
        elif event.text() == "-":
            self._zoom(_STEP**-2, middle)
        elif event.text() == "0":
            self.timeline.fit()
            self.update()
        else:
            super().keyPressEvent(event)

    def _paint_selected(self, painter: QPainter) -> None:
        box = self.bar(self._selected)
        if box.isNull():
            return
        color = self._theme.color("text")
        painter.setPen(QPen(color, 1.5))
        painter.drawRect(box.adjusted(-1, -1, 1, 1))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        tip = QPointF(box.center().x(), box.top() - 2)
        painter.drawPolygon(QPolygonF([tip, tip + QPointF(-4, -5), tip + QPointF(4, -5)]))

    def _paint_foot(self, painter: QPainter) -> None:
        top = self._lane_top(self.timeline.n_lanes)
        foot = QRectF(_MARGIN, top, self._width(), _FOOT)
        painter.setPen(self._theme.color("faint"))
        ends = ((self.timeline.begin, Qt.AlignmentFlag.AlignLeft),
                (self.timeline.end, Qt.AlignmentFlag.AlignRight))  # fmt: skip
        for seconds, side in ends:
            painter.drawText(foot, side, formatting.seconds(seconds))
        metrics = painter.fontMetrics()
        widths = [metrics.horizontalAdvance(stage) + 28 for stage in STAGES]
        x = foot.center().x() - sum(widths) / 2
        for stage, role, width in zip(STAGES, _ROLES, widths, strict=True):
            painter.fillRect(QRectF(x, top + 4, 9, 9), self._theme.color(role))
            painter.drawText(QRectF(x + 14, top, width, _FOOT), 0, stage)
            x += width

    def _hover(self, event: int) -> None:
        if event == self._hovered:
            return
        self._hovered = event
        compiled = self._run.ledger.event(event) if self._run is not None and event >= 0 else None
        if self._run is None or compiled is None:
            self._card.hide()
            return
        box = self.bar(event).toAlignedRect()
        place = QRect(self.mapToGlobal(box.topLeft()), box.size())
        self._card.show_beside(compile_details(self._run, compiled), place)

    def _zoom(self, factor: float, at: float) -> None:
        self.timeline.zoom(factor, at)
        self.update()

    def _event_at(self, position: QPointF) -> int:
        lane = int((position.y() - _TOP) // (_LANE + _LANE_GAP))
        slack = _SLACK * self.timeline.span / self._width()
        return self.timeline.event_at(self._seconds(position.x()), lane, slack)

    def _width(self) -> float:
        return max(self.width() - 2 * _MARGIN, 1)

    def _x(self, seconds: float) -> float:
        return _MARGIN + (seconds - self.timeline.begin) / self.timeline.span * self._width()

    def _seconds(self, x: float) -> float:
        return self.timeline.begin + (x - _MARGIN) / self._width() * self.timeline.span

    def _lane_top(self, lane: int) -> float:
        return _TOP + lane * (_LANE + _LANE_GAP)
