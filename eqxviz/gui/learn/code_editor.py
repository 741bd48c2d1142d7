"""Python to write: the source pane, opened for changes."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QTextCursor
from PySide6.QtWidgets import QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import CodePane

_INDENT = "    "
_LEAVES_BLOCK = ("return", "raise", "pass", "break", "continue")


class CodeEditor(CodePane):
    """A small script in the theme's colours; one line may be marked as the one that failed.

    Tab inserts four spaces, or moves the selected lines to the right; Shift+Tab moves lines to the
    left; Enter keeps the indentation, and begins a block after a colon. Escape leaves.

    Signals:
        edited: The user changed the text.
        left: Escape was pressed.
    """

    edited = Signal()
    left = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._failed_line = 0
        self._known = ""  # the text that the colours are of
        self._is_filling = False
        self.setReadOnly(False)
        self.setUndoRedoEnabled(True)
        self.setTabChangesFocus(False)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextEditorInteraction)
        self.setAccessibleName("Script")
        self.setProperty("focus", "framed")
        self.textChanged.connect(self._on_text_changed)

    @property
    def failed_line(self) -> int:
        """The line that is marked as the one that failed, 0 if none is."""
        return self._failed_line

    def set_source(self, text: str) -> None:
        """Show another text, with nothing to be undone."""
        self._failed_line, self._known = 0, text
        self._is_filling = True
        super().set_source(text)
        self._is_filling = False

    def replace_source(self, text: str) -> None:
        """Put `text` in place of all that is there; one undo brings that back."""
        if text == self.toPlainText():
            return
        cursor = self.textCursor()
        cursor.beginEditBlock()
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        cursor.endEditBlock()
        cursor.setPosition(0)
        self.setTextCursor(cursor)

    def mark_failed(self, line: int) -> None:
        """Mark `line` (from 1) as the one that failed; 0 takes the mark away."""
        self._failed_line = line if line <= self.blockCount() else 0
        if self._failed_line:
            self._bring_into_view(line)
        self._show_mark()

    def go_to(self, line: int) -> None:
        """Put the cursor at the first letter of `line`, from 1."""
        cursor = QTextCursor(self.document().findBlockByNumber(line - 1))
        self.setTextCursor(cursor)
        self._go_to_text()
        self._bring_into_view(line)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, _KEYPAD)
        if key == Qt.Key.Key_Escape:
            self.left.emit()
        elif key == Qt.Key.Key_Backtab:
            self._shift_lines(to_right=False)
        elif key == Qt.Key.Key_Tab and plain:
            self._indent()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain:
            self._begin_line()
        elif key == Qt.Key.Key_Home and plain:
            self._go_to_text()
        elif not (key == Qt.Key.Key_Backspace and plain and self._remove_indent()):
            super().keyPressEvent(event)

    def _bring_into_view(self, line: int) -> None:
        """Scroll to `line`, if it is not seen; the cursor stays where it is."""
        block = self.document().findBlockByNumber(line - 1)
        box = self.blockBoundingGeometry(block).translated(self.contentOffset())
        if box.top() < 0 or box.bottom() > self.viewport().height():
            self.verticalScrollBar().setValue(max(0, line - 4))

    def _indent(self) -> None:
        cursor = self.textCursor()
        if cursor.hasSelection():
            self._shift_lines(to_right=True)
        else:
            cursor.insertText(" " * (len(_INDENT) - cursor.positionInBlock() % len(_INDENT)))

    def _shift_lines(self, *, to_right: bool) -> None:
        """Move the lines that are selected, or the cursor's, by four spaces."""
        cursor = self.textCursor()
        document = self.document()
        first = document.findBlock(cursor.selectionStart()).blockNumber()
        end = document.findBlock(cursor.selectionEnd())
        # A selection that ends before the first letter of a line does not hold that line.
        is_within = cursor.selectionEnd() > end.position() or end.blockNumber() == first
        last = end.blockNumber() if is_within else end.blockNumber() - 1
        cursor.beginEditBlock()
        for number in range(first, last + 1):
            block = document.findBlockByNumber(number)
            at = QTextCursor(block)
            if to_right:
                if block.text().strip():
                    at.insertText(_INDENT)
            else:
                spaces = len(block.text()) - len(block.text().lstrip(" "))
                n_moved = min(spaces, len(_INDENT))
                at.setPosition(block.position() + n_moved, QTextCursor.MoveMode.KeepAnchor)
                at.removeSelectedText()
        cursor.endEditBlock()

    def _begin_line(self) -> None:
        cursor = self.textCursor()
        cursor.beginEditBlock()
        cursor.removeSelectedText()
        before = cursor.block().text()[: cursor.positionInBlock()]
        indent = before[: len(before) - len(before.lstrip(" "))]
        words = before.split("#")[0].strip()
        if words.endswith(":"):
            indent += _INDENT
        elif words.split(" ")[0] in _LEAVES_BLOCK:
            indent = indent[: -len(_INDENT)]
        cursor.insertText("\n" + indent)
        cursor.endEditBlock()
        self.setTextCursor(cursor)
        self.ensureCursorVisible()

    def _remove_indent(self) -> bool:
        """Remove spaces back to the indentation before, if only spaces are left of the cursor."""
        cursor = self.textCursor()
        column = cursor.positionInBlock()
        before = cursor.block().text()[:column]
        if cursor.hasSelection() or not before or before.strip(" "):
            return False
        n_spaces = column % len(_INDENT) or len(_INDENT)
        way = QTextCursor.MoveOperation.PreviousCharacter
        cursor.movePosition(way, QTextCursor.MoveMode.KeepAnchor, n_spaces)
        cursor.removeSelectedText()
        return True

    def _go_to_text(self) -> None:
        """Go to the first letter of the line, or from there to its beginning."""
        cursor = self.textCursor()
        line = cursor.block().text()
        indent = len(line) - len(line.lstrip())
        at = 0 if cursor.positionInBlock() == indent else indent
        cursor.setPosition(cursor.block().position() + at)
        self.setTextCursor(cursor)

    def _on_text_changed(self) -> None:
        text = self.toPlainText()
        if self._is_filling or text == self._known:
            return  # only its colours did
        self._known = text
        self._failed_line = 0
        self.recolour(text)
        self._show_mark()
        self.edited.emit()

    def _show_mark(self) -> None:
        super()._show_mark()
        if not self._failed_line:
            return
        color = QColor(self._theme.color("problem"))
        color.setAlpha(52)
        self.setExtraSelections([*self.extraSelections(), self._tint(self._failed_line, color)])


_KEYPAD = Qt.KeyboardModifier.KeypadModifier
