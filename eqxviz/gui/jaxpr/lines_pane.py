"""Many lines on screen, of which only those in sight are painted: they fold and are chosen."""

from collections.abc import Callable, Iterable

import numpy as np
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QContextMenuEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QMenu, QWidget

from eqxviz.gui.jaxpr.line_painter import LinePainter, Look
from eqxviz.gui.theme import Theme
from eqxviz.session.lines import Folding, Lines, LineText

_NO_LINES: Lines = np.zeros(0, np.int64)
_MOST_COPIED = 200_000  # lines: the clipboard is no place for more


class LinesPane(QAbstractScrollArea):
    """Shows a `LineText`.

    Up and Down go from line to line, with Shift they choose several; Left folds or goes to what
    holds the line, Right unfolds; Space folds and unfolds; Ctrl+Left and Ctrl+Right do so to all.

    Signals:
        picked: The line that the user went to.
        activated: The line that was double-clicked, or on which Return was pressed.
    """

    picked = Signal(int)
    activated = Signal(int)

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._painter = LinePainter(theme)
        self.text: LineText | None = None
        self.folding: Folding | None = None
        self.look = Look()
        self.current = -1  # the line that one is at
        self._anchor = -1  # where the chosen lines begin
        self._widest = 0  # pixels: of the lines that were in sight so far
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.verticalScrollBar().setSingleStep(3)
        self.horizontalScrollBar().setSingleStep(self._painter.advance * 4)
        theme.changed.connect(self._on_theme_changed)

    def show_text(self, text: LineText | None, folding: Folding | None = None) -> None:
        """Show `text` from its beginning, folded as it was left; nothing is chosen."""
        self.text = text
        self.folding = folding or (Folding(text) if text is not None else None)
        self.current = self._anchor = -1
        self.look = Look()
        self._widest = 0
        self.verticalScrollBar().setValue(0)
        self.horizontalScrollBar().setValue(0)
        self._fit()

    def go_to(self, line: int) -> None:
        """Make `line` the current one, unfold what hides it, and bring it into sight."""
        if self.folding is None:
            return
        self.folding.reveal(line)
        self._fit()
        self._set_current(line)
        self.bring_into_sight(line)

    def bring_into_sight(self, line: int) -> None:
        """Scroll to `line`, or to what it is folded in, unless it is in sight."""
        if self.folding is None:
            return
        row, bar = self.folding.row_of(line), self.verticalScrollBar()
        if not bar.value() <= row < bar.value() + self._rows_in_sight():
            bar.setValue(row - self._rows_in_sight() // 3)

    def mark(
        self,
        *,
        current: int | None = None,
        related: Iterable[int] | None = None,
        values: Iterable[int] | None = None,
    ) -> None:
        """Let lines and variables stand out; what is not given stays as it is."""
        if current is not None:
            self._set_current(current)
        if related is not None:
            self.look.related = frozenset(related)
        if values is not None:
            self.look.values = frozenset(values)
        self.viewport().update()

    def show_found(self, found: Iterable[int], pattern: object) -> None:
        """Mark the lines in which something was found, and the places in them."""
        self.look.found, self.look.pattern = frozenset(found), pattern
        self.viewport().update()

    def fold(self, line: int, is_folded: bool) -> None:
        """Fold or unfold the block of a line; the line stays where it is on screen."""
        self._keeping_place(line, lambda folding: folding.set_folded(line, is_folded))

    def fold_all(self) -> None:
        """Fold every block but the outermost."""
        self._keeping_place(self.current, Folding.fold_all)

    def unfold_all(self) -> None:
        """Unfold every block."""
        self._keeping_place(self.current, Folding.unfold_all)

    @property
    def chosen(self) -> Lines:
        """The lines that are chosen, those that are folded away left out."""
        if self.folding is None or self.current < 0:
            return _NO_LINES
        rows = sorted((self.folding.row_of(self.current), self.folding.row_of(self._anchor)))
        return self.folding.rows[rows[0] : rows[1] + 1]

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
            self._set_current(int(self.folding.rows[-1]), keep_anchor=True)

    def line_at(self, at: QPointF) -> int:
        """Return the line at a point of the viewport, -1 below the last one."""
        if self.folding is None:
            return -1
        row = self.verticalScrollBar().value() + int(at.y()) // self._painter.height
        return int(self.folding.rows[row]) if 0 <= row < len(self.folding.rows) else -1

    def paintEvent(self, event: QPaintEvent) -> None:
        text, folding = self.text, self.folding
        first = self.verticalScrollBar().value()
        lines = folding.rows[first : first + self._rows_in_sight() + 1].tolist() if folding else []
        self.look.chosen = frozenset(self.chosen.tolist()) if len(lines) else frozenset()
        self.look.current, self.look.has_focus = self.current, self.hasFocus()
        left = self.horizontalScrollBar().value()
        widest = self._painter.paint(self.viewport(), text, folding, lines, self.look, left)
        if widest > self._widest:
            self._widest = widest
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        line, folding = self.line_at(event.position()), self.folding
        if event.button() != Qt.MouseButton.LeftButton or line < 0 or folding is None:
            return
        x = event.position().x() + self.horizontalScrollBar().value()
        if self._painter.is_on_sign(x) and folding.can_fold(line):
            self.fold(line, not folding.is_folded(line))
            return
        self._set_current(line, keep_anchor=_has_shift(event))
        value = self._painter.value_at(x, self.text, folding, line)
        self.picked.emit(line)
        if value >= 0:
            self.mark(values=(value,))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        line = self.line_at(event.position())
        if event.buttons() & Qt.MouseButton.LeftButton and line >= 0 and line != self.current:
            self._set_current(line, keep_anchor=True)
            self.bring_into_sight(line)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        line, folding = self.line_at(event.position()), self.folding
        if line >= 0 and folding is not None and event.button() == Qt.MouseButton.LeftButton:
            if folding.can_fold(line):
                self.fold(line, not folding.is_folded(line))
            else:
                self.activated.emit(line)

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
        page = max(1, self._rows_in_sight() - 1)
        keys = Qt.Key
        return {
            keys.Key_Up: -1, keys.Key_Down: 1, keys.Key_PageUp: -page, keys.Key_PageDown: page,
            keys.Key_Home: -n_rows, keys.Key_End: n_rows,
        }.get(key)  # fmt: skip

    def _go_by_key(self, row: int, *, keep_anchor: bool) -> None:
        if self.folding is None or row >= len(self.folding.rows):
            return
        line = int(self.folding.rows[row])
        self._set_current(line, keep_anchor=keep_anchor)
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

    def _keeping_place(self, line: int, change: Callable[[Folding], None]) -> None:
        """Change what is folded; `line`, else the first in sight, stays where it is on screen."""
        folding, bar = self.folding, self.verticalScrollBar()
        if folding is None or not len(folding.rows):
            return
        kept = line if line >= 0 else int(folding.rows[min(bar.value(), len(folding.rows) - 1)])
        above = folding.row_of(kept) - bar.value()
        change(folding)
        self._fit()
        bar.setValue(folding.row_of(kept) - above)
        self.viewport().update()

    def _set_current(self, line: int, *, keep_anchor: bool = False) -> None:
        self.current = line
        if not keep_anchor or self._anchor < 0:
            self._anchor = line
        said = self.text.text(line).strip() if self.text is not None and line >= 0 else ""
        if said != self.accessibleDescription():
            self.setAccessibleDescription(said)
            event = QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
            QAccessible.updateAccessibility(event)
        self.viewport().update()

    def _rows_in_sight(self) -> int:
        return max(1, self.viewport().height() // self._painter.height)

    def _fit(self) -> None:
        """Let the scroll bars reach as far as the text does."""
        n_rows = len(self.folding.rows) if self.folding is not None else 0
        page = self._rows_in_sight()
        self.verticalScrollBar().setRange(0, max(0, n_rows - page))
        self.verticalScrollBar().setPageStep(page)
        room = self.viewport().width()
        self.horizontalScrollBar().setRange(0, max(0, self._widest - room))
        self.horizontalScrollBar().setPageStep(room)
        self.viewport().update()

    def _on_theme_changed(self) -> None:
        self._painter.forget_colours()
        self.viewport().update()


def _has_shift(event: QMouseEvent | QKeyEvent) -> bool:
    return bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
