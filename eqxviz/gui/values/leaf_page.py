"""One array: its heat map at any zoom, and its statistics beside it."""

import math

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.theme import Theme
from eqxviz.gui.values.axes_bar import AxesBar
from eqxviz.gui.values.colours import Colours
from eqxviz.gui.values.heat_map import HeatMap
from eqxviz.gui.values.pictures import ColourBar, Histogram
from eqxviz.gui.widgets import ElidedLabel, FactCard, StateStack
from eqxviz.records import Problem, ValueSummary
from eqxviz.session.values.leaf_view import LeafView
from eqxviz.session.values.value import ValueReading
from eqxviz.session.values.value_facts import is_constant, value_facts

_SIDE_WIDTH = 250
_NARROW = 560  # pixels; the statistics go below the heat map then


class LeafPage(QWidget):
    """The heat map of what `view` looks at, and the statistics of all of it, as they are read."""

    def __init__(
        self, reading: ValueReading, view: LeafView, theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._reading = reading
        self._theme = theme
        self._view = view
        self.axes = AxesBar(self._view, self)
        self.heat_map = HeatMap(self._view, theme, self)
        self.colour_bar = ColourBar(theme, self)
        self.full_range = QCheckBox("Full range", self)
        self.full_range.setToolTip(
            "Colours from the lowest to the highest element, not from the first to the 99th "
            "percentile"
        )
        self.full_range.toggled.connect(self._recolour)
        self._pointed = ElidedLabel("", self)
        self._pointed.setProperty("face", "mono")
        self.facts = FactCard(theme, self)
        self.histogram = Histogram(theme, self)
        self.log_box = QCheckBox("Logarithmic counts", self)
        self.log_box.toggled.connect(self.histogram.set_log)
        self.copy_button = QPushButton("Copy statistics", self)
        self.copy_button.clicked.connect(self._copy)
        self.copy_values = QPushButton("Copy values", self)
        self.copy_values.setToolTip("The cells in view, with tabs between: elements, or means")
        self.copy_values.clicked.connect(self._copy_values)
        self.map_stack = self._stack(theme, self._map_side(), "Reading the elements")
        self.side_stack = self._stack(theme, self._statistics_side(), "Reading the statistics")
        self.map_stack.cancelled.connect(self._view.stop)
        self.map_stack.retried.connect(lambda: self._view.show(self._view.node))
        self.side_stack.cancelled.connect(reading.cancel_value)
        self.side_stack.retried.connect(self._ask_again)
        self._split = split = QSplitter(Qt.Orientation.Horizontal, self)
        split.addWidget(self.map_stack)
        split.addWidget(self.side_stack)
        split.setStretchFactor(0, 1)
        split.setChildrenCollapsible(False)
        split.setSizes([2000, _SIDE_WIDTH])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(split)
        self.heat_map.pointed.connect(self._pointed.set_text)
        self._view.shape_changed.connect(self._on_shape_changed)
        self._view.tile_changed.connect(self._on_tile_changed)
        reading.value_changed.connect(self._on_value_changed)
        reading.value_progressed.connect(self._on_value_changed)
        theme.changed.connect(self._recolour)
        self.destroyed.connect(lambda: _disconnect(self))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = event.size().width() < _NARROW
        way = Qt.Orientation.Vertical if is_narrow else Qt.Orientation.Horizontal
        if way != self._split.orientation():
            self._split.setOrientation(way)
            self._split.setSizes([1, 1] if is_narrow else [2000, _SIDE_WIDTH])

    def _stack(self, theme: Theme, content: QWidget, title: str) -> StateStack:
        return StateStack(
            theme, content, icon="mdi6.grid", title=title, text="Select an array.", parent=self
        )

    def _map_side(self) -> QWidget:
        side = QWidget(self)
        side.setProperty("surface", "base")
        column = QVBoxLayout(side)
        column.setContentsMargins(14, 4, 10, 10)
        column.setSpacing(8)
        column.addWidget(self.axes)
        column.addWidget(self.heat_map, 1)
        column.addWidget(self._pointed)
        foot = QHBoxLayout()
        foot.addWidget(self.colour_bar, 1)
        foot.addWidget(self.full_range)
        foot.addWidget(self.copy_values)
        column.addLayout(foot)
        return side

    def _statistics_side(self) -> QWidget:
        side = QWidget(self)
        side.setProperty("surface", "base")
        column = QVBoxLayout(side)
        column.setContentsMargins(10, 8, 14, 12)
        column.setSpacing(10)
        title = QLabel("Statistics", side)
        title.setProperty("tone", "faint")
        column.addWidget(title)
        for widget in (self.facts, self.histogram, self.log_box):
            column.addWidget(widget)
        column.addWidget(self.copy_button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumWidth(_SIDE_WIDTH)
        scroll.setWidget(side)
        return scroll

    def refresh(self) -> None:
        """Show what is known now."""
        self._on_shape_changed()
        self._on_tile_changed()
        self._on_value_changed()

    def _on_shape_changed(self) -> None:
        self._pointed.set_text("")
        self.axes.refresh()
        self.heat_map.on_shape_changed()

    def _on_tile_changed(self) -> None:
        view = self._view
        if view.problem is not None:
            self.map_stack.show_failed(view.problem)
        elif view.tile is None:
            self.map_stack.show_working("Reading the elements")
        else:
            self.map_stack.show_filled()
            if view.tile is view.overview:
                self._recolour()
        self.heat_map.on_tile_changed()

    def _on_value_changed(self) -> None:
        reading = self._reading
        value = reading.value
        if isinstance(value, Problem):
            self.side_stack.show_failed(value)
        elif value is None:
            self.side_stack.setVisible(math.prod(self._view.shape) > 1)
            done = f": {reading.value_progress:.0%}" if reading.value_progress else ""
            self.side_stack.show_working(f"Reading the statistics{done}")
        elif value.node == self._view.node:
            facts = value_facts(value)
            # Of one number, and of what is no number, there are none.
            self.side_stack.setVisible(bool(facts))
            self.facts.set_facts("", facts)
            self.histogram.setVisible(len(value.histogram) > 0 and not is_constant(value))
            self.log_box.setVisible(self.histogram.isVisibleTo(self))
            self.histogram.show_value(value)
            self.side_stack.show_filled()
            self._recolour()

    def _recolour(self) -> None:
        """Choose the range of the colours: of the statistics where they are known."""
        value, tile = self._reading.value, self._view.overview
        if isinstance(value, ValueSummary) and value.node == self._view.node and value.size:
            is_whole = self.full_range.isChecked()
            self.heat_map.set_colours(Colours.of_summary(value, self._theme, is_whole=is_whole))
        elif tile is not None:
            self.heat_map.set_colours(Colours.of(tile.mean, self._theme))
        self.colour_bar.show_colours(self.heat_map.colours)

    def _ask_again(self) -> None:
        self._reading.ask_value(self._view.node)

    def _copy(self) -> None:
        value = self._reading.value
        if isinstance(value, ValueSummary):
            facts = [f"{fact.name}: {fact.value}" for fact in value_facts(value)]
            QApplication.clipboard().setText("\n".join([self._view.name, *facts]))

    def _copy_values(self) -> None:
        QApplication.clipboard().setText(self._view.values_text())


def _disconnect(page: LeafPage) -> None:
    page._view.shape_changed.disconnect(page._on_shape_changed, missing_ok=True)
    page._view.tile_changed.disconnect(page._on_tile_changed, missing_ok=True)
    page._reading.value_changed.disconnect(page._on_value_changed, missing_ok=True)
    page._reading.value_progressed.disconnect(page._on_value_changed, missing_ok=True)
