"""The rows of an `Outline` as a Qt table: no object per row, nothing computed that is not asked."""

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from eqxviz.records import ModelTree, NodeKind
from eqxviz.session import formatting
from eqxviz.session.filtering import mark_of
from eqxviz.session.marks import MARKS
from eqxviz.session.outline import Outline

NAME, TYPE, VALUE, PARAMETERS, BYTES, FILTER = range(6)
COLUMNS = ("Name", "Type", "Value", "Parameters", "Bytes", "Filter")
NUMBERS = (PARAMETERS, BYTES)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_Index = QModelIndex | QPersistentModelIndex


class TreeModel(QAbstractTableModel):
    """A table whose row r is node `outline.rows[r]`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.outline: Outline | None = None

    def set_outline(self, outline: Outline | None) -> None:
        """Show `outline`, or nothing."""
        self.beginResetModel()
        self.outline = outline
        self.endResetModel()

    def change_rows(self, change: Any, *args: Any) -> None:
        """Call `change(*args)`, a method of the outline, and tell the view that rows changed."""
        self.beginResetModel()
        change(*args)
        self.endResetModel()

    def node(self, row: int) -> int:
        """Return the node that `row` shows, or -1."""
        if self.outline is None or not 0 <= row < len(self.outline):
            return -1
        return int(self.outline.rows[row])

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() or self.outline is None else len(self.outline)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation == Qt.Orientation.Horizontal and 0 <= section < len(COLUMNS):
            if role == Qt.ItemDataRole.DisplayRole:
                return COLUMNS[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _RIGHT if section in NUMBERS else _LEFT
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        node = self.node(index.row())
        if node < 0 or self.outline is None:
            return None
        tree = self.outline.tree
        if role == Qt.ItemDataRole.DisplayRole:
            return cell_text(tree, node, index.column())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken_row(tree, node) if index.column() == NAME else None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if index.column() in NUMBERS else _LEFT
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(tree, node)
        return None


def cell_text(tree: ModelTree, node: int, column: int) -> str:
    """Return what the cell of `node` in `column` says."""
    if column == NAME:
        key = tree.strings[int(tree.key[node])] if node else tree.name
        return key.removeprefix(".")
    if column == TYPE:
        kind = int(tree.type[node])
        return tree.strings[int(tree.type_name[kind])] if kind >= 0 else ""
    if column == VALUE:
        leaf = int(tree.leaf[node])
        return tree.strings[int(tree.leaf_summary[leaf])] if leaf >= 0 else _children(tree, node)
    if column == FILTER:
        mark = mark_of(tree, node)
        return MARKS[mark].word if mark else ""
    total = tree.n_params[node] if column == PARAMETERS else tree.n_bytes[node]
    if total == 0:
        return ""
    return formatting.count(int(total)) if column == PARAMETERS else formatting.n_bytes(int(total))


def spoken_row(tree: ModelTree, node: int) -> str:
    """Return the row of `node` as a screen reader should say it."""
    cells = (cell_text(tree, node, c) for c in range(len(COLUMNS)))
    said = ", ".join(c for c in cells if c)
    n_shared = len(tree.shared_with(node))
    return f"{said}, shared with {n_shared} more" if n_shared else said


def tooltip(tree: ModelTree, node: int) -> str:
    """Return the path of `node`, and why filtering sees it as it does, as rich text."""
    lines = [f"<b>{_escape(tree.path(node))}</b>", _escape(cell_text(tree, node, VALUE))]
    mark = mark_of(tree, node)
    if mark:
        lines.append(_escape(MARKS[mark].explanation))
    if others := tree.shared_with(node):
        named = ", ".join(tree.path(o) for o in others[:4])
        more = f" and {len(others) - 4} more" if len(others) > 4 else ""
        lines.append(f"The same object is also at {_escape(named)}{more}.")
    return "<qt>" + "<br>".join(line for line in lines if line) + "</qt>"


def _children(tree: ModelTree, node: int) -> str:
    n = int(tree.n_children[node])
    container = int(tree.kind[node]) == NodeKind.CONTAINER
    if not container:
        return ""
    return "1 item" if n == 1 else f"{formatting.count(n)} items"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
