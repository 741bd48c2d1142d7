"""All curves of the run in plots, redrawn at most 30 times a second, and only where seen."""

import math
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QActionGroup, QStatusTipEvent
from PySide6.QtWidgets import QApplication, QMenu, QSplitter, QVBoxLayout, QWidget

from eqxviz.gui.run.curve_list import CurveList
from eqxviz.gui.run.grid import PlotGrid
from eqxviz.gui.run.plot_card import PlotCard
from eqxviz.gui.run.saving import PlotSaving
from eqxviz.gui.run.toolbar import PlotsBar
from eqxviz.gui.settings import CURVE_PLOTS, Settings
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import StateStack, hand_focus_on
from eqxviz.records import CompileEvent
from eqxviz.session.ledger.facts import selection_of
from eqxviz.session.plots.alike import groups_of
from eqxviz.session.plots.averages import Averages
from eqxviz.session.plots.board import MOST_COLUMNS
from eqxviz.session.plots.drawing import Drawer
from eqxviz.session.plots.lines import ShownRun
from eqxviz.session.plots.reading import read_at
from eqxviz.session.plots.remembering import remember, remembered
from eqxviz.session.run_view import RunView
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session

REDRAW_MS = 33
_SAVE_MS = 500


class CurvesView(QWidget):
    """The scalars of a run as live curves. What is not seen is not drawn."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._settings: Settings | None = None
        self._run: RunView | None = None
        self._runs: tuple[ShownRun, ...] = ()
        self._script = ""
        self._cursor = math.nan  # a place of x
        self.board = session.plots
        self.drawer = Drawer(self.board, Averages(session.in_background))
        self.cards: dict[int, PlotCard] = {}
        self.bar = PlotsBar(self.board, theme, self)
        self.grid = PlotGrid(self)
        self.list = CurveList(self.board, theme, self)
        self.list.hide()
        self.saving = PlotSaving(session, self.board, self.drawer, theme, self)
        self.saving.done.connect(self._tell)
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
        hand_focus_on(self, self._first_canvas)
        self._redraw = QTimer(self, singleShot=True, interval=REDRAW_MS)
        self._redraw.timeout.connect(self.refresh)
        self._point_at = QTimer(self, singleShot=True, interval=0)
        self._point_at.timeout.connect(self._show_cursor)
        self._save = QTimer(self, singleShot=True, interval=_SAVE_MS)
        self._save.timeout.connect(self._remember)
        self._connect()
        self._on_run_changed()

    def use_settings(self, settings: Settings) -> None:
        """Take up the plots of the script as they were left, and remember them from now on."""
        self._settings = settings
        self._restore()

    def search(self, text: str) -> None:
        """List the curves whose names hold `text`."""
        self._show_list()
        self.list.search_bar.set_text(text)

    def search_next(self, step: int) -> None:
        """Go on into what was found."""
        self.list.search_bar.stepped.emit(step)

    def focus_search(self) -> None:
        """List the curves, to search them."""
        self._show_list()
        self.list.search_bar.focus()

    def showEvent(self, event) -> None:
        super().showEvent(event)
        self._redraw.start(0)

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        self._redraw.start(0)

    def refresh(self) -> None:
        """Draw what has changed of the plots that are seen."""
        run = self._run
        if run is None or not run.series:
            return
        views = [shown.view for shown in self._runs]
        self.board.know(
            (c.series.name, c.series.is_state) for view in views for c in view.series.values()
        )
        if self.stack.state != "filled":
            self.stack.show_filled()
        if not self.isVisible():
            return
        self.drawer.begin(self._runs)
        self._arrange()
        drawings = {}
        for card in self.grid.in_view():
            canvas, plot = card.canvas, self.board.plot(card.plot)
            size = (canvas.n_buckets, canvas.height())
            drawings[card] = self.drawer.draw(plot, *size, card.drawing)
        n_lines = sum(len(drawing.lines) for drawing in drawings.values())
        for card, drawing in drawings.items():
            card.show_drawing(drawing, n_lines)
        curves = [c for view in views for c in view.series.values()]
        span = self.drawer.axis.span(curves)
        self.bar.refresh(has_samples=self.drawer.axis.samples.is_known, span=span)
        self._show_cursor()

    def _arrange(self) -> None:
        """Make the cards of the plots that there are, and show those that are to be seen."""
        board = self.board
        shown = board.shown()
        ids = {plot.id for plot in board.plots}
        for gone in [id for id in self.cards if id not in ids]:
            card = self.cards.pop(gone)
            card.hide()
            card.deleteLater()
        for plot in shown:
            if plot.id not in self.cards:
                self.cards[plot.id] = self._make_card(plot.id)
        n_columns = 1 if board.maximised >= 0 else board.look.n_columns
        self.grid.show_cards([self.cards[plot.id] for plot in shown], n_columns)
        if not self.list.isHidden():
            self.list.refresh()

    def _make_card(self, plot: int) -> PlotCard:
        card = PlotCard(plot, self.board, self._theme, self.grid.page)
        card.hovered.connect(self._on_hovered)
        card.chosen.connect(self._on_chosen)
        card.compile_clicked.connect(self._on_compile_clicked)
        card.unpinned.connect(self._on_unpinned)
        card.list_wanted.connect(lambda: self._show_list(plot))
        card.export_wanted.connect(lambda what: self.saving.export(card, what))
        return card

    def _show_cursor(self) -> None:
        """Say in every plot that is seen what its curves are at the cursor, else at the pin."""
        pin = self._pinned_place()
        place = self._cursor if not math.isnan(self._cursor) else pin
        window = self.board.look.window
        for card in self.grid.in_view():
            readings = []
            if not math.isnan(place) and card.drawing is not None:
                lines = card.drawing.all_lines
                averages, axis = self.drawer.averages, self.drawer.axis
                readings = read_at(lines, place, axis, averages, window)
            card.show_cursor(self._cursor, pin, readings)

    def _pinned_place(self) -> float:
        """Return the place of the step that is selected, NaN if none is."""
        selection, run = self._session.selection, self._run
        if selection.kind != "series" or selection.step < 0 or run is None:
            return math.nan
        curve = run.series.get(selection.series)
        point = curve.near(selection.step, "step") if curve is not None else None
        return self.drawer.axis.place_of(point) if point is not None else math.nan

    def _on_run_changed(self) -> None:
        run = self._session.run
        if run is not self._run:
            self._run = run
            self._cursor = math.nan
            self.drawer.averages.forget()
            self.board.forget_names()
            self._restore()
            self._gather_runs()
        if run is None:
            self.stack.show_empty()
        elif not run.series:
            if run.is_live:
                self.stack.show_working(f"{Path(run.script).name} has returned no scalar yet")
            else:
                self.stack.show_empty("No curves", "No jitted call of this run returned a scalar.")
        self._redraw_soon()

    def _gather_runs(self) -> None:
        """Draw the run at hand, and over it those that were chosen for comparison."""
        for shown in self._runs:
            shown.view.curves_refined.disconnect(self._on_refined, missing_ok=True)
        runs = [] if self._run is None else [ShownRun(self._run, "")]
        kept = self._session.runs
        runs += [ShownRun(v, kept.label(v)) for v in kept.overlaid if v is not self._run]
        self._runs = tuple(runs)
        for shown in self._runs:
            shown.view.curves_refined.connect(self._on_refined)
        self._redraw_soon()

    def _on_refined(self) -> None:
        self.drawer.on_refined()
        self._redraw_soon()

    def _on_metrics_arrived(self, _batch: object) -> None:
        self._redraw_soon()

    def _redraw_soon(self) -> None:
        if not self._redraw.isActive():
            self._redraw.start(REDRAW_MS)

    def _on_board_changed(self) -> None:
        # What the user does is seen in the next frame, however much comes in.
        self._redraw.start(0)
        self._save.start()

    def _on_hovered(self, place: float) -> None:
        self._cursor = place
        self._point_at.start()

    def _on_chosen(self, series: int, step: int) -> None:
        self._session.select(Selection(kind="series", series=series, step=step))

    def _on_unpinned(self) -> None:
        series = self._session.selection.series
        self._session.select(Selection(kind="series", series=series))

    def _on_compile_clicked(self, event: CompileEvent) -> None:
        self._session.select(selection_of(event))

    def _on_selection_changed(self) -> None:
        """Mark the plot of the selected curve, and bring it into view."""
        selection = self._session.selection
        wanted = selection.series if selection.kind == "series" else -1
        for card in self.cards.values():
            card.mark_selected(wanted)
            if wanted in card.series and not card.isHidden():
                self.grid.ensureWidgetVisible(card)
        self._point_at.start()

    def _show_list(self, plot: int = -1) -> None:
        self.list.choose(plot)
        self.list.show()

    def _on_list_wanted(self) -> None:
        if self.list.isHidden():
            self.focus_search()
        else:
            self.list.hide()

    def _show_menu(self, below: QWidget) -> None:
        """Show the menu of all plots."""
        board = self.board
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("New plot", lambda: self._show_list(board.new_plot()))
        groups = groups_of(name for name in board.names if not board.is_state(name))
        together = menu.addMenu("Draw together")
        for leaf, names in groups[:20]:
            words = f"{leaf}: {', '.join(names)}".replace("&", "&&")
            together.addAction(words, lambda names=names: self._draw_together(names))
        if len(groups) > 1:
            together.addSeparator()
            together.addAction("All of these", lambda: board.arrange([g for _, g in groups]))
        together.setEnabled(bool(groups))
        menu.addAction("A plot for each curve", lambda: board.arrange(()))
        menu.addSeparator()
        columns = menu.addMenu("Columns")
        group = QActionGroup(columns)
        for n in range(MOST_COLUMNS + 1):
            action = columns.addAction(str(n) if n else "As fits")
            action.setCheckable(True)
            action.setChecked(n == board.look.n_columns)
            action.triggered.connect(lambda _on, n=n: board.change_look(n_columns=n))
            group.addAction(action)
        linked = menu.addAction("All plots show the same stretch")
        linked.setCheckable(True)
        linked.setChecked(board.look.is_linked)
        linked.toggled.connect(lambda on: board.change_look(is_linked=on))
        menu.addAction("Fit the values of all", lambda: board.change_all(y_range=None))
        menu.popup(below.mapToGlobal(below.rect().bottomLeft()))

    def _draw_together(self, names: tuple[str, ...]) -> None:
        """Put `names` into the first plot that holds one of them, out of those of their own."""
        board = self.board
        target = next((p.id for p in board.plots if set(p.names) & set(names)), None)
        if target is None:
            board.new_plot(names)
            return
        board.add(target, names)
        for plot in board.plots:
            if plot.id != target and plot.names and set(plot.names) <= set(names):
                board.remove(plot.id)

    def _show_export_menu(self, below: QWidget) -> None:
        menu = self.saving.menu(self.grid.n_columns)
        menu.popup(below.mapToGlobal(below.rect().bottomLeft()))

    def _restore(self) -> None:
        """Take up the plots of the script of this run, if it is another one than before."""
        run, settings = self._run, self._settings
        if run is None or settings is None or run.script == self._script:
            return
        self._remember()
        self._script = run.script
        self.board.restore(remembered(settings[CURVE_PLOTS], run.script))

    def _remember(self) -> None:
        settings = self._settings
        if settings is not None and self._script:
            known = remember(settings[CURVE_PLOTS], self._script, self.board.saved())
            settings[CURVE_PLOTS] = known

    def _tell(self, words: str) -> None:
        """Say something in the line below the window."""
        QApplication.sendEvent(self, QStatusTipEvent(words))

    def _first_canvas(self) -> QWidget:
        cards = self.grid.in_view()
        return cards[0].canvas if cards else self.bar.axis_box

    def _filled(self) -> QWidget:
        filled = QWidget(self)
        filled.setProperty("surface", "base")
        split = QSplitter(Qt.Orientation.Horizontal, filled)
        split.setHandleWidth(1)
        split.addWidget(self.list)
        split.addWidget(self.grid)
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(split, 1)
        return filled

    def _connect(self) -> None:
        session = self._session
        self.bar.list_wanted.connect(self._on_list_wanted)
        self.bar.menu_wanted.connect(self._show_menu)
        self.bar.export_menu_wanted.connect(self._show_export_menu)
        self.list.left.connect(self.list.hide)
        self.grid.verticalScrollBar().valueChanged.connect(lambda _at: self._redraw.start(0))
        self.drawer.averages.refined.connect(self._redraw_soon)
        self.board.changed.connect(self._on_board_changed)
        session.run_changed.connect(self._on_run_changed)
        session.metrics_arrived.connect(self._on_metrics_arrived)
        session.compiled.connect(self._on_metrics_arrived)
        session.selection_changed.connect(self._on_selection_changed)
        session.runs.overlaid_changed.connect(self._gather_runs)
        self.destroyed.connect(lambda: _disconnect(session, self))


def _disconnect(session: Session, view: CurvesView) -> None:
    session.run_changed.disconnect(view._on_run_changed, missing_ok=True)
    session.metrics_arrived.disconnect(view._on_metrics_arrived, missing_ok=True)
    session.compiled.disconnect(view._on_metrics_arrived, missing_ok=True)
    session.selection_changed.disconnect(view._on_selection_changed, missing_ok=True)
    session.runs.overlaid_changed.disconnect(view._gather_runs, missing_ok=True)
    session.plots.changed.disconnect(view._on_board_changed, missing_ok=True)
    view.drawer.averages.refined.disconnect(view._redraw_soon, missing_ok=True)
    for shown in view._runs:
        shown.view.curves_refined.disconnect(view._on_refined, missing_ok=True)
