"""Source files, read only: the selection's line is marked, and a line can be selected."""

from pathlib import Path

from PySide6.QtWidgets import QVBoxLayout, QWidget

from eqxviz.gui.debug import LineStops
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import (
    CodePane,
    ElidedLabel,
    MarginNote,
    StateStack,
    TextSearch,
    TextSearched,
)
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from eqxviz.session.source import has_changed, source_of, text_then
from eqxviz.session.source_lines import line_notes

MAX_BYTES = 4_000_000


class SourceView(TextSearched, QWidget):
    """The file of the selection, else of the open model, else of the run."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self.file = ""
        self._modified_ns = 0
        self._is_past = False  # what is shown is not what is in the file
        self._noted_file = ""
        self.code = CodePane(theme, self)
        self.code.line_clicked.connect(self._on_line_clicked)
        self.line_stops = LineStops(session, self.code)
        self._name = ElidedLabel("", self)
        self._name.setProperty("tone", "faint")
        self._name.setContentsMargins(12, 4, 12, 4)
        self.search_bar = TextSearch(theme, "Search the source", self.code, self)
        filled = QWidget(self)
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self._name, self.search_bar, self.code):
            column.addWidget(widget)
        self.stack = StateStack(
            theme,
            filled,
            icon="mdi6.code-tags",
            title="No source to show",
            text="The file of what is selected appears here, with its line marked.",
            can_cancel=False,
            parent=self,
        )
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)
        for signal in (session.selection_changed, session.model_changed, session.run_changed):
            signal.connect(self._on_session_changed)
        session.graphs_changed.connect(self._show_notes)
        self.destroyed.connect(lambda: _disconnect(session, self))
        self._on_session_changed()

    def show_place(self, file: str, line: int) -> bool:
        """Show `file` with `line` marked (0: none); False if the file cannot be read."""
        then = text_then(self._session, file)
        if then is not None:
            return self._show_then(file, line, then)
        path = Path(file)
        try:
            modified_ns = path.stat().st_mtime_ns
            if path.stat().st_size > MAX_BYTES:
                return False
            if file != self.file or self._is_past or modified_ns != self._modified_ns:
                text = path.read_text("utf-8", errors="replace")
                self.code.set_source(text)
                self._name.set_text(file)
        except OSError:
            return False
        self.file, self._modified_ns, self._is_past = file, modified_ns, False
        self.line_stops.show_file(file)
        self._mark(line)
        return True

    def _show_then(self, file: str, line: int, text: str) -> bool:
        """Show the text that `file` had when the run that is shown was started."""
        if file != self.file or self.code.toPlainText() != text:
            self.code.set_source(text)
        changed = "; the file has changed since" if has_changed(file, text) else ""
        self._name.set_text(f"{file}, as it was when the run began{changed}")
        self.file, self._is_past = file, True
        self.line_stops.show_file("")
        self._mark(line)
        return True

    def _mark(self, line: int) -> None:
        self.stack.show_filled()
        self.code.mark_line(line)
        if self._noted_file != self.file:
            self._show_notes()

    def _on_session_changed(self) -> None:
        session = self._session
        place = source_of(session, session.selection)
        if place is not None and self.show_place(*place):
            return
        if self.file:
            self.code.mark_line(0)
        opened = session.source.script if session.source is not None else ""
        if not opened and session.run is not None:
            opened = session.run.script
        is_other = opened != self.file or self._is_past or text_then(session, opened) is not None
        if opened and is_other and (place is None or not self.file):
            self.show_place(opened, 0)
        elif not self.file:
            self.stack.show_empty()

    def _show_notes(self) -> None:
        """Show beside each line what it made of the graph in front."""
        self._noted_file = self.file
        notes = line_notes(self._session, self.file) if self.file else {}
        shown = {n: MarginNote(note.share, note.text, note.words) for n, note in notes.items()}
        self.code.show_notes(shown)

    def _on_line_clicked(self, line: int) -> None:
        self._session.select(Selection(kind="source", file=self.file, line=line))


def _disconnect(session: Session, view: SourceView) -> None:
    for signal in (session.selection_changed, session.model_changed, session.run_changed):
        signal.disconnect(view._on_session_changed, missing_ok=True)
    session.graphs_changed.disconnect(view._show_notes, missing_ok=True)
