"""The menu of a box, an edge, a frame, or the empty canvas."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from eqxviz.gui.graph.folding import Folds, add_folding
from eqxviz.gui.graph.scene import Hit, Scene
from eqxviz.layout import BoxKind
from eqxviz.session.details import Details
from eqxviz.session.selection import Selection

_MOST_LEAVES = 6


class GraphCommands(Folds, Protocol):
    """What the entries of the menu do.

    `ask` is told "dependents", "dependencies", "path", "clear", "text" or "non-finite".
    """

    def copy_text(self, text: str) -> None: ...
    def copy(self) -> None: ...
    def toggle(self, hit: Hit) -> None: ...
    def ask(self, what: str) -> None: ...
    def want_selection(self, selection: Selection) -> None: ...
    def show_all(self) -> None: ...


def graph_menu(
    commands: GraphCommands, scene: Scene, hit: Hit, details: Details, parent: QWidget
) -> QMenu:
    """Return what can be done with what was hit; the menu deletes itself when it closes."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if hit != Hit():
        _add_ways(menu, commands)
        _add_places(menu, commands, scene, hit, details)
        _add_copying(menu, commands, details)
        menu.addSeparator()
    if hit.box >= 0 and scene.inside(hit.box):
        menu.addAction("Unfold", lambda: commands.toggle(hit))
    around = int(scene.seen.box_frame[hit.box]) if hit.box >= 0 else hit.frame
    if around > 0:
        title = scene.titles[around].title
        menu.addAction(f"Fold {title}", lambda: commands.toggle(Hit(frame=around)))
    add_folding(menu, commands, scene, hit)
    menu.addSeparator()
    menu.addAction("Show the whole graph", commands.show_all)
    return menu


def _add_ways(menu: QMenu, commands: GraphCommands) -> None:
    for what, words, key in (
        ("dependents", "Show what depends on it", "D"),
        ("dependencies", "Show what it depends on", "A"),
        ("path", "Show the paths to or from ...", "P"),
    ):
        # The key belongs to the canvas: here it is only said.
        menu.addAction(f"{words}\t{key}", _asking(commands, what))
    menu.addSeparator()


def _add_places(
    menu: QMenu, commands: GraphCommands, scene: Scene, hit: Hit, details: Details
) -> None:
    links = [(fact.value, fact.link) for fact in details.facts if fact.link is not None]
    for _, link in links:
        if link.kind == "source":
            menu.addAction("Show the source", _wanting(commands, link))
            break
    if hit.box >= 0 and scene.seen.box_kind[hit.box] == BoxKind.EQUATION:
        menu.addAction("Show in the printed jaxpr", _asking(commands, "text"))
    if hit.box >= 0 and scene.seen.box_kind[hit.box] == BoxKind.OUTPUT:
        menu.addAction("Find its first NaN or Inf", _asking(commands, "non-finite"))
    leaves = {words.split("  ")[0]: link for words, link in links if link.kind == "node"}
    for words, link in list(leaves.items())[:_MOST_LEAVES]:
        menu.addAction(f"Select {words} in the tree", _wanting(commands, link))


def _add_copying(menu: QMenu, commands: GraphCommands, details: Details) -> None:
    copying = menu.addMenu("Copy")
    copying.addAction("Name", lambda: commands.copy_text(details.title))
    path = next((fact.value for fact in details.facts if fact.name == "In"), "")
    if path:
        copying.addAction("Path", lambda: commands.copy_text(f"{path} › {details.title}"))
    copying.addAction("Everything known\tCtrl+C", commands.copy)


def _asking(commands: GraphCommands, what: str) -> Callable[[], None]:
    return lambda: commands.ask(what)


def _wanting(commands: GraphCommands, selection: Selection) -> Callable[[], None]:
    return lambda: commands.want_selection(selection)
