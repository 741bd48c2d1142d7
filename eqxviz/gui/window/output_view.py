"""What the script prints, as a terminal would show it."""

import re

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import StateStack, TextSearch, TextSearched
from eqxviz.session.session import Session

_NEAR_END = 2  # lines
_MAX_LINES = 50_000
_FLUSH_MS = 33
_NONE_YET = "No output yet", "What a running script prints appears here."
# But for going up: bars within bars are written so.
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[B-Za-z]|\x1b\][^\x07]*\x07")
_UP = re.compile(r"(\x1b\[\d*A)")


class OutputView(TextSearched, QWidget):
    """The output of the run; it stays at the end while its end is in view.

    A carriage return writes the line anew, so that a progress bar stays one line; what goes up
    writes a line above anew, so that bars within bars do.
    """

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._run: object = None
        self._waiting: list[str] = []
        self._returned = False  # at the begin of a line: what follows replaces it
        self._n_up = 0  # the line that is written to is so many above the last one
        self.text = _Printed(self)
        self.text.setReadOnly(True)
        self.text.setUndoRedoEnabled(False)
        self.text.setMaximumBlockCount(_MAX_LINES)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setProperty("face", "mono")
        self.text.setAccessibleName("Output of the script")
        self.text.document().setDocumentMargin(10)
        self.search_bar = TextSearch(theme, "Search the output", self.text, self, from_end=True)
        self._flush_timer = QTimer(self)
        self._flush_timer.setSingleShot(True)
        self._flush_timer.setInterval(_FLUSH_MS)
        self._flush_timer.timeout.connect(self._flush)
        filled = QWidget(self)
        inner = QVBoxLayout(filled)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        inner.addWidget(self.search_bar)
        inner.addWidget(self.text)
        self.input_line = _InputLine(session, self)
        self.stack = StateStack(
            theme,
            filled,
            icon="mdi6.console",
            title=_NONE_YET[0],
            text=_NONE_YET[1],
            can_cancel=False,
            parent=self,
        )
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.stack)
        whole.addWidget(self.input_line)
        session.run_changed.connect(self._on_run_changed)
        session.output_arrived.connect(self._on_output_arrived)
        self.destroyed.connect(lambda: _disconnect(session, self))
        self._on_run_changed()

    def wrap_lines(self, wraps: bool) -> None:
        """Break lines that are longer than the view is wide, or do not."""
        modes = QPlainTextEdit.LineWrapMode
        self.text.setLineWrapMode(modes.WidgetWidth if wraps else modes.NoWrap)

    def _on_run_changed(self) -> None:
        run = self._session.run
        reads = run is not None and run.is_live and not run.is_captured
        if not reads and self.input_line.hasFocus():
            self.text.setFocus(Qt.FocusReason.OtherFocusReason)  # else it goes who knows where
        self.input_line.setVisible(reads)
        if run is not self._run:
            self._run = run
            self.text.clear()
            self._returned, self._n_up = False, 0
            self._waiting = [run.output] if run is not None and run.output else []
            self._flush()
        if run is None or (run.is_live and not run.output):
            self.stack.show_empty(*_NONE_YET)
        elif not run.output:
            self.stack.show_empty("No output", f"{run.title} printed nothing.")

    def _on_output_arrived(self, text: str) -> None:
        if self._session.run is not self._run:
            self._on_run_changed()
            return
        self._waiting.append(text)
        if not self._flush_timer.isActive():
            self._flush_timer.start()

    def _flush(self) -> None:
        text = _ESCAPES.sub("", "".join(self._waiting)).replace("\r\n", "\n")
        self._waiting.clear()
        if not text:
            return
        self.stack.show_filled()
        bar = self.text.verticalScrollBar()
        follows, at = self.text.follows, bar.value()
        cursor = QTextCursor(self.text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        self._move_up(cursor, self._n_up)
        for line in text.splitlines(keepends=True):
            for piece in _UP.split(line):
                if piece.startswith("\x1b["):
                    n = min(int(piece[2:-1] or 1), cursor.blockNumber())
                    self._move_up(cursor, n)
                    self._n_up += n
                elif piece:
                    self._write(cursor, piece)
        bar.setValue(bar.maximum() if follows else at)

    def _write(self, cursor: QTextCursor, line: str) -> None:
        """Write a piece that holds at most one line end, which is its last letter."""
        ends_line, returns = line.endswith("\n"), line.endswith("\r")
        words = line.rstrip("\r\n")
        if self._returned and words:
            cursor.movePosition(QTextCursor.MoveOperation.StartOfBlock)
            cursor.movePosition(
                QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor
            )
            cursor.removeSelectedText()
            self._returned = False
        cursor.insertText(words)
        self._returned = returns or (self._returned and not ends_line)
        if ends_line and self._n_up:
            cursor.movePosition(QTextCursor.MoveOperation.NextBlock)
            cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock)
            self._n_up -= 1
            self._returned = True
        elif ends_line:
            cursor.insertText("\n")

    @staticmethod
    def _move_up(cursor: QTextCursor, n: int) -> None:
        if n:
            cursor.movePosition(QTextCursor.MoveOperation.PreviousBlock, n=n)
            cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock)


class _Printed(QPlainTextEdit):
    """Text of which the end stays in view once it is, whatever height there is."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.follows = True
        self.verticalScrollBar().valueChanged.connect(self._on_moved)
        self.verticalScrollBar().rangeChanged.connect(self._on_range_changed)

    def _on_moved(self, at: int) -> None:
        self.follows = at >= self.verticalScrollBar().maximum() - _NEAR_END

    def _on_range_changed(self, _least: int, most: int) -> None:
        if self.follows:
            self.verticalScrollBar().setValue(most)


class _InputLine(QLineEdit):
    """Where one types what the script reads: Return sends a line, Ctrl+D the end of the input."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self.setProperty("face", "mono")
        self.setPlaceholderText("Type to the script; Return sends, Ctrl+D ends its input")
        self.setAccessibleName("Input of the script")
        self.setFrame(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._session.type_input(self.text() + "\n")
            self.clear()
        elif _is_ctrl_d(event):
            self._session.type_input("\x04")
        else:
            super().keyPressEvent(event)


def _is_ctrl_d(event: QKeyEvent) -> bool:
    control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
    return control and event.key() == Qt.Key.Key_D


def _disconnect(session: Session, view: OutputView) -> None:
    session.run_changed.disconnect(view._on_run_changed, missing_ok=True)
    session.output_arrived.disconnect(view._on_output_arrived, missing_ok=True)
