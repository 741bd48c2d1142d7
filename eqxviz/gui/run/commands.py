"""What the actions on curves do in a view of them."""

from collections.abc import Callable

from PySide6.QtWidgets import QApplication

from eqxviz.gui.run.grid import PlotGrid
from eqxviz.gui.run.plot_card import PlotCard
from eqxviz.gui.run.removal import Removal
from eqxviz.gui.run.saving import PlotSaving
from eqxviz.gui.run.toolbar import PlotsBar
from eqxviz.session.plots.board import Board
from eqxviz.session.plots.commands import COMMANDS


class PlotCommands:
    """Does by its name what the board can do, and what only a view can: lists, files, a plot."""

    def __init__(
        self,
        board: Board,
        bar: PlotsBar,
        grid: PlotGrid,
        saving: PlotSaving,
        removal: Removal,
        list_curves_of: Callable[[int], None],
    ) -> None:
        self._board = board
        self._grid = grid
        self._own: dict[str, Callable[[], object]] = {
            "new": lambda: list_curves_of(board.new_plot()),
            "list": bar.list_wanted.emit,
            "bring_back": removal.undo,
            "follow_all": lambda: bar.follow("all"),
            "follow_newest": lambda: bar.follow("newest"),
            "follow_still": lambda: bar.follow("still"),
            "maximise": lambda: self._with_card(lambda card: board.maximise(card.plot)),
            "remove": lambda: self._with_card(lambda card: board.remove(card.plot)),
            "copy": lambda: self._with_card(saving.copy),
            "picture": lambda: saving.ask_picture(None, grid.n_columns),
            "csv": lambda: saving.ask_csv(None, is_all=False),
            "all_csv": lambda: saving.ask_csv(None, is_all=True),
        }

    def do(self, name: str) -> None:
        """Do what the action "curves.`name`" says."""
        if name in COMMANDS:
            COMMANDS[name](self._board)
        else:
            self._own[name]()

    def _with_card(self, act: Callable[[PlotCard], object]) -> None:
        """Act on the plot that has the keyboard, else that of the selected curve, or the first."""
        cards = self._grid.cards
        focused = QApplication.focusWidget()
        in_focus = (c for c in cards if focused is not None and c.isAncestorOf(focused))
        chosen = next(in_focus, None) or next((c for c in cards if c.is_selected), None)
        if cards:
            act(chosen or cards[0])
