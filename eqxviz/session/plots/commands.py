"""What can be done with all plots at once, by the names that the actions have for it."""

from collections.abc import Callable
from functools import partial

from eqxviz.session.plots.board import Board
from eqxviz.session.plots.scales import X_KINDS
from eqxviz.session.plots.smoothing import WINDOWS


def _switch_log(board: Board) -> None:
    is_log = not all(plot.is_log for plot in board.shown())
    board.change_all(is_log=is_log, y_range=None)


def _smooth(board: Board, by: int) -> None:
    at = WINDOWS.index(board.look.window) + by
    board.change_look(window=WINDOWS[min(max(at, 0), len(WINDOWS) - 1)])


def _switch(board: Board, name: str) -> None:
    board.change_look(**{name: not getattr(board.look, name)})


COMMANDS: dict[str, Callable[[Board], object]] = {
    "show_all": Board.show_all,
    "apart": lambda board: board.arrange(()),
    "log": _switch_log,
    "log_x": partial(_switch, name="is_log_x"),
    "state": partial(_switch, name="shows_state"),
    "linked": partial(_switch, name="is_linked"),
    "smoother": partial(_smooth, by=1),
    "rougher": partial(_smooth, by=-1),
    **{kind: lambda board, kind=kind: board.change_look(x=kind) for kind in X_KINDS},
}
