"""What can be done with a node of the tree: its context menu."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from eqxviz.records import ModelTree
from eqxviz.session import formatting, paths
from eqxviz.session.filters.filter_spec import can_be_trained
from eqxviz.session.paths import Written

MOST_DEPTH = 9
_MOST_PLACES = 12
_LONGEST_PATH = 60  # letters


@dataclass(frozen=True)
class MenuActions:
    """What the view does when an entry is chosen; the argument is a node, a depth or a column."""

    go: Callable[[int], None]
    show_source: Callable[[int], None]
    edit_source: Callable[[int], None]
    unfold_below: Callable[[int, bool], None]
    to_depth: Callable[[int], None]  # -1: all
    draw: Callable[[int], None]
    freeze: Callable[[int], None]
    save: Callable[[int], None]
    can_save: bool  # a process has its values
    fill_columns: Callable[[QMenu], None]


def node_menu(tree: ModelTree, node: int, do: MenuActions, parent: QWidget) -> QMenu:
    """Return the menu of `node`. What cannot be done is there all the same, with the reason."""
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    for title, key, written in copies(tree, node):
        _add_copy(menu, title, key, written)
    menu.addSeparator()
    kind = int(tree.type[node])
    has_source = kind >= 0 and int(tree.type_line[kind]) > 0
    show = menu.addAction("Show the class's source", lambda: do.show_source(node))
    edit = menu.addAction("Open the class in the editor", lambda: do.edit_source(node))
    for action in (show, edit):
        action.setEnabled(has_source)
        action.setToolTip("" if has_source else "No file is known that defines its class")
    if tree.n_children[node]:
        draw = menu.addAction("Draw as a graph", lambda: do.draw(node))
        draw.setEnabled(tree.can_be_called(node))
        draw.setToolTip("" if draw.isEnabled() else "Its class has no __call__")
    freeze = menu.addAction("Freeze this layer\tCtrl+Shift+F", lambda: do.freeze(node))
    freeze.setEnabled(tree.is_complete and can_be_trained(tree, node))
    freeze.setToolTip("" if freeze.isEnabled() else "No floating-point array is in it")
    save = menu.addAction("Save in Equinox's format…\tCtrl+S", lambda: do.save(node))
    save.setEnabled(do.can_save)
    save.setToolTip("" if do.can_save else "No process has its values")
    _add_places(menu, tree, node, do)
    _add_states(menu, tree, node, do)
    menu.addSeparator()
    if tree.n_children[node]:
        menu.addAction("Unfold all below\t*", lambda: do.unfold_below(node, True))
        menu.addAction("Fold all below", lambda: do.unfold_below(node, False))
    fill_depths(menu.addMenu("Unfold to depth"), do.to_depth)
    do.fill_columns(menu.addMenu("Columns"))
    return menu


def copies(tree: ModelTree, node: int) -> tuple[tuple[str, str, Written], ...]:
    """Return the ways to write where `node` is: title, key, and the text."""
    return (
        ("Copy the path", "Ctrl+C", paths.python_path(tree, node)),
        ("Copy as a tree_at lambda", "Ctrl+Shift+C", paths.tree_at_lambda(tree, node)),
        ("Copy as a key path", "", paths.key_path(tree, node)),
    )


def fill_depths(menu: QMenu, to_depth: Callable[[int], None]) -> None:
    """Put an entry for each depth into `menu`."""
    for depth in range(1, MOST_DEPTH + 1):
        words = "1 level" if depth == 1 else f"{depth} levels"
        menu.addAction(f"{words}\tCtrl+{depth}", lambda d=depth: to_depth(d))
    menu.addAction("All levels\tCtrl+0", lambda: to_depth(-1))


def _add_copy(menu: QMenu, title: str, key: str, written: Written) -> None:
    action = QAction(f"{title}\t{key}" if key else title, menu)
    action.triggered.connect(lambda: QApplication.clipboard().setText(written.text))
    if written.fault:
        action.setText(f"{title}: not as code")
        action.setEnabled(False)
    action.setToolTip(written.fault or written.text)
    menu.addAction(action)


def _add_places(menu: QMenu, tree: ModelTree, node: int, do: MenuActions) -> None:
    places = tree.places(int(tree.share[node]))
    if not len(places):
        return
    others = [int(n) for n in places[: _MOST_PLACES + 1] if n != node][:_MOST_PLACES]
    same = menu.addMenu(f"The same object at {len(places)} places")
    for other in others:
        same.addAction(_short(tree.path(other)), lambda o=other: do.go(o))
    if (n_more := len(places) - 1 - len(others)) > 0:
        more = same.addAction(f"and {n_more:,} more")
        more.setEnabled(False)


def _add_states(menu: QMenu, tree: ModelTree, node: int, do: MenuActions) -> None:
    """Offer the way from an optimiser's state to its parameter, and back."""
    names = tree.strings
    at = int(np.searchsorted(tree.state_node, node))
    if at < len(tree.state_node) and tree.state_node[at] == node:
        param = int(tree.state_param[at])
        menu.addAction(f"Go to its parameter, {_short(tree.path(param))}", lambda: do.go(param))
    for row in np.flatnonzero(tree.state_param == node)[:_MOST_PLACES].tolist():
        state, name = int(tree.state_node[row]), names[int(tree.state_name[row])]
        menu.addAction(f"Go to its {name}, {_short(tree.path(state))}", lambda s=state: do.go(s))


def _short(path: str) -> str:
    return formatting.elide_middle(path, _LONGEST_PATH).replace("&", "&&")
