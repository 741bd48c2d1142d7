"""Python to read: in the theme's colours, with line numbers and one marked line."""

from collections.abc import Mapping
from typing import NamedTuple

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
    QTextFormat,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QToolTip, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import line_mark
from eqxviz.gui.widgets.highlighter import PythonHighlighter
from eqxviz.gui.widgets.line_mark import LineMark

_BAR_WIDTH = 44  # pixels: of a share of all
_BAR_X = 8
_LINES_AROUND = 2  # a line that is marked is seen with so many before and after it


class MarginNote(NamedTuple):
    """What stands beside a line number: a bar for a share from 0 to 1, a text, and its words."""

    share: float
    text: str
    words: str


class CodePane(QPlainTextEdit):
    """Highlighted text with line numbers, notes beside them, and one marked line.

    Where marks are shown there is a margin for them, left of everything.

    Signals:
        line_clicked: The number of a line, from 1, that was clicked or gone to by keys.
        margin_clicked: The number of a line whose margin was clicked.
        margin_menu_wanted: A line, and the place on the screen where what can be done is asked for.
    """

    line_clicked = Signal(int)
    margin_clicked = Signal(int)
    margin_menu_wanted = Signal(int, QPoint)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._marked = 0
        # Where the marked line was brought to the middle: it stays there in a view of another size.
        self._centred_at: int | None = None
        self._notes: Mapping[int, MarginNote] = {}
        self._marks: Mapping[int, LineMark] | None = None
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

    def show_notes(self, notes: Mapping[int, MarginNote]) -> None:
        """Show notes beside the numbers of their lines."""
        self._notes = notes
        self._make_room()
        self._numbers.update()

    def show_marks(self, marks: Mapping[int, LineMark] | None) -> None:
        """Show marks in the margin of their lines; with None there is no margin."""
        had_margin = self.margin_width()
        self._marks = marks
        if had_margin != self.margin_width():
            self._make_room()
        self._show_mark()

    def mark_at(self, line: int) -> str:
        """Return the words of the mark of a line, "" where it has none."""
        return self._marks[line].words if self._marks and line in self._marks else ""

    def margin_width(self) -> int:
        """Return how wide the margin for marks is."""
        return line_mark.WIDTH if self._marks is not None else 0

    def say(self, words: str) -> None:
        """Show `words` for a moment where the cursor of the mouse is."""
        QToolTip.showText(self.cursor().pos(), words, self)

    def note_at(self, line: int) -> str:
        """Return the words of the note of a line, "" where it has none."""
        return self._notes[line].words if line in self._notes else ""

    def recolour(self, text: str) -> None:
        """Read `text`, which is shown already, for its colours."""
        self._highlighter.set_source(text)
        self._highlighter.rehighlight()

    def mark_line(self, line: int) -> None:
        """Mark `line` (from 1; 0 takes the mark away).

        It is brought to the middle if it is not in view, or at an edge of it; a line that was just
        clicked, or gone to by keys, stays where it is.
        """
        self._marked = line if line <= self.blockCount() else 0
        self._centred_at = None
        self._show_mark()
        if not self._marked:
            return
        block = self.document().findBlockByNumber(self._marked - 1)
        box = self.blockBoundingGeometry(block).translated(self.contentOffset())
        is_gone_to = self.hasFocus() and self.textCursor().blockNumber() == block.blockNumber()
        around = 0 if is_gone_to else _LINES_AROUND * box.height()
        if box.top() < around or box.bottom() > self.viewport().height() - around:
            self._centre(block)

    def _centre(self, block: QTextBlock) -> None:
        self.setTextCursor(QTextCursor(block))
        self.centerCursor()
        self._centred_at = self.verticalScrollBar().value()

    def numbers_width(self) -> int:
        """Return how wide the line numbers are."""
        digits = max(3, len(str(self.blockCount())))
        notes = _BAR_X + _BAR_WIDTH if self._notes else 0
        return self.margin_width() + self.fontMetrics().horizontalAdvance("0") * digits + 26 + notes

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
            if number in self._notes:
                self._paint_note(painter, self._notes[number], line)
            if self._marks is not None and number in self._marks:
                line_mark.paint_line_mark(painter, line, self._marks[number], self._theme)
            elif number == self._numbers.hovered:
                line_mark.paint_offer(painter, line, self._theme)
            block = block.next()
            box.translate(0, box.height())
            box.setHeight(self.blockBoundingRect(block).height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        is_left = self._centred_at == self.verticalScrollBar().value()  # nobody has scrolled since
        super().resizeEvent(event)
        self._make_room()
        if is_left and self._marked:
            self._centre(self.document().findBlockByNumber(self._marked - 1))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and not self.textCursor().hasSelection():
            self.line_clicked.emit(self.textCursor().blockNumber() + 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before = self.textCursor().blockNumber()
        super().keyPressEvent(event)
        cursor = self.textCursor()
        if cursor.blockNumber() != before and not cursor.hasSelection():
            self.line_clicked.emit(cursor.blockNumber() + 1)

    def _paint_note(self, painter: QPainter, note: MarginNote, line: QRect) -> None:
        bar = QRect(self.margin_width() + _BAR_X, line.top() + 2, _BAR_WIDTH, line.height() - 4)
        filled = QColor(self._theme.color("accent"))
        painter.fillRect(bar.left(), bar.top(), 2, bar.height(), filled)
        filled.setAlpha(70)
        painter.fillRect(
            bar.left(), bar.top(), round(bar.width() * note.share), bar.height(), filled
        )
        painter.setPen(self._theme.color("faint"))
        painter.setFont(self._theme.font("small"))
        painter.drawText(
            bar, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, note.text
        )
        painter.setFont(self.font())

    def _make_room(self) -> None:
        self.setViewportMargins(self.numbers_width(), 0, 0, 0)
        inside = self.contentsRect()
        self._numbers.setGeometry(
            inside.left(), inside.top(), self.numbers_width(), inside.height()
        )

    def _show_mark(self) -> None:
        tinted = [(self._marked, QColor(self._theme.color("selection")))] if self._marked else []
        for line, at in (self._marks or {}).items():
            if at.arrow and line != self._marked:
                paused = QColor(self._theme.color("running"))
                paused.setAlpha(46 if at.arrow == "at" else 22)
                tinted.append((line, paused))
        self.setExtraSelections([self._tint(line, color) for line, color in tinted])
        self._numbers.update()

    def _tint(self, line: int, color: QColor) -> QTextEdit.ExtraSelection:
        mark = QTextEdit.ExtraSelection()
        mark.format.setBackground(color)  # type: ignore[attr-defined]  # missing in the stubs
        mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)  # type: ignore[attr-defined]  # as above
        mark.cursor = QTextCursor(self.document().findBlockByNumber(line - 1))  # type: ignore[attr-defined]  # as above
        return mark

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
        self.hovered = 0  # the line over whose margin the mouse is
        self.setMouseTracking(True)

    def sizeHint(self) -> QSize:
        return QSize(self._pane.numbers_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._pane.paint_numbers(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # the text behind is not to take it

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if at.x() < self._pane.margin_width():
            self._pane.margin_clicked.emit(self._line_at(at))
        else:
            self._pane.line_clicked.emit(self._line_at(at))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        self._hover(self._line_at(at) if at.x() < self._pane.margin_width() else 0)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(0)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._pane.margin_width():
            self._pane.margin_menu_wanted.emit(self._line_at(event.pos()), event.globalPos())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            line, in_margin = (
                self._line_at(event.pos()),
                event.pos().x() < self._pane.margin_width(),
            )
            marked = self._pane.mark_at(line)
            offered = marked or (f"Stop before line {line}  F9" if in_margin else "")
            words = offered if in_margin else self._pane.note_at(line) or marked
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def _hover(self, line: int) -> None:
        if line != self.hovered:
            self.hovered = line
            self.update()

    def _line_at(self, at: QPoint) -> int:
        return self._pane.cursorForPosition(at).blockNumber() + 1
