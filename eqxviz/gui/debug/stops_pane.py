"""The list of stops, and the line in which a new one is typed."""

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QListView,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from eqxviz.engine.stop_words import StopWordsError
from eqxviz.gui.debug.marks import stop_icon
from eqxviz.gui.debug.stop_field import StopField
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ProseLabel
from eqxviz.records import Halt, Stop, StopKind
from eqxviz.session.debugging.wording import stop_note, stop_title, stop_words
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session

_Index = QModelIndex | QPersistentModelIndex
_ROW_HEIGHT, _ICON = 22, 13  # pixels
_FLASH_MS = 300
_N_FLASHES = 3


class StopsModel(QAbstractListModel):
    """The stops as rows: checked while they are enabled, edited as words."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self.stops: list[Stop] = []
        self.met = -1  # the id of the one at which the run is paused
        self.is_lit = False
        self.failed = ""  # why the latest words were not taken
        self.asks_condition = False  # the words that are edited next have room for a condition

    def refresh(self) -> None:
        """Show the stops as they are."""
        before = [stop.id for stop in self.stops]
        stops = list(self._session.debugging.stops)
        if [stop.id for stop in stops] == before:
            self.stops = stops
            self.say_changed()
            return
        self.beginResetModel()
        self.stops = stops
        self.endResetModel()

    def say_changed(self) -> None:
        """Say that the rows look different now."""
        if self.stops:
            self.dataChanged.emit(self.index(0), self.index(len(self.stops) - 1))

    def row_of(self, id: int) -> int:
        """Return where a stop is, -1 if it is not there."""
        return next((row for row, stop in enumerate(self.stops) if stop.id == id), -1)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.stops)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        more = Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEditable
        return super().flags(index) | more

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.stops):
            return None
        stop, theme = self.stops[index.row()], self._theme
        is_met = stop.id == self.met
        if role == Qt.ItemDataRole.DisplayRole:
            return f"▸ {stop_title(stop)}" if is_met else stop_title(stop)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            state = "" if stop.is_enabled else ", disabled"
            return f"{stop_title(stop)}{', met' if is_met else ''}{state}"
        if role == Qt.ItemDataRole.EditRole:
            is_bare = self.asks_condition and not stop.condition
            return stop_words(stop) + (" if " if is_bare else "")
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if stop.is_enabled else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.DecorationRole:
            return stop_icon(theme, stop)
        if role == Qt.ItemDataRole.ForegroundRole and not stop.is_enabled:
            return theme.color("faint")
        if role == Qt.ItemDataRole.FontRole:
            return theme.font("strong" if is_met else "sans")
        if role == Qt.ItemDataRole.SizeHintRole:
            return QSize(0, _ROW_HEIGHT)
        if role == Qt.ItemDataRole.BackgroundRole and is_met and self.is_lit:
            lit = QColor(theme.color("stop"))
            lit.setAlpha(60)
            return lit
        if role == Qt.ItemDataRole.ToolTipRole:
            stops = self._session.debugging.stops
            met = "The run is paused at it." if is_met else ""
            return "\n".join(filter(None, (stop_title(stop), met, stop_note(stops, stop))))
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        debugging, stop = self._session.debugging, self.stops[index.row()]
        if role == Qt.ItemDataRole.CheckStateRole:
            debugging.stops.enable(stop.id, Qt.CheckState(value) == Qt.CheckState.Checked)
            return True
        try:
            self.failed = ""
            debugging.of_script.change_words(stop.id, str(value))
        except StopWordsError as error:
            self.failed = str(error)
            self.say_changed()
            return False
        return True


class StopsPane(QWidget):
    """Stops, one a line. Space enables or disables one, Delete removes it, F2 changes its words,
    Return goes to its line."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self.field = StopField(session, self)
        self.field.setAccessibleName("Add a stop")
        self.field.setToolTip(
            "Where the run is to pause: a curve that meets a condition (loss > 10), nan, "
            "recompile, exception, a line (train.py:41), or the name of a jitted function"
        )
        self.hint = ProseLabel("", self)
        self.hint.setProperty("tone", "problem")
        self.hint.setProperty("face", "small")
        self.hint.hide()
        self.model = StopsModel(session, theme, self)
        self.list = _StopList(self)
        self.list.setModel(self.model)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 4, 4)
        column.setSpacing(4)
        column.addWidget(self.field)
        column.addWidget(self.hint)
        column.addWidget(self.list, 1)
        self._n_flashes = 0
        self._flash = QTimer(self, interval=_FLASH_MS)
        self._flash.timeout.connect(self._on_flash)
        self.field.returnPressed.connect(self._on_typed)
        self.field.textEdited.connect(lambda _text: self._say(""))
        self.list.activated.connect(lambda index: self.go(index.row()))
        self.list.customContextMenuRequested.connect(self._on_menu_wanted)
        self.model.dataChanged.connect(lambda *_which: self._say(self.model.failed))
        session.debugging.stops.changed.connect(self._on_stops_changed)
        self.destroyed.connect(lambda: _disconnect(session, self))
        self._on_stops_changed()

    def show_met(self, halt: Halt | None) -> None:
        """Show at which stop the run is paused; it flashes."""
        met = halt.stop if halt is not None else -1
        if met == self.model.met:
            return
        self.model.met = met
        row = self.model.row_of(met)
        self._flash.stop()
        self.model.is_lit = row >= 0
        if row >= 0:
            self.list.scrollTo(self.model.index(row))
            if not self._theme.is_still:
                self._n_flashes = 0
                self._flash.start()
        self.model.say_changed()

    def go(self, row: int) -> None:
        """Go to the line of a stop, or to the curve or function that it is about."""
        run, stop = self._session.run, self.model.stops[row]
        if stop.file and stop.line > 0:
            self._session.select(Selection(kind="source", file=stop.file, line=stop.line))
        elif run is not None and stop.function:
            for seen in run.functions.values():
                if seen.name == stop.function or seen.name.endswith(f".{stop.function}"):
                    self._session.select(Selection(kind="function", function=seen.id))
                    return
        elif run is not None and stop.kind in (StopKind.CONDITION, StopKind.NONFINITE):
            for number, curve in run.series.items():
                if curve.series.name and curve.series.name in stop.condition:
                    self._session.select(Selection(kind="series", series=number))
                    return

    def edit(self, id: int, *, asks_condition: bool = False) -> None:
        """Let the user change the words of a stop; with room for the condition of a line's."""
        row = self.model.row_of(id)
        if row >= 0:
            self.list.setCurrentIndex(self.model.index(row))
            self.list.setFocus()
            self.model.asks_condition = asks_condition
            self.list.edit(self.model.index(row))
            self.model.asks_condition = False
            line = self.list.findChild(QLineEdit)
            if asks_condition and line is not None:
                line.end(False)

    def menu(self, row: int) -> QMenu:
        """Return what can be done with a stop; the menu deletes itself when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        stops, stop = self._session.debugging.stops, self.model.stops[row]
        words = "Disable" if stop.is_enabled else "Enable"
        menu.addAction("Go there\tReturn", lambda: self.go(row))
        menu.addAction("Change…\tF2", lambda: self.edit(stop.id))
        menu.addAction(f"{words}\tSpace", lambda: stops.enable(stop.id, not stop.is_enabled))
        menu.addAction("Remove\tDelete", lambda: stops.remove(stop.id))
        return menu

    def _on_typed(self) -> None:
        # The completer writes what was chosen after this: what stands there then counts.
        words = self.field.text()
        if not words.strip():
            return
        try:
            made = self._session.debugging.of_script.add_words(words)
        except StopWordsError as error:
            self._say(str(error))
            return
        QTimer.singleShot(0, self.field, self.field.clear)
        moved = self._session.debugging.stops.moved_from(made.id)
        self._say(f"Line {moved} has no code: it stops at line {made.line}." if moved else "")
        self.list.setCurrentIndex(self.model.index(self.model.row_of(made.id)))

    def _say(self, words: str) -> None:
        self.hint.setText(words)
        self.hint.setVisible(bool(words))
        self.field.setAccessibleDescription(words)

    def _on_stops_changed(self) -> None:
        current = self.list.currentIndex().row()
        self.model.refresh()
        n_rows = self.model.rowCount()
        if n_rows and not self.list.currentIndex().isValid():
            self.list.setCurrentIndex(self.model.index(min(max(current, 0), n_rows - 1)))

    def _on_menu_wanted(self, at: QPoint) -> None:
        index = self.list.indexAt(at)
        if index.isValid():
            self.menu(index.row()).popup(self.list.viewport().mapToGlobal(at))

    def _on_flash(self) -> None:
        self._n_flashes += 1
        self.model.is_lit = not self.model.is_lit
        if self._n_flashes >= 2 * _N_FLASHES:
            self._flash.stop()
            self.model.is_lit = True
        self.model.say_changed()


class _StopList(QListView):
    def __init__(self, pane: StopsPane) -> None:
        super().__init__(pane)
        self._pane = pane
        self.setUniformItemSizes(True)
        self.setAccessibleName("Stops")
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setIconSize(QSize(_ICON, _ICON))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.currentIndex().row()
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and row >= 0:
            self._pane._session.debugging.stops.remove(self._pane.model.stops[row].id)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row >= 0:
            self._pane.go(row)
        else:
            super().keyPressEvent(event)


def _disconnect(session: Session, pane: StopsPane) -> None:
    session.debugging.stops.changed.disconnect(pane._on_stops_changed, missing_ok=True)
