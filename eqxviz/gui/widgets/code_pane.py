"""Python to read: in the theme's colours, with line numbers and one marked line."""

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
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets.highlighter import PythonHighlighter


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
        self.setTabChangesFocus(True)
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

    def recolour(self, text: str) -> None:
        """Read `text`, which is shown already, for its colours."""
        self._highlighter.set_source(text)
        self._highlighter.rehighlight()

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
