"""A word about a plot that was removed, with a button that undoes it."""

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from eqxviz.gui.run.plot_card import title_of
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import Toast
from eqxviz.session.plots.board import Board, Plot


class Removal(QObject):
    """Says which plot of `board` was removed, and brings back the last one.

    Signals:
        done: A sentence about what was brought back.
    """

    done = Signal(str)

    def __init__(self, board: Board, theme: Theme, view: QWidget) -> None:
        super().__init__(view)
        self._board, self._theme, self._view = board, theme, view
        self.toast: Toast | None = None
        board.removed.connect(self._on_removed)
        self.destroyed.connect(lambda: board.removed.disconnect(self._on_removed, missing_ok=True))

    def undo(self) -> None:
        """Bring back the plot that was removed last."""
        plot = self._board.bring_back()
        if self.toast is not None:
            self.toast.hide()
        self.done.emit(f"{title_of(plot)} is back" if plot is not None else "No plot was removed")

    def _on_removed(self, plot: Plot) -> None:
        if self.toast is None:  # the view is in its window by now
            self.toast = Toast(self._theme, self._view.window())
            self.toast.clicked.connect(self.undo)
            self.toast.button.setToolTip("Ctrl+Z")
        self.toast.say(
            f"Removed the plot of {title_of(plot)}", "mdi6.close-box-outline", act="Undo"
        )
