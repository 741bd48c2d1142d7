"""The menu of all plots: new ones, which curves go together, and how the plots are arranged."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from eqxviz.session.plots.alike import groups_of
from eqxviz.session.plots.board import MOST_COLUMNS, Board

_MOST_GROUPS = 20


def board_menu(board: Board, parent: QWidget, list_curves_of: Callable[[int], None]) -> QMenu:
    """Return what can be done with all plots; the menu deletes itself when it closes."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.addAction("New plot", lambda: list_curves_of(board.new_plot()))
    back = menu.addAction("Bring back the removed plot\tCtrl+Z", board.bring_back)
    back.setEnabled(board.can_bring_back)
    groups = groups_of(name for name in board.names if not board.is_state(name))
    together = menu.addMenu("Draw together")
    for leaf, names in groups[:_MOST_GROUPS]:
        words = f"{leaf}: {', '.join(names)}".replace("&", "&&")
        together.addAction(words, lambda names=names: board.draw_together(names))
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
    return menu
