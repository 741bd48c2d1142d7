"""The frames of the paused script, innermost first."""

import itertools
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QHeaderView, QMenu, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import Index, RowModel, RowTable
from eqxviz.records import Frame
from eqxviz.session.debugging.stack import PausedStack
from eqxviz.session.debugging.wording import frame_place, frame_title, frames_title

_ROW_HEIGHT = 22
_NARROWEST = 60


class StackModel(RowModel):
    """A row for each frame: its function, and its line.

    Those of libraries are faint; several of them, one after the other, are folded into one row.
    """

    def __init__(self, stack: PausedStack, theme: Theme, parent: QWidget) -> None:
        super().__init__(["Function", "Line"], (), parent)
        self._stack = stack
        self._theme = theme
        self._rows: list[range] = []  # the places of the frames in each row
        self._unfolded: set[int] = set()  # the first of each run of frames that is unfolded
        self._of: tuple[Frame, ...] = ()  # whose these are
        self._chosen = -1  # the frame that was looked at when they were made

    def refresh(self) -> None:
        """Show the frames as they are."""
        self.beginResetModel()
        frames = self._stack.frames
        if frames is not self._of:
            self._unfolded.clear()
            self._of, self._chosen = frames, -1
        self._rows = []
        for _is_user, run in itertools.groupby(range(len(frames)), lambda i: frames[i].is_user):
            places = list(run)
            whole = range(places[0], places[-1] + 1)
            if self._stack.chosen in whole and self._stack.chosen != self._chosen:
                self._unfolded.add(whole[0])
            can_fold = not frames[whole[0]].is_user and len(whole) > 1
            is_folded = can_fold and whole[0] not in self._unfolded
            self._rows += [whole] if is_folded else [range(i, i + 1) for i in whole]
        self._chosen = self._stack.chosen
        self.endResetModel()

    def n_rows(self) -> int:
        return len(self._rows)

    def frame_at(self, row: int) -> int:
        """Return the place of the frame in a row, -1 where several are folded."""
        is_one = 0 <= row < len(self._rows) and len(self._rows[row]) == 1
        return self._rows[row][0] if is_one else -1

    def row_of(self, frame: int) -> int:
        """Return the row in which a frame is, -1 for none."""
        return next((row for row, frames in enumerate(self._rows) if frame in frames), -1)

    def unfold(self, row: int) -> bool:
        """Give each frame of a row its own; False where it has one."""
        if not 0 <= row < len(self._rows) or len(self._rows[row]) == 1:
            return False
        self._unfolded.add(self._rows[row][0])
        self.refresh()
        return True

    def fold(self, row: int) -> bool:
        """Fold the frames of libraries around a row again; False where they are not unfolded."""
        at = self.frame_at(row)
        while at > 0 and not self._of[at].is_user and not self._of[at - 1].is_user:
            at -= 1
        if at not in self._unfolded:
            return False
        self._unfolded.discard(at)
        self.refresh()
        return True

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        frames = self._stack.frames
        if not index.isValid() or index.row() >= len(self._rows) or frames is not self._of:
            return None
        if len(self._rows[index.row()]) > 1:
            return self._folded_data(index, role)
        frame, is_name = frames[self.frame_at(index.row())], index.column() == 0
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
            return self._theme.icon(*self._mark(self.frame_at(index.row())))
        if role == Qt.ItemDataRole.AccessibleTextRole and is_name:
            return f"{frame_title(frame)}, {frame_place(frame)}"
        return None

    def _folded_data(self, index: Index, role: int) -> Any:
        frames = [self._of[i] for i in self._rows[index.row()]]
        is_name = index.column() == 0
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole) and is_name:
            return frames_title(frames)
        if role == Qt.ItemDataRole.ToolTipRole:
            lines = [f"{frame_title(frame)}  {frame_place(frame)}" for frame in frames]
            return "\n".join([*lines, "Enter or a click unfolds them."])
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._theme.color("faint")
        if role == Qt.ItemDataRole.DecorationRole and is_name:
            return self._theme.icon("mdi6.unfold-more-horizontal", "faint")
        return None

    def _mark(self, at: int) -> tuple[str, str]:
        """Return an arrow for the line at which the script is, a lighter one for its callers."""
        if self._stack.is_past or not self._stack.frames[at].is_user:
            return "mdi6.chevron-right", "none"
        is_own = at == self._stack.own
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
        self.clicked.connect(lambda index: self._go(index.row()))

    def refresh(self) -> None:
        """Show the stack as it is."""
        self._is_quiet = True
        self.frames.refresh()
        self.widen_names()
        row = self.frames.row_of(self._stack.chosen)
        if row >= 0:
            self.selectRow(row)
        self._is_quiet = False

    def widen_names(self) -> None:
        """Give the places what they need, as long as the names have room, and these the rest."""
        at = [self.frames.frame_at(row) for row in range(self.frames.n_rows())]
        places = [frame_place(self._stack.frames[i]) for i in at if i >= 0]
        widest = max((self.width_of(place) for place in places), default=0)
        self.setColumnWidth(1, min(widest, max(self.viewport().width() * 3 // 5, _NARROWEST)))
        super().widen_names()

    def menu(self, frame: Frame, place: int) -> QMenu:
        """Return what can be done with a frame; the menu deletes itself when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = QApplication.clipboard().setText
        menu.addAction("Show its line\tReturn", lambda: self.frame_chosen.emit(place))
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
        row, key = self.currentIndex().row(), event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._go(row)
        elif key == Qt.Key.Key_Right:
            self._refold(row, self.frames.unfold)
        elif key == Qt.Key.Key_Left:
            self._refold(row, self.frames.fold)
        else:
            super().keyPressEvent(event)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        at = self.frames.frame_at(current.row())
        if not self._is_quiet and at >= 0 and previous.isValid():
            self.frame_chosen.emit(at)

    def _go(self, row: int) -> None:
        """Go to the frame of a row, or unfold the frames in it."""
        at = self.frames.frame_at(row)
        if at >= 0:
            self.frame_chosen.emit(at)
        else:
            self._refold(row, self.frames.unfold)

    def _refold(self, row: int, change: Callable[[int], bool]) -> None:
        """Fold or unfold at a row, which stays the current one without being gone to."""
        self._is_quiet = True
        if change(row):
            self.widen_names()
            self.selectRow(min(row, self.frames.n_rows() - 1))
        self._is_quiet = False

    def _on_menu_wanted(self, at: QPoint) -> None:
        frame = self.frames.frame_at(self.indexAt(at).row())
        if frame >= 0:
            self.menu(self._stack.frames[frame], frame).popup(self.viewport().mapToGlobal(at))
