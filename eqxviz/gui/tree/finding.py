"""Searching the tree: what was found is marked in the rows, counted and walked."""

import numpy as np

from eqxviz.gui.theme import Theme
from eqxviz.gui.tree.table import TreeTable
from eqxviz.gui.widgets import IconButton, SearchBar
from eqxviz.session.search import Known, Search
from eqxviz.session.session import Session


class Finding:
    """Ties a search to the line in which it is typed and to the rows that show it.

    While `only_button` is pressed, no rows show but the matches, what holds them, and what they
    hold.
    """

    def __init__(self, session: Session, table: TreeTable, bar: SearchBar, theme: Theme) -> None:
        self._session = session
        self._table = table
        self._bar = bar
        self._is_new = False  # the first match is to be shown
        self.search = Search(session, lambda: table.tree_model.outline, self._known)
        self.search.found.connect(self._on_found)
        session.statistics.changed.connect(self.search.learn)
        session.xray_changed.connect(self.search.learn)
        bar.searched.connect(self.ask)
        bar.stepped.connect(self.step)
        bar.left.connect(table.setFocus)
        words = "Show only what is found (Ctrl+Alt+F)"
        self.only_button = IconButton(theme, "mdi6.filter-variant", words, bar, size=16)
        self.only_button.setCheckable(True)
        self.only_button.toggled.connect(self.search.set_only)
        bar.add(self.only_button)

    def ask(self, text: str) -> None:
        """Search for `text`, and go to the first match when it is found."""
        if text != self.search.text or not text:
            self._is_new = bool(text.strip())
            self.search.ask(text)

    def refresh(self) -> None:
        """Search again: the tree is another one, has grown or is sorted in another way."""
        if self.search.text:
            self.search.refresh()

    def step(self, by: int) -> None:
        """Go to the next match (`by` 1) or the one before (-1), around the end."""
        if self.search.is_searching:
            self._is_new = True
            return
        node = self.search.step(by)
        if node >= 0:
            self._table.show_node(node)
        self._show_count()

    def switch_only(self) -> None:
        """Show only what is found, or all rows again."""
        self.only_button.toggle()

    def close(self) -> None:
        """Hear of no search any more."""
        self.search.found.disconnect(self._on_found, missing_ok=True)
        self._session.statistics.changed.disconnect(self.search.learn, missing_ok=True)
        self._session.xray_changed.disconnect(self.search.learn, missing_ok=True)

    def _known(self) -> Known:
        """Return what a search can know beside the tree."""
        xray = self._session.xray
        outline = self._table.tree_model.outline
        if xray is None or outline is None or xray.tree is not outline.tree:
            return Known()
        marks = xray.gradients
        gets = np.flatnonzero(marks.gets >= 0).astype(np.int32) if marks is not None else None
        statistics = self._session.statistics.columns
        return Known(statistics, outline.tree.state_param, gets)

    def _on_found(self) -> None:
        search = self.search
        is_any = len(search) > 0
        self._table.show_found(
            search.is_match if is_any else None, search.ancestors if is_any else None
        )
        self._bar.set_problem(search.problem)
        if not search.problem:  # while a pattern is being typed, the rows stay
            self._show_rows()
        if self._is_new and is_any and search.current < 0:
            self._table.show_node(search.step(1))
        self._is_new = self._is_new and not is_any
        self._show_count()

    def _show_rows(self) -> None:
        """Show the rows that are to show: those that were found, or all."""
        search, table, outline = self.search, self._table, self._table.tree_model.outline
        if outline is None or (search.kept is not None and len(search.kept) != len(outline.tree)):
            return  # it has grown, and is searched again
        current = table.current_node()
        kept = np.array([current] if current >= 0 else [], np.int32)
        table.change(
            outline.show_only, search.kept, kept if search.kept is None else search.matches
        )

    def _show_count(self) -> None:
        self._bar.set_hits(self.search.current, len(self.search))
