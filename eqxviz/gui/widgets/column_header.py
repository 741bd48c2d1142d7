"""The heads of a table's columns: which are shown, in which order, how wide, and what sorts."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtWidgets import QHeaderView, QMenu, QWidget

from eqxviz.session.column import Column

_NARROWEST = 36
_WIDEST = 600
# Pixels within which a column can still be read, by its look; others are not narrowed.
_LEAST = {"code": 72, "number": 62, "strip": 56, "plain": 64}


class ColumnHeader(QHeaderView):
    """The heads of `columns`. Names come first; the others can be dragged, sized and hidden.

    Of the columns those called `at_first` are shown at first.

    Signals:
        layout_changed: Columns are shown, ordered or sized otherwise, by the user's hand.
        columns_changed: Other columns are shown, or all were laid out anew.
        sort_asked: The name of a column, "" for the model's order, and whether it falls.
    """

    layout_changed = Signal()
    columns_changed = Signal()
    sort_asked = Signal(str, bool)

    def __init__(self, columns: Sequence[Column], at_first: Sequence[str], parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._columns = columns
        self._names = tuple(column.name for column in columns)
        self._at_first = [f"{name}:0" for name in at_first]
        self.setAccessibleName("Columns")
        self.setSectionsMovable(True)
        self.setFirstSectionMovable(False)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setMinimumSectionSize(_NARROWEST)
        self.setMaximumSectionSize(100_000)  # the names take what is left of any screen
        self._wished = [column.width for column in columns]  # where there is room
        self._is_by_hand = True
        self._kept: tuple[str, ...] = ()
        self._sorted = ("", False)

    def begin(self) -> None:
        """Lay the columns out as at first; the model must be set."""
        self.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        self.show_layout(self._at_first)
        model = self.model()
        model.modelAboutToBeReset.connect(self._on_about_to_be_reset)
        model.modelReset.connect(self._on_reset)
        self.sectionClicked.connect(self._on_clicked)
        self.sectionMoved.connect(lambda *_where: self._on_laid_out())
        self.sectionResized.connect(lambda at, _before, now: self._on_resized(at, now))

    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns that are shown, from left to right."""
        shown = (self.logicalIndex(at) for at in range(self.count()))
        return tuple(self._names[i] for i in shown if not self.isSectionHidden(i))

    def layout_text(self) -> tuple[str, ...]:
        """Return "name:width" of the columns that are shown, for `show_layout`."""
        return tuple(f"{name}:{self._wished[self._names.index(name)]}" for name in self.columns())

    def show_layout(self, layout: Sequence[str]) -> None:
        """Show the columns that `layout_text` returned; what it cannot mean is left out."""
        wanted: dict[str, int] = {self._names[0]: 0}
        for text in layout:
            name, _, width = text.partition(":")
            if name in self._names:
                wanted[name] = int(width) if width.isdecimal() else 0
        self._is_by_hand = False
        for at, name in enumerate(wanted):
            self.moveSection(self.visualIndex(self._names.index(name)), at)
        for i, column in enumerate(self._columns):
            self.setSectionHidden(i, column.name not in wanted)
            if i:
                width = wanted.get(column.name, 0) or column.width
                self._wished[i] = min(max(width, _NARROWEST), _WIDEST)
                self.resizeSection(i, self._wished[i])
        self._is_by_hand = True
        self.columns_changed.emit()

    def fit(self, room: int, least_name: int) -> None:
        """Narrow the columns that are shown, as far as they can be read, so that all have room.

        The names may get as narrow as `least_name`. Where there is room, each is as it was wished.
        """
        shown = [i for i in range(1, len(self._columns)) if not self.isSectionHidden(i)]
        least = {i: _LEAST.get(self._columns[i].look, _WIDEST) for i in shown}
        slack = {i: max(self._wished[i] - least[i], 0) for i in shown}
        name = self._columns[0].width
        missing = name + sum(self._wished[i] for i in shown) - room
        share = missing / max(name - least_name + sum(slack.values()), 1)
        self._is_by_hand = False
        for i in shown:
            self.resizeSection(i, self._wished[i] - math.ceil(slack[i] * min(max(share, 0), 1)))
        self._is_by_hand = True

    def show_column(self, name: str, is_shown: bool) -> None:
        """Show or hide a column; the names always stay."""
        at = self._names.index(name)
        if at and is_shown == self.isSectionHidden(at):
            self._is_by_hand = False
            self.setSectionHidden(at, not is_shown)
            self._is_by_hand = True
            self.columns_changed.emit()
            self.layout_changed.emit()

    def show_sorting(self, name: str, is_falling: bool) -> None:
        """Mark the column by which the rows are sorted; "" for none."""
        self._sorted = (name, is_falling)
        order = Qt.SortOrder.DescendingOrder if is_falling else Qt.SortOrder.AscendingOrder
        self.setSortIndicatorShown(bool(name))
        self.setSortIndicator(self._names.index(name) if name else -1, order)

    def fill(self, menu: QMenu) -> None:
        """Put a checkable action for each column into `menu`, then one for the first layout."""
        shown = self.columns()
        for column in self._columns[1:]:
            action = QAction(f"{column.title}: {_lower(column.explanation)}", menu, checkable=True)
            action.setChecked(column.name in shown)
            action.toggled.connect(lambda on, name=column.name: self.show_column(name, on))
            menu.addAction(action)
        menu.addSeparator()
        menu.addAction("As at first", self.reset)

    def reset(self) -> None:
        """Show the columns of the beginning."""
        self.show_layout(self._at_first)
        self.layout_changed.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.choose(event.globalPos())

    def choose(self, at: QPoint) -> None:
        """Let the user choose the columns, in a menu at a place of the screen."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill(menu)
        menu.popup(at)

    def next_sorting(self, column: str) -> tuple[str, bool]:
        """Return what a click on `column` asks for: what stands out first, the reverse, none."""
        is_number = self._columns[self._names.index(column)].look in ("number", "mark", "marks")
        turns = [(column, is_number), (column, not is_number), ("", False)]
        return turns[(turns.index(self._sorted) + 1) % 3] if self._sorted in turns[:2] else turns[0]

    def _on_about_to_be_reset(self) -> None:
        self._kept = self.layout_text()

    def _on_reset(self) -> None:
        # Qt's header falls back to an older choice of columns when its model is reset.
        if self.layout_text() != self._kept:
            self.show_layout(self._kept)
            self.layout_changed.emit()

    def _on_clicked(self, section: int) -> None:
        # Qt has moved its indicator already.
        wanted = self.next_sorting(self._names[section])
        self.show_sorting(*self._sorted)
        self.sort_asked.emit(*wanted)

    def _on_resized(self, at: int, width: int) -> None:
        if at and self._is_by_hand:
            self._wished[at] = width
            self._on_laid_out()

    def _on_laid_out(self) -> None:
        if self._is_by_hand:
            self.layout_changed.emit()


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
