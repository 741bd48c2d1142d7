"""Many lines on screen, of which only those in sight are painted; their blocks fold."""

from collections.abc import Callable, Iterable

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from eqxviz.gui.jaxpr.line_painter import LinePainter, Look
from eqxviz.gui.theme import Theme
from eqxviz.session.lines import Folding, Lines, LineText

_NO_LINES: Lines = np.zeros(0, np.int64)


class LinesView(QAbstractScrollArea):
    """Shows a `LineText`: scrolls it, folds it, and lets lines and variables stand out."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.painter = LinePainter(theme)
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
        self.horizontalScrollBar().setSingleStep(self.painter.advance * 4)
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
        self.set_current(line)
        self.bring_into_sight(line)

    def bring_into_sight(self, line: int) -> None:
        """Scroll to `line`, or to what it is folded in, unless it is in sight."""
        if self.folding is None:
            return
        row, bar = self.folding.row_of(line), self.verticalScrollBar()
        if not bar.value() <= row < bar.value() + self.rows_in_sight():
            bar.setValue(row - self.rows_in_sight() // 3)

    def mark(
        self,
        *,
        current: int | None = None,
        related: Iterable[int] | None = None,
        values: Iterable[int] | None = None,
    ) -> None:
        """Let lines and variables stand out; what is not given stays as it is."""
        if current is not None:
            self.set_current(current)
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

    def line_at(self, at: QPointF) -> int:
        """Return the line at a point of the viewport, -1 below the last one."""
        if self.folding is None:
            return -1
        row = self.verticalScrollBar().value() + int(at.y()) // self.painter.height
        return int(self.folding.rows[row]) if 0 <= row < len(self.folding.rows) else -1

    def rows_in_sight(self) -> int:
        return max(1, self.viewport().height() // self.painter.height)

    def set_current(self, line: int, *, keep_anchor: bool = False) -> None:
        self.current = line
        if not keep_anchor or self._anchor < 0:
            self._anchor = line
        said = self.text.text(line).strip() if self.text is not None and line >= 0 else ""
        if said != self.accessibleDescription():
            self.setAccessibleDescription(said)
            event = QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
            QAccessible.updateAccessibility(event)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        text, folding = self.text, self.folding
        first = self.verticalScrollBar().value()
        lines = folding.rows[first : first + self.rows_in_sight() + 1].tolist() if folding else []
        self.look.chosen = frozenset(self.chosen.tolist()) if len(lines) else frozenset()
        self.look.current, self.look.has_focus = self.current, self.hasFocus()
        left = self.horizontalScrollBar().value()
        widest = self.painter.paint(self.viewport(), text, folding, lines, self.look, left)
        if widest > self._widest:
            self._widest = widest
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

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

    def _fit(self) -> None:
        """Let the scroll bars reach as far as the text does."""
        n_rows = len(self.folding.rows) if self.folding is not None else 0
        page = self.rows_in_sight()
        self.verticalScrollBar().setRange(0, max(0, n_rows - page))
        self.verticalScrollBar().setPageStep(page)
        room = self.viewport().width()
        self.horizontalScrollBar().setRange(0, max(0, self._widest - room))
        self.horizontalScrollBar().setPageStep(room)
        self.viewport().update()

    def _on_theme_changed(self) -> None:
        self.painter.forget_colours()
        self.viewport().update()
