"""A table model of a fixed set of columns, whose rows are made when they are looked at."""

from collections.abc import Container, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

Index = QModelIndex | QPersistentModelIndex
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class RowModel(QAbstractTableModel):
    """`titles` of the columns, of which those in `numbers` stand to the right.

    Abstract: a model says how many rows it has by `n_rows`, and what is in them by `data`.
    """

    def __init__(
        self, titles: Sequence[str], numbers: Container[int], parent: QObject | None
    ) -> None:
        super().__init__(parent)
        self._titles = titles
        self._numbers = numbers

    def n_rows(self) -> int:
        """Return how many rows there are."""
        raise NotImplementedError

    def refresh_cells(self) -> None:
        """Say that the cells have changed, though not which rows there are."""
        n_rows = self.n_rows()
        if n_rows:
            last = self.index(n_rows - 1, len(self._titles) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def refresh_header(self) -> None:
        """Say that what the header says has changed."""
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self._titles) - 1)

    def alignment(self, column: int) -> Qt.AlignmentFlag:
        """Return where the texts of a column stand."""
        return _RIGHT if column in self._numbers else _LEFT

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else self.n_rows()

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation == Qt.Orientation.Horizontal and 0 <= section < len(self._titles):
            if role == Qt.ItemDataRole.DisplayRole:
                return self._titles[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return self.alignment(section)
        return None
