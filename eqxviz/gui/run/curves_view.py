"""All curves of the run: a plot for each name, redrawn at most 30 times a second."""

from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.run.curve_plot import Axis, CurvePlot
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import StateStack
from eqxviz.session.run_view import RunView
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session

REDRAW_MS = 33
_AXES: tuple[tuple[str, Axis], ...] = (("Step", "step"), ("Time", "seconds"))


class CurvesView(QWidget):
    """The scalars of a run as live curves. What is not seen is not drawn."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        pg.setConfigOptions(antialias=False)
        self._session = session
        self._theme = theme
        self._run: RunView | None = None
        self._n_curves = 0
        self._state_names: set[str] = set()
        self.plots: dict[str, CurvePlot] = {}
        self.axis_box = QComboBox(self)
        self.axis_box.addItems([title for title, _ in _AXES])
        self.axis_box.setAccessibleName("Horizontal axis")
        self.log_box = QCheckBox("Log", self)
        self.log_box.setToolTip("Logarithmic values")
        self.state_box = QCheckBox(self)
        self.state_box.setToolTip("Scalars inside what goes back into the next call: parameters")
        self.state_box.setVisible(False)
        self.follow_box = QCheckBox("Follow", self)
        self.follow_box.setChecked(True)
        self.follow_box.setToolTip("Keep all of each curve in view while it grows")
        self._page = QWidget(self)
        self._page.setProperty("surface", "base")
        self._grid = QGridLayout(self._page)
        self._grid.setContentsMargins(4, 0, 4, 8)
        self.stack = StateStack(
            theme,
            self._filled(),
            icon="mdi6.chart-line",
            title="No curves yet",
            text="Run a training script: the scalars that its jitted calls return appear here.",
            can_cancel=False,
            parent=self,
        )
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(REDRAW_MS)
        self._redraw.timeout.connect(self._on_redraw_due)
        self.axis_box.currentIndexChanged.connect(self._on_axis_changed)
        self.log_box.toggled.connect(self._on_log_changed)
        self.state_box.toggled.connect(self._arrange)
        self.follow_box.toggled.connect(self._on_follow_changed)
        session.run_changed.connect(self._on_run_changed)
        session.metrics_arrived.connect(self._on_metrics_arrived)
        session.selection_changed.connect(self._on_selection_changed)
        self.destroyed.connect(lambda: _disconnect(session, self))
        self._on_run_changed()

    def showEvent(self, event) -> None:
        super().showEvent(event)
        self._redraw.start()

    def _filled(self) -> QWidget:
        filled = QWidget(self)
        filled.setProperty("surface", "base")
        bar = QHBoxLayout()
        bar.setContentsMargins(12, 8, 12, 0)
        bar.setSpacing(12)
        for widget in (self.axis_box, self.log_box, self.follow_box, self.state_box):
            bar.addWidget(widget)
        bar.addStretch(1)
        self._scroll = scroll = QScrollArea(filled)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._page)
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(bar)
        column.addWidget(scroll, 1)
        return filled

    def _on_run_changed(self) -> None:
        run = self._session.run
        if run is not self._run:
            self._run = run
            self._forget_plots()
        if run is None:
            self.stack.show_empty()
        elif not run.series:
            if run.is_live:
                self.stack.show_working(f"{Path(run.script).name} has returned no scalar yet")
            else:
                self.stack.show_empty("No curves", "No jitted call of this run returned a scalar.")
        self._redraw_soon()

    def _on_metrics_arrived(self, _batch: object) -> None:
        self._redraw_soon()

    def _redraw_soon(self) -> None:
        if not self._redraw.isActive():
            self._redraw.start()

    def _on_redraw_due(self) -> None:
        run = self._run
        if run is None or not run.series:
            return
        if len(run.series) != self._n_curves:
            self._add_plots(run)
        if self.isVisible():
            for plot in self.plots.values():
                if not plot.isHidden():
                    plot.refresh()

    def _add_plots(self, run: RunView) -> None:
        for curve in list(run.series.values())[self._n_curves :]:
            name = curve.series.name
            if name not in self.plots:
                plot = CurvePlot(name, self._theme, self._page)
                plot.left_following.connect(self._on_left_following)
                plot.chosen.connect(self._on_chosen)
                plot.set_axis(_AXES[self.axis_box.currentIndex()][1])
                plot.set_log(self.log_box.isChecked())
                self.plots[name] = plot
            self.plots[name].add_curve(curve)
        self._n_curves = len(run.series)
        state = {c.series.name for c in run.series.values() if c.series.is_state}
        self._state_names = state
        self.state_box.setText(f"State ({len(state)})")
        # A run that returns nothing but its state is not left without a curve.
        self.state_box.setVisible(bool(state) and len(state) < len(self.plots))
        self._arrange()
        self.stack.show_filled()
        self._on_selection_changed()

    def _arrange(self) -> None:
        """Put the plots that are shown into one column, or into two if they are many."""
        hides_state = not self.state_box.isHidden() and not self.state_box.isChecked()
        hidden = self._state_names if hides_state else set[str]()
        shown = [plot for name, plot in self.plots.items() if name not in hidden]
        for plot in self.plots.values():
            self._grid.removeWidget(plot)
            plot.setVisible(plot in shown)
        n_columns = 1 if len(shown) < 3 else 2
        for i, plot in enumerate(shown):
            self._grid.addWidget(plot, i // n_columns, i % n_columns)
        self._redraw_soon()

    def _forget_plots(self) -> None:
        for plot in self.plots.values():
            self._grid.removeWidget(plot)
            plot.hide()
            plot.deleteLater()
        self.plots.clear()
        self._n_curves = 0

    def _on_axis_changed(self, index: int) -> None:
        for plot in self.plots.values():
            plot.set_axis(_AXES[index][1])

    def _on_log_changed(self, is_log: bool) -> None:
        for plot in self.plots.values():
            plot.set_log(is_log)

    def _on_follow_changed(self, follows: bool) -> None:
        for plot in self.plots.values():
            plot.set_following(follows)

    def _on_chosen(self, series: int) -> None:
        self._session.select(Selection(kind="series", series=series))

    def _on_selection_changed(self) -> None:
        """Mark the plot of the selected curve, and bring it into view."""
        selection = self._session.selection
        wanted = selection.series if selection.kind == "series" else -1
        for plot in self.plots.values():
            plot.mark_selected(wanted in plot.series)
            if wanted in plot.series:
                self._scroll.ensureWidgetVisible(plot)

    def _on_left_following(self) -> None:
        # Only the plot that was moved stops following until the box is ticked again.
        self.follow_box.blockSignals(True)
        self.follow_box.setChecked(False)
        self.follow_box.blockSignals(False)


def _disconnect(session: Session, view: CurvesView) -> None:
    session.run_changed.disconnect(view._on_run_changed, missing_ok=True)
    session.metrics_arrived.disconnect(view._on_metrics_arrived, missing_ok=True)
    session.selection_changed.disconnect(view._on_selection_changed, missing_ok=True)
