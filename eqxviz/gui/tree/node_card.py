"""The card about the node that the pointer rests on."""

from dataclasses import replace

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.tree.model import TreeModel
from eqxviz.gui.tree.table import TreeTable
from eqxviz.gui.widgets import HoverCard
from eqxviz.session.details import node_details
from eqxviz.session.dynamics.dynamics import TITLES
from eqxviz.session.facts import Fact
from eqxviz.session.session import Session


class NodeCard(HoverCard):
    """Tells of a row of the tree beside it, until the pointer goes or a menu is asked for."""

    def __init__(
        self, session: Session, model: TreeModel, table: TreeTable, theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(theme, parent)
        self._session = session
        self._model = model
        table.rested.connect(self._on_rested)
        table.menu_wanted.connect(self._on_menu_wanted)

    def _on_menu_wanted(self, node: int, at: QPoint) -> None:
        self.hide()

    def _on_rested(self, node: int, row: QRect) -> None:
        outline = self._model.outline
        if node < 0 or outline is None:
            self.hide()
            return
        told = node_details(outline.tree, node, self._session.xray)
        strips = self._session.dynamics.strips()
        if strips is not None and (text := self._model.cells_text(node, "dynamics")):
            facts = (*told.facts, Fact(TITLES[strips.shown], text))
            told = replace(told, facts=facts)
        self.show_beside(told, row)
