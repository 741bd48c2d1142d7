"""The console: Python in the frame of the paused script that is chosen."""

from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.debug.code_line import CodeLine
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import (
    LinkButton,
    StateStack,
    TextSearch,
    TextSearched,
    hand_focus_on,
    tab_in_turn,
)
from eqxviz.session.debugging.console import Entry
from eqxviz.session.debugging.wording import frame_place, frame_title
from eqxviz.session.session import Session

_MOST_LINES = 20_000
_BUSY_MS = 200  # so long before it is said that something is being run
_PROMPT, _MORE = ">>> ", "... "
_NOTHING = (
    "Nothing is paused",
    "Where a run is paused, expressions are evaluated here in the chosen frame. What they assign "
    "is seen by the script when it goes on. Pause with F6.",
)


class ConsoleView(TextSearched, QWidget):
    """What was run, with what came of it, over the line for more.

    Signals:
        opened: The latest value is being opened as a tree.
    """

    opened = Signal()

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._debugging = debugging = session.debugging
        self.text = QPlainTextEdit(self)
        self.text.setReadOnly(True)
        self.text.setUndoRedoEnabled(False)
        self.text.setMaximumBlockCount(_MOST_LINES)
        self.text.setTabChangesFocus(True)
        self.text.setProperty("face", "mono")
        self.text.setAccessibleName("What the console has run")
        self.text.document().setDocumentMargin(8)
        self.search_bar = TextSearch(theme, "Search the console", self.text, self, from_end=True)
        self.line = CodeLine(debugging.variables, self)
        self.line.setToolTip("An expression, or statements; Shift+Return begins another line")
        self.where = QLabel(self)
        self.where.setProperty("face", "small")
        self.where.setProperty("tone", "faint")
        self.where.setTextFormat(Qt.TextFormat.PlainText)
        self.open = LinkButton("", self)
        self.open.setProperty("face", "small")
        self.interrupt = QPushButton("Interrupt", self)
        self.interrupt.setToolTip("Give up what is being run  Ctrl+C")
        self._busy = QTimer(self, singleShot=True, interval=_BUSY_MS)
        self._busy.timeout.connect(self._show_busy)
        self.stack = StateStack(
            theme,
            self._filled(),
            icon="mdi6.console-line",
            title=_NOTHING[0],
            text=_NOTHING[1],
            can_cancel=False,
            parent=self,
        )
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)
        hand_focus_on(self, lambda: self.line)
        self.line.entered.connect(self._on_entered)
        self.line.interrupted.connect(debugging.console.interrupt)
        self.interrupt.clicked.connect(debugging.console.interrupt)
        self.open.clicked.connect(lambda: debugging.frames.open_value() and self.opened.emit())
        theme.changed.connect(self._write_all)
        for signal, slot in self._session_slots():
            signal.connect(slot)
        self.destroyed.connect(lambda: _disconnect(self))
        self._write_all()
        self._refresh()

    def _filled(self) -> QWidget:
        filled = QWidget(self)
        filled.setProperty("surface", "base")
        prompt = QLabel(_PROMPT.strip(), filled)
        prompt.setProperty("face", "mono")
        prompt.setProperty("tone", "faint")
        row = QHBoxLayout()
        row.setContentsMargins(8, 2, 8, 4)
        row.setSpacing(6)
        row.addWidget(prompt, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.line, 1)
        for widget in (self.open, self.where, self.interrupt):
            row.addWidget(widget)
        prompt.setContentsMargins(0, 4, 0, 0)
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.search_bar)
        column.addWidget(self.text, 1)
        column.addLayout(row)
        tab_in_turn(self.text, self.line, self.open, self.interrupt)
        return filled

    def _session_slots(self) -> Iterator[tuple[Any, Callable[..., None]]]:
        debugging = self._debugging
        yield self._session.run_changed, self._refresh
        yield debugging.stack.changed, self._refresh
        yield debugging.console.entry_added, self._on_added
        yield debugging.console.entry_ended, self._on_ended

    def _refresh(self) -> None:
        """Say where code is run, or that it cannot be."""
        debugging = self._debugging
        frame, is_working = debugging.stack.frame, debugging.console.is_working
        can_run = debugging.is_paused and frame is not None
        if not can_run and not debugging.console.entries:
            self.stack.show_empty(*_NOTHING)
        else:
            self.stack.show_filled()
        self.line.setReadOnly(not can_run)
        where = f"in {frame_title(frame)}, {frame_place(frame)}" if frame is not None else ""
        self.where.setText(where if can_run else "Nothing is paused")
        self.line.setPlaceholderText("Python of this frame" if can_run else "")
        latest = debugging.console.latest_tree
        self.open.setVisible(latest is not None)
        if latest is not None:
            self.open.set_text("Open as a tree", tooltip=f"Open {latest.text[:80]} in the tree")
        if not is_working:
            self._busy.stop()
            self.interrupt.hide()

    def _show_busy(self) -> None:
        self.interrupt.setVisible(self._debugging.console.is_working)

    def _on_entered(self, code: str) -> None:
        if self._debugging.frames.evaluate(code):
            self.line.take()

    def _on_added(self, entry: Entry) -> None:
        self._write_code(entry)
        self._busy.start()
        self._refresh()

    def _on_ended(self, entry: Entry) -> None:
        self._write_end(entry)
        self._refresh()

    def _write_all(self) -> None:
        self.text.clear()
        for entry in self._debugging.console.entries:
            self._write_code(entry)
            if entry.state != "working":
                self._write_end(entry)

    def _write_code(self, entry: Entry) -> None:
        lines = entry.code.rstrip().splitlines()
        for number, line in enumerate(lines):
            self._write(_MORE if number else _PROMPT, "faint")
            self._write(line, "accent", goes_on=True)

    def _write_end(self, entry: Entry) -> None:
        for text, role in (
            (entry.output.rstrip("\n"), "text"),
            (entry.error, "problem"),
            (entry.text, "text"),
            ("Interrupted" if entry.state == "interrupted" else "", "problem"),
        ):
            if text:
                self._write(text, role)

    def _write(self, text: str, role: str, *, goes_on: bool = False) -> None:
        """Write `text` on a line of its own, or after what is on the latest one."""
        bar = self.text.verticalScrollBar()
        cursor = QTextCursor(self.text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        look = QTextCharFormat()
        look.setForeground(self._theme.color(role))
        is_first = self.text.document().isEmpty()
        cursor.insertText(text if goes_on or is_first else f"\n{text}", look)
        bar.setValue(bar.maximum())


def _disconnect(view: ConsoleView) -> None:
    for signal, slot in view._session_slots():
        signal.disconnect(slot, missing_ok=True)
