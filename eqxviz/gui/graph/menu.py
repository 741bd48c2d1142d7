"""The menu of a box, a frame, or the empty canvas."""

from collections.abc import Collection
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from eqxviz.gui.graph.folding import add_folding
from eqxviz.gui.graph.scene import Hit, Scene
from eqxviz.layout import BoxKind
from eqxviz.session.graphs import GraphTab


class GraphCommands(Protocol):
    """What the entries of the menu do."""

    def copy(self) -> None: ...
    def toggle(self, hit: Hit) -> None: ...
    def refold(
        self,
        opened: frozenset[int],
        keep: tuple[int, int] | None = None,
        once: frozenset[int] | None = None,
    ) -> None: ...
    def mark(self, hit: Hit, related: Collection[int]) -> None: ...
    def select_source(self, file: str, line: int) -> None: ...
    def show_all(self) -> None: ...


def graph_menu(
    commands: GraphCommands, scene: Scene, tab: GraphTab, hit: Hit, parent: QWidget
) -> QMenu:
    """Return what can be done with what was hit; the menu deletes itself when it closes."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if hit != Hit():
        menu.addAction("Copy", commands.copy)
    if hit.box >= 0:
        _add_box_actions(menu, commands, scene, tab, hit)
    around = int(scene.seen.box_frame[hit.box]) if hit.box >= 0 else hit.frame
    if around > 0:
        title = scene.titles[around].title
        menu.addAction(f"Fold {title}", lambda: commands.toggle(Hit(frame=around)))
    menu.addSeparator()
    add_folding(menu, commands, scene, hit)
    menu.addSeparator()
    menu.addAction("Show the whole graph", commands.show_all)
    return menu


def _add_box_actions(
    menu: QMenu, commands: GraphCommands, scene: Scene, tab: GraphTab, hit: Hit
) -> None:
    kind, item = scene.seen.key(hit.box)
    if kind == BoxKind.EQUATION:
        file, line = tab.links.source_of(item)
        if file:
            menu.addAction("Show source", lambda: commands.select_source(file, line))
    inputs: list[int] = scene.seen.edge_from[scene.seen.edge_to == hit.box].tolist()
    if inputs:
        menu.addAction("Select inputs", lambda: commands.mark(hit, inputs))
    if scene.inside(hit.box):
        menu.addAction("Unfold", lambda: commands.toggle(hit))
