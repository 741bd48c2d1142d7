"""All curves of the run in plots, redrawn at most 30 times a second, and only where seen."""

import time
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QStatusTipEvent
from PySide6.QtWidgets import QApplication, QMenu, QSplitter, QVBoxLayout, QWidget

from eqxviz.gui.run.board_menu import board_menu
from eqxviz.gui.run.commands import PlotCommands
from eqxviz.gui.run.curve_list import CurveList
from eqxviz.gui.run.grid import PlotGrid
from eqxviz.gui.run.keeping import BoardKeeping
from eqxviz.gui.run.plot_card import PlotCard
from eqxviz.gui.run.pointing import Pointing
from eqxviz.gui.run.removal import Removal
from eqxviz.gui.run.saving import PlotSaving
from eqxviz.gui.run.toolbar import PlotsBar
from eqxviz.gui.settings import Settings
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import StateStack, hand_focus_on, tab_in_turn
from eqxviz.session.plots.averages import Averages
from eqxviz.session.plots.drawing import Drawer
from eqxviz.session.plots.lines import ShownRun
from eqxviz.session.run_view import RunView
from eqxviz.session.session import Session

REDRAW_MS = 33

_NO_CURVES = (
    "No jitted call of this run returned a scalar. eqxviz.log(loss=loss) in the script makes a "
    "curve of any number."
)


class CurvesView(QWidget):
    """The scalars of a run as live curves. What is not seen is not drawn."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._run: RunView | None = None
        self._runs: tuple[ShownRun, ...] = ()
        self._drawn_at = 0.0
        self.board = session.plots
        self.drawer = Drawer(self.board, Averages(session.in_background))
        self.cards: dict[int, PlotCard] = {}
        self.bar = PlotsBar(self.board, theme, self)
        self.grid = PlotGrid(self)
        self._pointing = Pointing(session, self.board, self.drawer, self.grid)
        self._keeping = BoardKeeping(self.board, self)
        self.list = CurveList(self.board, theme, self)
        self.list.hide()
        self.saving = PlotSaving(session, self.board, self.drawer, theme, self)
        self.saving.done.connect(self._tell)
        self.removal = Removal(self.board, theme, self)
        self.removal.done.connect(self._tell)
        self.commands = PlotCommands(
            self.board, self.bar, self.grid, self.saving, self.removal, self._show_list
        )
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
        self._connect()
        self._on_run_changed()

    def use_settings(self, settings: Settings) -> None:
        """Take up the plots of the script as they were left, and remember them from now on."""
        self._keeping.use_settings(settings)
        if self._run is not None:
            self._keeping.take_up(self._run.script)

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
        self._drawn_at = time.monotonic()
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
        self.bar.refresh(has_samples=self.drawer.axis.has_samples, span=span)
        self._pointing.show()

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
        cards = [self.cards[plot.id] for plot in shown]
        if self.grid.show_cards(cards, n_columns):
            tab_in_turn(self.bar.export_button, self.list, *cards)
            if self.hasFocus():
                self._first_canvas().setFocus()
        if not self.list.isHidden():
            self.list.refresh()

    def _make_card(self, plot: int) -> PlotCard:
        card = PlotCard(plot, self.board, self._theme, self.grid.page)
        self._pointing.follow(card)
        card.list_wanted.connect(lambda: self._show_list(plot))
        card.export_wanted.connect(lambda what: self.saving.export(card, what))
        return card

    def _on_run_changed(self) -> None:
        run = self._session.run
        is_other = run is not self._run
        if is_other:
            self._run = run
            self._pointing.forget()
            self.board.forget_names()
            if run is not None:
                self._keeping.take_up(run.script)
            self._gather_runs()
        if run is None:
            self.stack.show_empty()
        elif not run.series:
            if run.is_live:
                words = f"{Path(run.script).name} has returned no scalar yet"
                self.stack.show_working(words, is_other=is_other)
            else:
                self.stack.show_empty("No curves", _NO_CURVES)
        self._redraw_soon()

    def _gather_runs(self) -> None:
        """Draw the run at hand, and over it those that were chosen for comparison."""
        for shown in self._runs:
            shown.view.curves_refined.disconnect(self._on_refined, missing_ok=True)
        runs = [] if self._run is None else [ShownRun(self._run, "")]
        kept = self._session.runs
        runs += [ShownRun(v, kept.label(v)) for v in kept.overlaid if v is not self._run]
        self._runs = tuple(runs)
        self.drawer.averages.forget()
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
            # At once after a rest; while more and more comes in, `REDRAW_MS` apart.
            since_ms = (time.monotonic() - self._drawn_at) * 1e3
            self._redraw.start(max(round(REDRAW_MS - since_ms), 0))

    def _on_board_changed(self) -> None:
        # What the user does is seen in the next frame, however much comes in.
        self._redraw.start(0)
        self._keeping.keep_soon()

    def _on_selection_changed(self) -> None:
        """Mark the plot of the selected curve, and bring it into view."""
        selection = self._session.selection
        wanted = selection.series if selection.kind == "series" else -1
        for card in self.cards.values():
            card.mark_selected(wanted)
            if wanted in card.series and not card.isHidden():
                self.grid.ensureWidgetVisible(card)
        self._pointing.show_soon()

    def _show_list(self, plot: int = -1) -> None:
        self.list.choose(plot)
        self.list.show()

    def _on_list_wanted(self) -> None:
        if self.list.isHidden():
            self.focus_search()
        else:
            self.list.hide()

    def _tell(self, words: str) -> None:
        """Say something in the line below the window."""
        QApplication.sendEvent(self, QStatusTipEvent(words))

    def _first_canvas(self) -> QWidget:
        cards = self.grid.in_view()
        return cards[0].canvas if cards else self

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
        self.bar.menu_wanted.connect(
            lambda below: _pop_up(board_menu(self.board, self, self._show_list), below)
        )
        self.bar.export_menu_wanted.connect(
            lambda below: _pop_up(self.saving.menu(self.grid.n_columns), below)
        )
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


def _pop_up(menu: QMenu, below: QWidget) -> None:
    menu.popup(below.mapToGlobal(below.rect().bottomLeft()))


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
