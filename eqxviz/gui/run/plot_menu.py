"""The menu of a plot, and of one curve in it."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from eqxviz.session.formatting import elide_middle
from eqxviz.session.plots.alike import leaf_name
from eqxviz.session.plots.board import Board, Plot

_MOST_NAMES = 15
_LONGEST = 48


Ask = Callable[[str], None]


def plot_menu(parent: QWidget, board: Board, plot: Plot, ask: Ask, name: str = "") -> QMenu:
    """Return what can be done with `plot`, and first with its curve `name`, if one is meant.

    What the board does not do is asked for: "list", "reset", "copy", "picture" or "csv".
    """
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if name:
        _add_curve(menu, board, plot, name)
    _add_names(menu, board, plot, ask)
    menu.addSeparator()
    _add_switch(menu, "Logarithmic values\tL", plot.is_log, lambda on: board.change(
        plot.id, is_log=on, y_range=None))  # fmt: skip
    _add_switch(menu, "Leave outliers out of sight", plot.clips, lambda on: board.change(
        plot.id, clips=on, y_range=None))  # fmt: skip
    fit = menu.addAction("Fit the values", lambda: board.change(plot.id, y_range=None))
    fit.setEnabled(plot.y_range is not None)
    menu.addAction("Show everything\t0", lambda: ask("reset"))
    menu.addSeparator()
    is_large = board.maximised == plot.id
    words = "Show all plots" if is_large else "Give it all the room"
    menu.addAction(f"{words}\tM", lambda: board.maximise(plot.id))
    if not is_large:
        menu.addAction("Move it forward", lambda: board.move(plot.id, -1))
        menu.addAction("Move it back", lambda: board.move(plot.id, 1))
    menu.addSeparator()
    menu.addAction("Copy the picture", lambda: ask("copy"))
    menu.addAction("Export the picture...", lambda: ask("picture"))
    menu.addAction("Export the values in view...", lambda: ask("csv"))
    menu.addSeparator()
    menu.addAction("Remove the plot\tDel", lambda: board.remove(plot.id))
    return menu


def _add_curve(menu: QMenu, board: Board, plot: Plot, name: str) -> None:
    verb = "Show" if name in plot.hidden else "Hide"
    menu.addAction(f"{verb} {_short(name)}", lambda: board.toggle(plot.id, name))
    others = frozenset(plot.names) - {name}
    alone = menu.addAction("Show it alone", lambda: board.change(plot.id, hidden=others))
    alone.setEnabled(len(plot.names) > 1)
    menu.addAction("Take it out of the plot", lambda: board.take_out(plot.id, name))

    def to_own() -> None:
        board.take_out(plot.id, name)
        board.new_plot((name,))

    own = menu.addAction("Give it a plot of its own", to_own)
    own.setEnabled(len(plot.names) > 1)
    menu.addSeparator()


def _add_names(menu: QMenu, board: Board, plot: Plot, ask: Ask) -> None:
    """Add a menu of the curves that are not in the plot: those of a like name come first."""
    leaves = {leaf_name(name) for name in plot.names}
    missing = [name for name in board.names if name not in plot.names]
    missing.sort(key=lambda name: (leaf_name(name) not in leaves, board.is_state(name)))
    more = menu.addMenu("Add a curve")
    for name in missing[:_MOST_NAMES]:
        more.addAction(_short(name), lambda name=name: board.add(plot.id, (name,)))
    more.setEnabled(bool(missing))
    if plot.hidden:
        menu.addAction("Show its hidden curves", lambda: board.change(plot.id, hidden=frozenset()))
    menu.addAction("Choose its curves...", lambda: ask("list"))


def _add_switch(menu: QMenu, words: str, is_on: bool, switch: Callable[[bool], None]) -> None:
    action = QAction(words, menu, checkable=True)
    action.setChecked(is_on)
    action.toggled.connect(switch)
    menu.addAction(action)


def _short(name: str) -> str:
    return elide_middle(name, _LONGEST).replace("&", "&&")
