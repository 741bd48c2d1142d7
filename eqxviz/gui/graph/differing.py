"""The marks of a comparison on the boxes of the graph that is shown."""

import numpy as np
from PySide6.QtCore import QObject

from eqxviz.gui.graph.page import GraphPage
from eqxviz.gui.graph.painting import Mark, Marks
from eqxviz.session.graph_compare.comparing import GraphComparison
from eqxviz.session.graph_compare.difference import Status
from eqxviz.session.graph_compare.marking import box_statuses

_MARKS = {Status.CHANGED: Mark.CHANGED, Status.REMOVED: Mark.REMOVED, Status.ADDED: Mark.ADDED}


class DifferenceMarks(QObject):
    """Marks what differs on `page`, as long as its graph is one of two that are compared."""

    def __init__(self, page: GraphPage, comparison: GraphComparison) -> None:
        super().__init__(page)
        self._page = page
        self._comparison = comparison
        page.scene_shown.connect(self.refresh)
        comparison.changed.connect(self.refresh)
        self.destroyed.connect(lambda: comparison.changed.disconnect(self.refresh, missing_ok=True))

    def refresh(self) -> None:
        """Mark the boxes of the scene that is shown, or take the marks away."""
        scene, tab, found = self._page.scene, self._page.tab, self._comparison.found
        if scene is None:
            return
        side = self._comparison.side_of(tab) if tab is not None else -1
        if found is None or side < 0:
            self._page.canvas.set_marks(None)
            return
        statuses, words = box_statuses(found.difference, side, scene.seen)
        table = np.zeros(len(Status), np.uint8)
        for status, mark in _MARKS.items():
            table[status] = mark
        self._page.canvas.set_marks(Marks(table[statuses], words))
