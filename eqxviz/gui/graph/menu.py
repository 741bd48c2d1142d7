"""The menu of a box, a frame, or the empty canvas."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from eqxviz.gui.graph.scene import Hit, Scene
from eqxviz.layout import BoxKind
from eqxviz.session.graphs import GraphTab

if TYPE_CHECKING:
    from eqxviz.gui.graph.page import GraphPage


def graph_menu(page: "GraphPage", scene: Scene, tab: GraphTab, hit: Hit) -> QMenu:
    """Return what can be done with what was hit; the menu deletes itself when it closes."""
    menu = QMenu(page)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if hit != Hit():
        menu.addAction("Copy", page.copy)
    if hit.box >= 0:
        _add_box_actions(menu, page, scene, tab, hit.box)
    around = int(scene.seen.box_frame[hit.box]) if hit.box >= 0 else hit.frame
    if around > 0:
        title = scene.titles[around].title
        menu.addAction(f"Fold {title}", lambda: page.toggle(Hit(frame=around)))
    menu.addSeparator()
    everything = frozenset(range(len(scene.graph.group_parent)))
    if scene.open_groups < everything:
        menu.addAction("Unfold all", lambda: page.refold(everything))
    if len(scene.frames) > 1:
        menu.addAction("Fold all", lambda: page.refold(frozenset({0})))
    menu.addAction("Show the whole graph", page.canvas.fit)
    return menu


def _add_box_actions(menu: QMenu, page: "GraphPage", scene: Scene, tab: GraphTab, box: int) -> None:
    kind, item = scene.seen.key(box)
    if kind == BoxKind.EQUATION:
        file, line = tab.links.source_of(item)
        if file:
            menu.addAction("Show source", lambda: page.select_source(file, line))
    inputs = scene.seen.edge_from[scene.seen.edge_to == box].tolist()
    if inputs:
        menu.addAction("Select inputs", lambda: page.mark(Hit(box=box), inputs))
    if scene.inside(box):
        menu.addAction("Unfold", lambda: page.toggle(Hit(box=box)))
