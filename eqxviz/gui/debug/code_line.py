"""The line in which code is typed: it grows, remembers what was typed, and completes names."""

import codeop

from PySide6.QtCore import QRect, QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QCompleter, QListView, QPlainTextEdit, QWidget

from eqxviz.session.debugging.console import Typed
from eqxviz.session.debugging.variables import FrameVariables

_MOST_LINES = 8
_AROUND = 8  # pixels around the text
_INDENT = "    "


class CodeLine(QPlainTextEdit):
    """Return runs what is whole, and else begins another line, as Shift+Return always does.

    Up and Down go through what was typed, Tab completes a name of the frame.

    Signals:
        entered: The code that is to be run.
        interrupted: Ctrl+C was pressed with nothing selected.
    """

    entered = Signal(str)
    interrupted = Signal()

    def __init__(self, variables: FrameVariables, parent: QWidget) -> None:
        super().__init__(parent)
        self._variables = variables
        self._typed = Typed()
        self._begun = ""  # the part of a name that is being completed
        self.setProperty("face", "mono")
        self.setAccessibleName("Code to run in the chosen frame")
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(4)
        self._names = QStringListModel(self)
        self.completer = QCompleter(self._names, self)
        self.completer.setWidget(self)
        self.completer.setModelSorting(QCompleter.ModelSorting.CaseSensitivelySortedModel)
        self._popup = QListView(self)
        self.completer.setPopup(self._popup)
        self.completer.activated.connect(self._complete_with)
        self.document().blockCountChanged.connect(lambda _n: self._make_room())
        self._make_room()

    def take(self) -> None:
        """What is written was run: it is remembered, and the line is empty again."""
        self._typed.add(self.toPlainText())
        self.clear()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, popup = event.key(), self._popup
        is_return = key in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if popup.isVisible() and (is_return or key in (Qt.Key.Key_Escape, Qt.Key.Key_Tab)):
            event.ignore()  # the list of names takes it
            return
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        is_plain = modifiers == Qt.KeyboardModifier.NoModifier
        is_ctrl = modifiers == Qt.KeyboardModifier.ControlModifier
        if self.isReadOnly():
            super().keyPressEvent(event)
        elif is_return and (is_ctrl or (is_plain and self._is_whole())):
            self._enter()
        elif is_return:
            self.insertPlainText("\n" + self._indentation())
        elif key == Qt.Key.Key_C and is_ctrl and not self.textCursor().hasSelection():
            self.interrupted.emit()
        elif key == Qt.Key.Key_Tab and is_plain:
            self._complete()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self._recall(key):
            pass
        else:
            super().keyPressEvent(event)
            popup.hide()

    def focusNextPrevChild(self, is_next: bool) -> bool:
        # Tab completes where there is something to complete, and else goes on.
        if is_next and not self.isReadOnly() and self._before_cursor().strip():
            return False
        return super().focusNextPrevChild(is_next)

    def _enter(self) -> None:
        if code := self.toPlainText().strip("\n"):
            self.entered.emit(code)

    def _is_whole(self) -> bool:
        """Whether the code can be run as it is; a block is whole after an empty line."""
        code = self.toPlainText()
        if not self.textCursor().atEnd():
            return "\n" not in code
        is_block = "\n" in code
        try:
            is_complete = codeop.compile_command(code, symbol="exec" if is_block else "single")
        except (SyntaxError, ValueError, OverflowError):
            return True  # what runs it says what is wrong
        # The body of a block may go on, until a line that is empty.
        latest = code.splitlines()[-1] if is_block else ""
        return is_complete is not None and not (latest.strip() and latest[:1].isspace())

    def _indentation(self) -> str:
        line = self.textCursor().block().text()
        own = line[: len(line) - len(line.lstrip())]
        return own + (_INDENT if line.rstrip().endswith(":") else "")

    def _recall(self, key: int) -> bool:
        """Write what was typed before or after; False within code of several lines."""
        cursor = self.textCursor()
        is_up = key == Qt.Key.Key_Up
        if cursor.blockNumber() != (0 if is_up else self.blockCount() - 1):
            return False
        text = self._typed.move(-1 if is_up else 1, self.toPlainText())
        if text is not None:
            self.setPlainText(text)
            self.moveCursor(QTextCursor.MoveOperation.End)
        return True

    def _before_cursor(self) -> str:
        cursor = self.textCursor()
        return cursor.block().text()[: cursor.positionInBlock()]

    def _complete(self) -> None:
        before = self._before_cursor()
        if not before.strip():
            self.insertPlainText(_INDENT)
            return

        def offer(begun: str, names: list[str]) -> None:
            if self._before_cursor() == before:
                self._offer(begun, names)

        self._variables.complete(before, offer)

    def _offer(self, begun: str, names: list[str]) -> None:
        self._begun = begun
        if len(names) == 1:
            self._complete_with(names[0])
            return
        self._names.setStringList(names)
        if names:
            at: QRect = self.cursorRect()
            at.setWidth(220)
            self.completer.complete(at)
            self._popup.setCurrentIndex(self.completer.completionModel().index(0, 0))

    def _complete_with(self, name: str) -> None:
        self.insertPlainText(name[len(self._begun) :])

    def _make_room(self) -> None:
        n_lines = min(max(self.blockCount(), 1), _MOST_LINES)
        self.setFixedHeight(n_lines * self.fontMetrics().lineSpacing() + _AROUND + 2)
