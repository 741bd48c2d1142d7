"""The share groups as a table that makes its cells when they are looked at."""

from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from eqxviz.gui.widgets import Index, RowModel
from eqxviz.session import formatting
from eqxviz.session.paths import python_path
from eqxviz.session.sharing.sharing_map import KIND_WORDS, SharingMap, SortKey

COLUMNS: tuple[tuple[str, SortKey], ...] = (
    ("Found at", "place"),
    ("What", "what"),
    ("Kind", "kind"),
    ("Places", "count"),
    ("Each", "each"),
    ("Saves", "saved"),
)
SAVES = len(COLUMNS) - 1
_NUMBERS = range(3, len(COLUMNS))


class SharingModel(RowModel):
    """A row a group; there is no object for a row, and a hundred thousand cost two columns."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__([title for title, _ in COLUMNS], _NUMBERS, parent)
        self.map: SharingMap | None = None
        self._by: SortKey = "saved"
        self._is_descending = True
        self._groups = np.zeros(0, np.int64)
        self._rows = np.zeros(0, np.int64)  # by group

    def set_map(self, sharing: SharingMap | None) -> None:
        """Show `sharing`, sorted as the map before."""
        if sharing is self.map:
            return
        self.beginResetModel()
        self.map = sharing
        self._arrange()
        self.endResetModel()

    def group_at(self, row: int) -> int:
        """Return the group that `row` shows."""
        return int(self._groups[row])

    def row_of(self, group: int) -> int:
        """Return the row that shows `group`."""
        return int(self._rows[group])

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._by, self._is_descending = COLUMNS[column][1], order == Qt.SortOrder.DescendingOrder
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        groups = [self.group_at(index.row()) for index in before]
        self._arrange()
        after = [
            self.index(self.row_of(group), index.column())
            for group, index in zip(groups, before, strict=True)
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()
        self.refresh_header()

    def n_rows(self) -> int:
        return len(self._groups)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        said = super().headerData(section, orientation, role)
        if role == Qt.ItemDataRole.DisplayRole and said and COLUMNS[section][1] == self._by:
            # The style's own arrow covers titles that stand to the right.
            return f"{said} {'↓' if self._is_descending else '↑'}"
        return said

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self.map is None:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.alignment(index.column())
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            text = self._cell(self.group_at(index.row()), index.column())
            if role == Qt.ItemDataRole.ToolTipRole and index.column() > 1:
                return None
            return text
        return None

    def _cell(self, group: int, column: int) -> str:
        sharing = self.map
        assert sharing is not None  # rows are those of a map
        if column == 0:
            n_more = int(sharing.n_places[group]) - 1
            more = f" and {n_more:,} more" if n_more > 1 else ""
            first, second = (
                python_path(sharing.tree, int(n)).text for n in sharing.places(group)[:2]
            )
            return f"{first}{more}" if more else f"{first}, {second}"
        if column == 1:
            return sharing.what(group)
        if column == 2:
            return KIND_WORDS[sharing.kind(group)]
        if column == 3:
            return f"{int(sharing.n_places[group]):,}"
        n_bytes = (sharing.bytes_each if column == 4 else sharing.bytes_saved)[group]
        return formatting.n_bytes(int(n_bytes)) if n_bytes else "–"

    def _arrange(self) -> None:
        if self.map is None:
            self._groups = self._rows = np.zeros(0, np.int64)
            return
        self._groups = self.map.order(self._by, self._is_descending)
        self._rows = np.argsort(self._groups)
