"""What the shown graph's function is lowered to: StableHLO, on request."""

from pathlib import Path

import numpy as np
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QVBoxLayout, QWidget

from eqxviz.gui.jaxpr.line_search import LineSearch
from eqxviz.gui.jaxpr.lines_pane import LinesPane
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ElidedLabel, FileAsker, StateStack, hand_focus_on
from eqxviz.session import formatting
from eqxviz.session.graphs import GraphTab
from eqxviz.session.lowered_text import LoweredLines
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session

_FILES = "StableHLO (*.mlir);;All files (*)"


class LoweredPage(QWidget):
    """Follows the graph tab in front. A click on a line selects the source that it comes from."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._asker = FileAsker(self)
        self._tab: GraphTab | None = None
        self._is_own = False  # the selection is being changed from here
        self.pane = LinesPane(theme, "StableHLO", self)
        self.pane.picked.connect(self._on_picked)
        self.search = LineSearch(
            session, theme, "Search the StableHLO, or /regex", self.pane, self._go_to, self
        )
        self.notice = ElidedLabel("", self)
        self.notice.setProperty("tone", "faint")
        self.notice.setContentsMargins(12, 4, 12, 4)
        filled = QWidget(self)
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.search, self.notice, self.pane):
            column.addWidget(widget)
        self.lower_action = QAction("Lower to StableHLO", self)
        self.lower_action.triggered.connect(self._on_lower_asked)
        self.stack = StateStack(
            theme,
            filled,
            icon="mdi6.chip",
            title="Not lowered yet",
            text="The program that JAX hands to the compiler, as text. Nothing is compiled, and "
            "the elements of large constants are left out.",
            action=self.lower_action,
            parent=self,
        )
        self.stack.cancelled.connect(self._on_cancelled)
        self.stack.retried.connect(self._on_lower_asked)
        self.stack.place_clicked.connect(self._select_source)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)
        hand_focus_on(self, lambda: self.pane)
        session.graphs_changed.connect(self._on_changed)
        session.lowering.changed.connect(self._on_changed)
        session.selection_changed.connect(self._on_selection_changed)
        self.destroyed.connect(lambda: _disconnect(session, self))
        self._on_changed()

    @property
    def lines(self) -> LoweredLines | None:
        """The program that is shown."""
        text = self.pane.text
        return text if isinstance(text, LoweredLines) else None

    def whole(self) -> str:
        """Return the whole program."""
        from eqxviz.session.lowered_text import whole_text

        return whole_text(self.lines.record) if self.lines is not None else ""

    def ask_save(self) -> None:
        """Ask where the program is to be written, and write it."""
        tab = self._tab
        if tab is None or self.lines is None:
            return
        path = str(Path.cwd() / formatting.file_name(tab.title, "program"))
        self._asker.file_to_write("Save the StableHLO", _FILES, path, self.save)

    def save(self, path: str) -> None:
        """Write the program to `path`; what comes of it is told above the lines."""
        if self._tab is None:
            return

        def said(why_not: str) -> None:
            name = Path(path).name
            self.notice.set_text(
                f"{name} was not written: {why_not}" if why_not else f"Saved {name}"
            )
            self.notice.show()

        self._session.lowering.save(self._tab, path, said)

    def _on_changed(self, _key: str = "") -> None:
        session = self._session
        self._tab = tab = session.tab_in_front
        self.lower_action.setEnabled(tab is not None and tab.graph is not None)
        known = session.lowering.of(tab) if tab is not None else None
        lines = known.lines if known is not None else None
        if lines is not self.lines:
            self._show(lines)
        if known is None or known.state == "empty":
            self.stack.show_empty()
        elif known.state == "working" and tab is not None:
            self.stack.show_working(f"Lowering {tab.title}")
        elif known.state == "failed" and known.problem is not None:
            self.stack.show_failed(known.problem)
        else:
            self.stack.show_filled()

    def _show(self, lines: LoweredLines | None) -> None:
        self.pane.show_text(lines)
        is_cut = lines is not None and lines.record.is_cut
        if lines is not None and is_cut:
            size = formatting.n_bytes(lines.record.n_bytes)
            self.notice.set_text(f"The first {len(lines):,} lines: the program has {size} of text")
        self.notice.setVisible(is_cut)
        if lines is not None:
            self.search.text_changed()
            self._show_selection(move=True)

    def _on_selection_changed(self) -> None:
        self._show_selection(move=not self._is_own)

    def _show_selection(self, *, move: bool) -> None:
        """Mark the lines that the selected source, or that of the selected equation, made."""
        lines, tab, selection = self.lines, self._tab, self._session.selection
        if lines is None or tab is None:
            return
        file, number = selection.file, selection.line
        if selection.kind == "equation" and selection.graph == tab.key:
            file, number = tab.links.source_of(selection.equation)
        elif selection.kind != "source":
            file = ""
        found = lines.lines_at(file, number) if file else np.zeros(0, np.int64)
        self.pane.mark(related=found.tolist())
        if move and len(found):
            self.pane.bring_into_sight(int(found[0]))

    def _go_to(self, line: int) -> None:
        self.pane.go_to(line)
        self._on_picked(line)

    def _on_picked(self, line: int) -> None:
        file, number = self.lines.source_of(line) if self.lines is not None else ("", 0)
        if file:
            self._is_own = True
            self._select_source(file, number)
            self._is_own = False

    def _select_source(self, file: str, line: int) -> None:
        self._session.select(Selection(kind="source", file=file, line=line))

    def _on_lower_asked(self) -> None:
        if self._tab is not None:
            self._session.lowering.ask(self._tab)

    def _on_cancelled(self) -> None:
        if self._tab is not None:
            self._session.lowering.cancel(self._tab)


def _disconnect(session: Session, page: LoweredPage) -> None:
    session.graphs_changed.disconnect(page._on_changed, missing_ok=True)
    session.lowering.changed.disconnect(page._on_changed, missing_ok=True)
    session.selection_changed.disconnect(page._on_selection_changed, missing_ok=True)
