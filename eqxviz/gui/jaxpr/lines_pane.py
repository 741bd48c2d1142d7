"""Lines on screen with what mouse and keys mean on them."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
)
from PySide6.QtWidgets import QApplication, QMenu, QToolTip, QWidget

from eqxviz.gui.jaxpr.lines_view import LinesView
from eqxviz.gui.theme import Theme

_MOST_COPIED = 200_000  # lines: the clipboard is no place for more


class LinesPane(LinesView):
    """Chooses lines, and folds them.

    Up and Down go from line to line, with Shift they choose several; Left folds or goes to what
    holds the line, Right unfolds; Space folds and unfolds; Ctrl+Left and Ctrl+Right do so to all.

    Signals:
        picked: The line that the user went to.
        activated: The line that was double-clicked, or on which Return was pressed.
        followed: The variable that was clicked with Ctrl: one wants to see where it begins.
    """

    picked = Signal(int)
    activated = Signal(int)
    followed = Signal(int)

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, name, parent)
        self.words_of: Callable[[int], str] = lambda _value: ""  # of a variable under the mouse

    def copy(self) -> None:
        """Put the chosen lines on the clipboard, as they are seen."""
        text, folding = self.text, self.folding
        if text is not None and folding is not None and len(self.chosen):
            lines = [
                text.text(n, folding.is_folded(n)) for n in self.chosen[:_MOST_COPIED].tolist()
            ]
            QApplication.clipboard().setText("\n".join(lines))

    def choose_all(self) -> None:
        """Choose every line."""
        if self.folding is not None and len(self.folding.rows):
            self._anchor = int(self.folding.rows[0])
            self.set_current(int(self.folding.rows[-1]), keep_anchor=True)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        line, folding = self.line_at(event.position()), self.folding
        if event.button() != Qt.MouseButton.LeftButton or line < 0 or folding is None:
            return
        x = event.position().x() + self.horizontalScrollBar().value()
        if self.painter.is_on_sign(x) and folding.can_fold(line):
            self.fold(line, not folding.is_folded(line))
            return
        value = self.painter.value_at(x, self.text, folding, line)
        if value >= 0 and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.followed.emit(value)
            return
        self.set_current(line, keep_anchor=_has_shift(event))
        self.picked.emit(line)
        if value >= 0:
            self.mark(values=(value,))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        line = self.line_at(event.position())
        if event.buttons() & Qt.MouseButton.LeftButton and line >= 0 and line != self.current:
            self.set_current(line, keep_anchor=True)
            self.bring_into_sight(line)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        line, folding = self.line_at(event.position()), self.folding
        if line >= 0 and folding is not None and event.button() == Qt.MouseButton.LeftButton:
            if folding.can_fold(line):
                self.fold(line, not folding.is_folded(line))
            else:
                self.activated.emit(line)

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and self.folding is not None:
            line = self.line_at(QPointF(event.pos()))
            x = event.pos().x() + self.horizontalScrollBar().value()
            value = self.painter.value_at(x, self.text, self.folding, line) if line >= 0 else -1
            QToolTip.showText(event.globalPos(), self.words_of(value) if value >= 0 else "", self)
            return True
        return super().viewportEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu().popup(event.globalPos())

    def menu(self) -> QMenu:
        """Return what can be done with the lines; the menu deletes itself when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy", self.copy).setEnabled(len(self.chosen) > 0)
        menu.addAction("Choose all lines", self.choose_all)
        if self.text is not None and bool(np.any(self.text.end > np.arange(len(self.text)))):
            menu.addSeparator()
            menu.addAction("Fold all", self.fold_all)
            menu.addAction("Unfold all", self.unfold_all)
        return menu

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, current = Qt.Key(event.key()), self.current
        has_control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.choose_all()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and has_control:
            self.fold_all() if key == Qt.Key.Key_Left else self.unfold_all()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and current >= 0:
            self.activated.emit(current)
        elif (step := self._step_of(key)) is not None and self.folding is not None:
            last = len(self.folding.rows) - 1
            row = self.folding.row_of(current) if current >= 0 else -1
            self._go_by_key(max(0, min(last, row + step)), keep_anchor=_has_shift(event))
        elif self.folding is None or current < 0 or not self._fold_by_key(key):
            super().keyPressEvent(event)

    def _step_of(self, key: Qt.Key) -> int | None:
        n_rows = len(self.folding.rows) if self.folding is not None else 0
        page = max(1, self.rows_in_sight() - 1)
        keys = Qt.Key
        return {
            keys.Key_Up: -1, keys.Key_Down: 1, keys.Key_PageUp: -page, keys.Key_PageDown: page,
            keys.Key_Home: -n_rows, keys.Key_End: n_rows,
        }.get(key)  # fmt: skip

    def _go_by_key(self, row: int, *, keep_anchor: bool) -> None:
        if self.folding is None or row >= len(self.folding.rows):
            return
        line = int(self.folding.rows[row])
        self.set_current(line, keep_anchor=keep_anchor)
        self.bring_into_sight(line)
        self.picked.emit(line)

    def _fold_by_key(self, key: Qt.Key) -> bool:
        folding, line = self.folding, self.current
        if folding is None or key not in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Space):
            return False
        is_open = folding.can_fold(line) and not folding.is_folded(line)
        if key == Qt.Key.Key_Left and not is_open:
            head = folding.head_of(line)
            if head >= 0:
                self._go_by_key(folding.row_of(head), keep_anchor=False)
        else:
            self.fold(line, is_open if key == Qt.Key.Key_Space else key == Qt.Key.Key_Left)
        return True


def _has_shift(event: QMouseEvent | QKeyEvent) -> bool:
    return bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
