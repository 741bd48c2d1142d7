"""Where the user points in the plots: the cursor in all of them, the pin, and what is selected."""

import math

from PySide6.QtCore import QObject, QTimer

from eqxviz.gui.run.grid import PlotGrid
from eqxviz.gui.run.plot_card import PlotCard
from eqxviz.records import CompileEvent
from eqxviz.session.ledger.facts import selection_of
from eqxviz.session.plots.board import Board
from eqxviz.session.plots.drawing import Drawer
from eqxviz.session.plots.reading import read_at
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session


class Pointing(QObject):
    """One cursor for all plots of a grid. What moves it is shown once the event loop is idle."""

    def __init__(self, session: Session, board: Board, drawer: Drawer, grid: PlotGrid) -> None:
        super().__init__(grid)
        self._session, self._board, self._drawer, self._grid = session, board, drawer, grid
        self._place = math.nan  # of the cursor, on this axis
        self._axis = drawer.axis
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self.show)

    def follow(self, card: PlotCard) -> None:
        """Take in what is pointed at in `card`."""
        card.hovered.connect(self._on_hovered)
        card.chosen.connect(self._on_chosen)
        card.compile_clicked.connect(self._on_compile_clicked)
        card.unpinned.connect(self._on_unpinned)

    def forget(self) -> None:
        """Point at nothing: another run is shown."""
        self._place = math.nan

    def show_soon(self) -> None:
        """Show the cursor and the pin, as they are by then."""
        self._later.start()

    def show(self) -> None:
        """Say in every plot that is seen what its curves are at the cursor, else at the pin."""
        pin = self._pinned_place()
        axis = self._drawer.axis
        self._place, self._axis = axis.place_on(self._axis, self._place), axis
        place = self._place if not math.isnan(self._place) else pin
        window = self._board.look.window
        for card in self._grid.in_view():
            readings = []
            if not math.isnan(place) and card.drawing is not None:
                lines = card.drawing.all_lines
                readings = read_at(lines, place, axis, self._drawer.averages, window)
            card.show_cursor(self._place, pin, readings)

    def _pinned_place(self) -> float:
        """Return the place of the step that is selected, NaN if none is."""
        selection, run = self._session.selection, self._session.run
        if selection.kind != "series" or selection.step < 0 or run is None:
            return math.nan
        curve = run.series.get(selection.series)
        point = curve.near(selection.step, "step") if curve is not None else None
        if curve is None or point is None:
            return math.nan
        return self._drawer.axis.place_of(point, curve)

    def _on_hovered(self, place: float) -> None:
        self._place, self._axis = place, self._drawer.axis
        self.show_soon()

    def _on_chosen(self, series: int, step: int) -> None:
        self._session.select(Selection(kind="series", series=series, step=step))

    def _on_unpinned(self) -> None:
        series = self._session.selection.series
        self._session.select(Selection(kind="series", series=series))

    def _on_compile_clicked(self, event: CompileEvent) -> None:
        self._session.select(selection_of(event))
