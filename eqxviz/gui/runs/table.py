"""The table of runs."""

from collections.abc import Container
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QIcon,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
)
from PySide6.QtWidgets import QAbstractItemView, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets.cells_table import CellsModel, CellsTable
from eqxviz.session.runs.columns import RUNS, RUNS_AT_FIRST, StateLook, last_value
from eqxviz.store import RunSummary

_ICON = 16
_NOTHING = "No run is like that. Esc in the search shows all of them."
_WRAP = Qt.TextFlag.TextWordWrap


class RunsModel(CellsModel[RunSummary]):
    """The runs; the one that is shown and those that are laid over it are marked by an icon."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(RUNS, lambda run: run.id, parent)
        self._theme = theme
        no_icon = QPixmap(_ICON, _ICON)
        no_icon.fill(Qt.GlobalColor.transparent)
        self._no_icon = QIcon(no_icon)
        self.shown = ""  # the id of the run in the window
        self.overlaid: Container[str] = ()

    def look(self, row: RunSummary, column: str, role: int) -> Any:
        if column == "name":
            return self._look_of_name(row, role)
        if column == "state":
            if role == Qt.ItemDataRole.ForegroundRole:
                return self._theme.color(StateLook.of(row).color)
            if role == Qt.ItemDataRole.AccessibleTextRole:
                return StateLook.of(row).words
        if role == Qt.ItemDataRole.FontRole and column in ("commit", "id"):
            return self._theme.font("mono")
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tooltip(row, column)
        return None

    def _look_of_name(self, row: RunSummary, role: int) -> Any:
        is_shown, is_over = row.id == self.shown, row.id in self.overlaid
        if role == Qt.ItemDataRole.DecorationRole:
            if is_shown or is_over:
                return self._theme.icon("mdi6.eye" if is_shown else "mdi6.layers-outline", "accent")
            return self._no_icon  # as wide, so that the names stand in one line
        if role == Qt.ItemDataRole.AccessibleTextRole:
            what = ", shown" if is_shown else ", drawn over" if is_over else ""
            return f"{row.title}, {StateLook.of(row).words}{what}"
        if role == Qt.ItemDataRole.ToolTipRole:
            words = " ".join((row.script, *row.argv))
            return f"{words}\n{row.folder}" if not row.problem else f"{words}\n{row.problem}"
        return None

    def _tooltip(self, row: RunSummary, column: str) -> Any:
        if column == "note":
            return row.problem or row.note or None
        if column == "value":
            return "\n".join(f"{name}: {value:.10g}" for name, value in row.finals) or None
        if column == "tags":
            return ", ".join(row.tags) or None
        if column == "value" and (found := last_value(row.finals)):
            return found[0]
        return None


class RunsTable(CellsTable[RunSummary]):
    """Several runs can be selected; Delete asks to delete them, the menu key asks for their menu.

    Signals:
        delete_asked: Delete was pressed.
        menu_asked: Where on the screen a menu is to be.
        selected_anew: Other rows are selected.
    """

    delete_asked = Signal()
    menu_asked = Signal(QPoint)
    selected_anew = Signal()

    def __init__(self, model: RunsModel, theme: Theme, parent: QWidget) -> None:
        super().__init__(model, RUNS_AT_FIRST, "Runs", parent)
        self._theme = theme
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.selectionModel().selectionChanged.connect(lambda *_which: self._on_selected())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.model().rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(self._theme.color("faint"))
            room = self.viewport().rect().adjusted(12, 0, -12, 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | _WRAP, _NOTHING)

    def _on_selected(self) -> None:
        if not self._is_quiet:
            self.selected_anew.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.delete_asked.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            row = self.visualRect(self.currentIndex())
            self.menu_asked.emit(self.viewport().mapToGlobal(row.bottomLeft()))
        else:
            self.menu_asked.emit(event.globalPos())
