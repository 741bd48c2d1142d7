"""One plot: the curves of one name, with the exact outline of every point, and a cursor."""

from typing import Any, Literal

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.session import formatting
from eqxviz.session.curves import Curve, Envelope

Axis = Literal["step", "seconds"]
_N_COLORS = 8
_AXIS_TITLES: dict[Axis, str] = {"step": "step", "seconds": "seconds"}


class StepAxis(pg.AxisItem):
    """An axis that counts: it has no ticks between two whole numbers while `is_whole`."""

    is_whole = True

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, float]]:
        levels: list[tuple[float, float]] = list(super().tickSpacing(minVal, maxVal, size))
        if not self.is_whole:
            return levels
        return [level for level in levels if level[0] >= 1] or [(1.0, 0.0)]


class CurvePlot(QWidget):
    """A titled plot of one or more curves. It redraws on `refresh()`, not on its own.

    Signals:
        left_following: The user panned or zoomed.
        chosen: The id of the series of a plot that was clicked.
    """

    left_following = Signal()
    chosen = Signal(int)

    def __init__(self, name: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._theme = theme
        self._curves: list[Curve] = []
        self._lines: list[pg.PlotCurveItem] = []
        self._axis: Axis = "step"
        self._is_log = False
        self._follows = True
        self._is_moving = False
        self.setAccessibleName(f"Curve of {name}")
        self._title = QLabel(name, self)
        self._title.setProperty("face", "path")
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._reading = QLabel(self)
        self._reading.setProperty("face", "mono")
        self._reading.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._bottom = StepAxis("bottom")
        self.item = pg.PlotItem(enableMenu=False, axisItems={"bottom": self._bottom})
        self.item.hideButtons()
        self.plot = pg.GraphicsView(self)
        self.plot.setCentralItem(self.item)
        self.plot.setMinimumHeight(150)
        self._view: Any = self.item.getViewBox()
        self._view.sigRangeChangedManually.connect(self._on_moved)
        self._view.sigXRangeChanged.connect(self._on_range_changed)
        self._nans = pg.ScatterPlotItem(symbol="t1", size=9, pen=None)
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._cursor.setVisible(False)
        for item in (self._nans, self._cursor):
            self.item.addItem(item, ignoreBounds=True)
        scene: Any = self.plot.scene()
        scene.sigMouseMoved.connect(self._on_mouse_moved)
        scene.sigMouseClicked.connect(self._on_clicked)
        self.plot.installEventFilter(self)
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._reading)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 6)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.plot, 1)
        theme.changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    @property
    def series(self) -> tuple[int, ...]:
        """The ids of the series that are drawn here."""
        return tuple(curve.series.id for curve in self._curves)

    def mark_selected(self, is_selected: bool) -> None:
        """Let the title stand out, or no more."""
        font = self._title.font()
        font.setUnderline(is_selected)
        self._title.setFont(font)

    def add_curve(self, curve: Curve) -> None:
        """Draw `curve` here too."""
        line = pg.PlotCurveItem(connect="finite", skipFiniteCheck=False)
        self.item.addItem(line)
        self._curves.append(curve)
        self._lines.append(line)
        self._on_theme_changed()

    def set_axis(self, axis: Axis) -> None:
        """Draw over steps or over seconds."""
        self._axis = axis
        self._bottom.is_whole = axis == "step"
        self.set_following(True)
        self._on_theme_changed()

    def set_log(self, is_log: bool) -> None:
        """Draw the values on a logarithmic axis; what is not above zero has no place there."""
        self._is_log = is_log
        self.item.setLogMode(y=is_log)
        self.refresh()

    def set_following(self, follows: bool) -> None:
        """Keep the whole of every curve in view, or leave the view where the user put it."""
        self._follows = follows
        self.refresh()

    def refresh(self) -> None:
        """Draw the curves as they are now; while following, all of them."""
        if self._follows:
            self._show_all_x()
        low, high = self._draw()
        if self._follows and low <= high:
            margin = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
            self._view.setYRange(low - margin, high + margin, padding=0)
        if not self._cursor.isVisible():
            self._read_last()

    def _draw(self) -> tuple[float, float]:
        """Draw what is in view, and return the least and the greatest height drawn."""
        (x0, x1), _ = self._view.viewRange()
        low, high = np.inf, -np.inf
        bad: list[NDArray[np.float64]] = []
        for curve, line in zip(self._curves, self._lines, strict=True):
            if not curve.n:
                continue
            outline = curve.envelope(x0, x1, max(int(self._view.width()), 64), self._axis)
            x, y = _outline_points(outline, is_log=self._is_log)
            line.setData(x, y)
            bad.append(outline.x[outline.has_nan])
            finite = y[np.isfinite(y)]
            if len(finite):
                low, high = min(low, float(finite.min())), max(high, float(finite.max()))
        self._show_nans(bad)
        return low, high

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._cursor.setVisible(False)
            self._read_last()
        return False

    def _show_all_x(self) -> None:
        spans = [c.span(self._axis) for c in self._curves if c.n]
        if spans:
            first, last = min(low for low, _ in spans), max(high for _, high in spans)
            self._is_moving = True  # it draws by itself
            # A single place, such as one step, is shown with room on both sides.
            room = 0.0 if last > first else 0.5
            self._view.setXRange(first - room, last + room, padding=0.01)
            self._is_moving = False

    def _show_nans(self, columns: list[NDArray[np.float64]]) -> None:
        x = np.concatenate(columns) if columns else np.zeros(0)
        _, (bottom, top) = self._view.viewRange()
        self._nans.setData(x, np.full(len(x), bottom + 0.04 * (top - bottom)))

    def _read_last(self) -> None:
        points = [curve.last() for curve in self._curves]
        texts = [formatting.number(point.value) for point in points if point is not None]
        self._reading.setText("   ".join(texts))

    def _on_mouse_moved(self, at: QPointF) -> None:
        if not self._view.sceneBoundingRect().contains(at):
            return
        x = self._view.mapSceneToView(at).x()
        readings, place = [], x
        for curve in self._curves:
            point = curve.near(x, self._axis)
            if point is not None:
                place = float(point.step if self._axis == "step" else point.seconds)
                readings.append(formatting.number(point.value))
        where = f"{place:,.0f}" if self._axis == "step" else formatting.seconds(place)
        self._reading.setText(f"{_AXIS_TITLES[self._axis]} {where}:  " + "   ".join(readings))
        self._cursor.setValue(place)
        self._cursor.setVisible(True)

    def _on_clicked(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._curves:
            self.chosen.emit(self._curves[0].series.id)

    def _on_range_changed(self) -> None:
        if not self._is_moving:
            self._draw()

    def _on_moved(self) -> None:
        self._follows = False
        self.left_following.emit()

    def _on_theme_changed(self) -> None:
        theme, item = self._theme, self.item
        self.plot.setBackground(theme.color("base"))
        small = theme.font("small")
        width = QFontMetrics(small).horizontalAdvance("-0.00000")
        for side in ("left", "bottom"):
            axis = item.getAxis(side)
            axis.setPen(pg.mkPen(theme.color("line")))
            axis.setTextPen(pg.mkPen(theme.color("faint")))
            axis.setStyle(tickFont=small, tickLength=-4)
        item.getAxis("left").setWidth(width)
        item.showGrid(x=False, y=True, alpha=0.18)
        item.setLabel("bottom", _AXIS_TITLES[self._axis], color=theme.color("faint").name())
        for i, line in enumerate(self._lines):
            line.setPen(pg.mkPen(theme.color(f"curve.{i % _N_COLORS}"), width=1))
        self._nans.setBrush(theme.color("problem"))
        self._cursor.setPen(pg.mkPen(theme.color("faint"), style=Qt.PenStyle.DashLine))
        self.refresh()


def _outline_points(
    outline: Envelope, *, is_log: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the line through the outline: down and up in every bucket of several values."""
    low, high = outline.low, outline.high
    if is_log:
        with np.errstate(invalid="ignore", divide="ignore"):
            low, high = np.log10(low), np.log10(high)
        low, high = (np.where(np.isneginf(y), np.nan, y) for y in (low, high))
    if np.array_equal(low, high, equal_nan=True):
        return outline.x, high
    return np.repeat(outline.x, 2), np.column_stack((low, high)).ravel()
