"""The frames of the paused script, innermost first."""

from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QHeaderView, QMenu, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import Index, RowModel, RowTable
from eqxviz.records import Frame
from eqxviz.session.debugging.stack import PausedStack
from eqxviz.session.debugging.wording import frame_place, frame_title

_ROW_HEIGHT = 22
_NARROWEST = 60


class StackModel(RowModel):
    """A row for each frame: its function, and its line. Those of libraries are faint."""

    def __init__(self, stack: PausedStack, theme: Theme, parent: QWidget) -> None:
        super().__init__(["Function", "Line"], (), parent)
        self._stack = stack
        self._theme = theme
        self._n_rows = 0

    def refresh(self) -> None:
        """Show the frames as they are."""
        self.beginResetModel()
        self._n_rows = len(self._stack.frames)
        self.endResetModel()

    def n_rows(self) -> int:
        return self._n_rows

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        frames = self._stack.frames
        if not index.isValid() or index.row() >= len(frames):
            return None
        frame, is_name = frames[index.row()], index.column() == 0
        if role == Qt.ItemDataRole.DisplayRole:
            return frame_title(frame) if is_name else frame_place(frame)
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{frame.file}:{frame.line}\n{frame.text.strip()}".strip()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.alignment(index.column())
        is_faint = not is_name or not frame.is_user or self._stack.is_past
        if role == Qt.ItemDataRole.ForegroundRole and is_faint:
            return self._theme.color("faint")
        if role == Qt.ItemDataRole.DecorationRole and is_name:
            return self._theme.icon(*self._mark(index.row()))
        if role == Qt.ItemDataRole.AccessibleTextRole and is_name:
            return f"{frame_title(frame)}, {frame_place(frame)}"
        return None

    def _mark(self, row: int) -> tuple[str, str]:
        """Return an arrow for the line at which the script is, a lighter one for its callers."""
        if self._stack.is_past or not self._stack.frames[row].is_user:
            return "mdi6.chevron-right", "none"
        is_own = row == self._stack.own
        return ("mdi6.arrow-right-bold", "running") if is_own else ("mdi6.chevron-right", "faint")


class StackPane(RowTable):
    """Going to a frame shows its line and its variables.

    Signals:
        frame_chosen: The place of the frame that the user went to.
    """

    frame_chosen = Signal(int)

    def __init__(self, stack: PausedStack, theme: Theme, parent: QWidget) -> None:
        super().__init__(_ROW_HEIGHT, _NARROWEST, parent)
        self._stack = stack
        self._is_quiet = False
        self.frames = StackModel(stack, theme, self)
        self.setModel(self.frames)
        self.setAccessibleName("Stack")
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.horizontalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_menu_wanted)
        self.clicked.connect(lambda index: self.frame_chosen.emit(index.row()))

    def refresh(self) -> None:
        """Show the stack as it is."""
        self._is_quiet = True
        self.frames.refresh()
        self.widen_names()
        if self._stack.chosen >= 0:
            self.selectRow(self._stack.chosen)
        self._is_quiet = False

    def widen_names(self) -> None:
        """Give the places what they need, as long as the names have room, and these the rest."""
        places = [frame_place(frame) for frame in self._stack.frames]
        widest = max((self.width_of(place) for place in places), default=0)
        self.setColumnWidth(1, min(widest, max(self.viewport().width() * 3 // 5, _NARROWEST)))
        super().widen_names()

    def menu(self, frame: Frame, row: int) -> QMenu:
        """Return what can be done with a frame; the menu deletes itself when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = QApplication.clipboard().setText
        menu.addAction("Show its line\tReturn", lambda: self.frame_chosen.emit(row))
        menu.addSeparator()
        menu.addAction("Copy the place", lambda: copy(f"{frame.file}:{frame.line}"))
        menu.addAction("Copy the stack", lambda: copy(self.text()))
        return menu

    def text(self) -> str:
        """Return the stack as Python prints a traceback, outermost frame first."""
        lines: list[str] = []
        for frame in reversed(self._stack.frames):
            lines.append(f'  File "{frame.file}", line {frame.line}, in {frame.function}')
            if frame.text.strip():
                lines.append(f"    {frame.text.strip()}")
        return "\n".join(lines)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.frame_chosen.emit(self.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if not self._is_quiet and current.isValid() and previous.isValid():
            self.frame_chosen.emit(current.row())

    def _on_menu_wanted(self, at: QPoint) -> None:
        row = self.indexAt(at).row()
        if row >= 0:
            self.menu(self._stack.frames[row], row).popup(self.viewport().mapToGlobal(at))
