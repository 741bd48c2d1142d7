"""Source files, read only: the selection's line is marked, and a line can be selected."""

from pathlib import Path

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextCursor,
    QTextFormat,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ElidedLabel, StateStack, TextSearch
from eqxviz.gui.window.highlighter import PythonHighlighter
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from eqxviz.session.source import source_of

MAX_BYTES = 4_000_000


class SourceView(QWidget):
    """The file of the selection, else of the open model, else of the run."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self.file = ""
        self._modified_ns = 0
        self.code = CodePane(theme, self)
        self.code.line_clicked.connect(self._on_line_clicked)
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
        self.destroyed.connect(lambda: _disconnect(session, self))
        self._on_session_changed()

    def show_place(self, file: str, line: int) -> bool:
        """Show `file` with `line` marked (0: none); False if the file cannot be read."""
        path = Path(file)
        try:
            modified_ns = path.stat().st_mtime_ns
            if path.stat().st_size > MAX_BYTES:
                return False
            if file != self.file or modified_ns != self._modified_ns:
                text = path.read_text("utf-8", errors="replace")
                self.code.set_source(text)
                self._name.set_text(file)
        except OSError:
            return False
        self.file, self._modified_ns = file, modified_ns
        self.stack.show_filled()
        self.code.mark_line(line)
        return True

    def search(self, text: str) -> None:
        """Go to the first place of `text`."""
        self.search_bar.find_first(text)

    def search_next(self, step: int) -> None:
        """Go to the next place (`step` 1) or the one before (-1), around the ends."""
        self.search_bar.find_next(step)

    def focus_search(self) -> None:
        """Put the cursor into the search line."""
        self.search_bar.open()

    def _on_session_changed(self) -> None:
        session = self._session
        place = source_of(session, session.selection)
        if place is not None and self.show_place(*place):
            return
        if self.file:
            self.code.mark_line(0)
        opened = session.path or (session.run.script if session.run is not None else "")
        if opened and opened != self.file and (place is None or not self.file):
            self.show_place(opened, 0)
        elif not self.file:
            self.stack.show_empty()

    def _on_line_clicked(self, line: int) -> None:
        self._session.select(Selection(kind="source", file=self.file, line=line))


class CodePane(QPlainTextEdit):
    """Highlighted text with line numbers and one marked line.

    Signals:
        line_clicked: The number of a line, from 1.
    """

    line_clicked = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._marked = 0
        self._numbers = _LineNumbers(self)
        self._highlighter = PythonHighlighter(theme, self.document())
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setProperty("face", "mono")
        self.setTabStopDistance(4 * self.fontMetrics().horizontalAdvance(" "))
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setAccessibleName("Source")
        self.updateRequest.connect(self._on_update_request)
        self.blockCountChanged.connect(lambda _n: self._make_room())
        theme.changed.connect(self._on_theme_changed)
        self._make_room()

    @property
    def marked_line(self) -> int:
        """The line that is marked, 0 if none is."""
        return self._marked

    def set_source(self, text: str) -> None:
        """Show `text`, with nothing marked."""
        self._marked = 0
        self._highlighter.set_source(text)
        self.setPlainText(text)
        self._show_mark()

    def mark_line(self, line: int) -> None:
        """Mark `line` (from 1; 0 takes the mark away) and bring it into view if it is not."""
        self._marked = line if line <= self.blockCount() else 0
        self._show_mark()
        if not self._marked:
            return
        block = self.document().findBlockByNumber(self._marked - 1)
        box = self.blockBoundingGeometry(block).translated(self.contentOffset())
        if box.top() < 0 or box.bottom() > self.viewport().height():
            self.setTextCursor(QTextCursor(block))
            self.centerCursor()

    def numbers_width(self) -> int:
        """Return how wide the line numbers are."""
        digits = max(3, len(str(self.blockCount())))
        return self.fontMetrics().horizontalAdvance("0") * digits + 26

    def paint_numbers(self, event: QPaintEvent) -> None:
        """Draw the numbers of the lines in view."""
        painter = QPainter(self._numbers)
        painter.fillRect(event.rect(), self._theme.color("base"))
        painter.setFont(self.font())
        block = self.firstVisibleBlock()
        box = self.blockBoundingGeometry(block).translated(self.contentOffset())
        while block.isValid() and box.top() <= event.rect().bottom():
            number = block.blockNumber() + 1
            is_marked = number == self._marked
            painter.setPen(self._theme.color("text" if is_marked else "none"))
            line = QRect(0, round(box.top()), self._numbers.width() - 14, round(box.height()))
            painter.drawText(line, Qt.AlignmentFlag.AlignRight, str(number))
            block = block.next()
            box.translate(0, box.height())
            box.setHeight(self.blockBoundingRect(block).height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        inside = self.contentsRect()
        self._numbers.setGeometry(
            inside.left(), inside.top(), self.numbers_width(), inside.height()
        )

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and not self.textCursor().hasSelection():
            self.line_clicked.emit(self.textCursor().blockNumber() + 1)

    def _make_room(self) -> None:
        self.setViewportMargins(self.numbers_width(), 0, 0, 0)

    def _show_mark(self) -> None:
        marks: list[QTextEdit.ExtraSelection] = []
        if self._marked:
            mark = QTextEdit.ExtraSelection()
            mark.format.setBackground(QColor(self._theme.color("selection")))  # type: ignore[attr-defined]  # missing in the stubs
            mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)  # type: ignore[attr-defined]  # as above
            mark.cursor = QTextCursor(self.document().findBlockByNumber(self._marked - 1))  # type: ignore[attr-defined]  # as above
            marks.append(mark)
        self.setExtraSelections(marks)
        self._numbers.update()

    def _on_update_request(self, rect: QRect, dy: int) -> None:
        if dy:
            self._numbers.scroll(0, dy)
        else:
            self._numbers.update(0, rect.y(), self._numbers.width(), rect.height())

    def _on_theme_changed(self) -> None:
        self._highlighter.rehighlight()
        self._show_mark()


class _LineNumbers(QWidget):
    def __init__(self, pane: CodePane) -> None:
        super().__init__(pane)
        self._pane = pane

    def sizeHint(self) -> QSize:
        return QSize(self._pane.numbers_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._pane.paint_numbers(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        cursor = self._pane.cursorForPosition(event.position().toPoint())
        self._pane.line_clicked.emit(cursor.blockNumber() + 1)


def _disconnect(session: Session, view: SourceView) -> None:
    for signal in (session.selection_changed, session.model_changed, session.run_changed):
        signal.disconnect(view._on_session_changed, missing_ok=True)
