"""The compile ledger: time line, functions, a function's compilations, and why they were made."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QPixmap, QShowEvent
from PySide6.QtWidgets import QLabel, QMenu, QSplitter, QVBoxLayout, QWidget

from eqxviz.gui.compile.alarm import AlarmStrip
from eqxviz.gui.compile.timeline import TimelineStrip
from eqxviz.gui.compile.why import WhyPanel
from eqxviz.gui.settings import LEDGER_COLUMNS, Settings
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import StateStack, hand_focus_on, tab_in_turn
from eqxviz.gui.widgets.cells_table import CellsModel, CellsTable
from eqxviz.records import CompileEvent, Problem
from eqxviz.session.compilations import LedgerRow
from eqxviz.session.ledger.columns import EVENTS, EVENTS_AT_FIRST, LEDGER, LEDGER_AT_FIRST
from eqxviz.session.ledger.facts import selection_of
from eqxviz.session.ledger.summary import OUTSIDE_EXPLAINED, alarms, compile_summary
from eqxviz.session.ledger.why import why_again, why_compiled
from eqxviz.session.run_view import RunView
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session

_REST_MS = 100  # between two looks at what a live run has told


class LedgerModel(CellsModel[LedgerRow]):
    """The functions; those of libraries are faint, those that compile at every step are marked."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(LEDGER, lambda row: row.function, parent)
        self._theme = theme
        self._blank = _blank_icon()
        self.alarms: dict[int, Problem] = {}

    def look(self, row: LedgerRow, column: str, role: int) -> Any:
        alarm = self.alarms.get(row.function)
        if role == Qt.ItemDataRole.ForegroundRole and not row.is_user:
            return self._theme.color("faint")
        if column == "name" and role == Qt.ItemDataRole.DecorationRole and self.alarms:
            # Beside an icon the names of all rows stand in one line.
            return self._theme.icon("mdi6.alert", "problem") if alarm is not None else self._blank
        if column == "name" and alarm is not None:
            if role == Qt.ItemDataRole.ToolTipRole:
                return alarm.title
            if role == Qt.ItemDataRole.AccessibleTextRole:
                return f"{row.name}: {alarm.title}"
        if column in ("name", "where") and role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.file}:{row.line}" if row.file else row.name
        return None


class EventModel(CellsModel[CompileEvent]):
    """The compilations of one function; why they were made shows whole under the mouse."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(EVENTS, lambda event: event.id, parent)
        self._theme = theme

    def look(self, row: CompileEvent, column: str, role: int) -> Any:
        if column == "why" and role == Qt.ItemDataRole.ForegroundRole and row.nearest < 0:
            return self._theme.color("faint")
        if column == "why" and role == Qt.ItemDataRole.ToolTipRole:
            return self.cells[0].text(row)
        if column == "line" and role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.file}:{row.line}"
        return None


class CompileView(QWidget):
    """Which functions were compiled, how often, what it cost, and why it was done again.

    Signals:
        alarms_counted: How many functions compile at every step.
    """

    alarms_counted = Signal(int)

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._function = -1  # that is looked into
        self._event = -1  # -1: all of the function's
        self._run: RunView | None = None
        self._is_stale = True
        self.model = LedgerModel(theme, self)
        self.summary = QLabel(self)
        self.summary.setWordWrap(True)
        self.summary.setToolTip(OUTSIDE_EXPLAINED)
        self.alarm = AlarmStrip(theme, self)
        self.time_line = TimelineStrip(theme, self)
        self.table = CellsTable(self.model, LEDGER_AT_FIRST, "Jitted functions", self)
        self.table.setToolTip("Return, or a double click, draws the function as a graph")
        self.events = CellsTable(
            EventModel(theme, self), EVENTS_AT_FIRST, "Compilations of the function", self
        )
        self.events.setToolTip("Return, or a double click, shows the line that made the call")
        self.why = WhyPanel(theme, self)
        self.stack = StateStack(
            theme,
            self._filled(),
            icon="mdi6.timer-outline",
            title="No jitted function seen yet",
            text="Run a script: each function that it jits appears here, with the time that "
            "tracing, lowering and compiling took, and why it was compiled again.",
            can_cancel=False,
            parent=self,
        )
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)
        hand_focus_on(self, lambda: self.table)
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._on_rested)
        self._connect()
        self.refresh()

    def use_settings(self, settings: Settings) -> None:
        """Lay the columns out as they were left, and remember from now on how they are left."""
        self.table.keep_layout(
            settings[LEDGER_COLUMNS], partial(settings.__setitem__, LEDGER_COLUMNS)
        )

    @property
    def n_alarms(self) -> int:
        """How many functions compile at every step."""
        run = self._session.run
        return len(alarms(run, self._session.problems)) if run is not None else 0

    def refresh(self) -> None:
        """Show the run as it is now."""
        self._is_stale = False
        session, run = self._session, self._session.run
        if run is not self._run:
            self._run, self._function, self._event = run, -1, -1
        self.alarms_counted.emit(self.n_alarms)
        if run is None or not run.functions:
            self.model.set_rows([])
            self.stack.show_empty()
            return
        self.model.alarms = alarms(run, session.problems)
        self.alarm.show_alarms(run, self.model.alarms)
        self.table.show_rows(run.ledger.rows())
        self.summary.setText(compile_summary(run))
        self.time_line.show_run(run)
        if self._function < 0:
            self._follow_selection(run)
        if self._function < 0:
            self._function = self.model.rows[0].function
        self._look_into(run)
        self.stack.show_filled()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_stale:
            self.refresh()

    def menu(self, function: int) -> QMenu:
        """Return what can be done with a function; the menu deletes itself when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        session, debugging = self._session, self._session.debugging
        menu.addAction("Draw as a graph\tReturn", lambda: session.draw_function(function))
        if offer := debugging.offer(function):
            menu.addAction(f"{offer}\tF9", lambda: debugging.toggle_function(function))
        return menu

    def _filled(self) -> QWidget:
        filled = QWidget(self)
        filled.setProperty("surface", "base")
        below = QSplitter(Qt.Orientation.Horizontal, filled)
        below.addWidget(self.events)
        below.addWidget(self.why)
        below.setSizes([520, 380])
        tables = QSplitter(Qt.Orientation.Vertical, filled)
        tables.addWidget(self.table)
        tables.addWidget(below)
        tables.setSizes([200, 320])
        for splitter in (below, tables):
            splitter.setChildrenCollapsible(False)
            splitter.setHandleWidth(1)
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        alarm = QVBoxLayout()
        alarm.setContentsMargins(12, 0, 12, 0)
        alarm.addWidget(self.alarm)
        head = QVBoxLayout()  # the style sheet leaves a label no margins of its own
        head.setContentsMargins(14, 8, 14, 0)
        head.addWidget(self.summary)
        column.addLayout(head)
        column.addLayout(alarm)
        column.addWidget(self.time_line)
        column.addWidget(tables, 1)
        tab_in_turn(self.alarm, self.time_line, self.table, self.events, self.why)
        return filled

    def _connect(self) -> None:
        session = self._session
        for signal, slot in self._session_slots():
            signal.connect(slot)
        self.destroyed.connect(lambda: _disconnect(self))
        self.table.row_chosen.connect(self._on_function_chosen)
        self.table.row_opened.connect(session.draw_function)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._on_menu_wanted)
        self.events.row_chosen.connect(self._on_event_chosen)
        self.events.row_opened.connect(self._on_event_opened)
        self.time_line.event_chosen.connect(self._on_event_chosen)
        self.alarm.function_clicked.connect(self._on_function_chosen)
        self.why.link_clicked.connect(session.select)
        self.why.graph_wanted.connect(session.draw_function)

    def _session_slots(self) -> Iterator[tuple[Any, Callable[..., None]]]:
        session = self._session
        for signal in (session.run_changed, session.functions_changed, session.compiled):
            yield signal, self._on_run_changed
        for signal in (session.problem_seen, session.problem_gone):
            yield signal, self._on_problems_changed
        yield session.selection_changed, self._on_selection_changed
        yield session.executables.answered, self._on_answered

    def _look_into(self, run: RunView) -> None:
        """Show the function and the compilation that are looked into."""
        self.table.show_current(self._function)
        self.events.show_rows(run.ledger.events(self._function))
        self.events.show_current(self._event)
        self.time_line.show_selected(self._event)
        event = run.ledger.event(self._event)
        if event is not None:
            self.why.show_why(why_compiled(run, event))
        elif self._function in run.functions:
            self.why.show_why(why_again(run, self._function))

    def _follow_selection(self, run: RunView) -> None:
        selection = self._session.selection
        if selection.kind in ("function", "compile") and selection.function in run.functions:
            self._function, self._event = selection.function, selection.compile

    def _on_run_changed(self, *_what: object) -> None:
        self._is_stale = True
        if self.isVisible() and not self._rest.isActive():
            self.refresh()
            self._rest.start()

    def _on_rested(self) -> None:
        if self._is_stale and self.isVisible():
            self.refresh()
            self._rest.start()

    def _on_problems_changed(self, _problem: Problem) -> None:
        self.alarms_counted.emit(self.n_alarms)
        self._on_run_changed()

    def _on_selection_changed(self) -> None:
        run = self._session.run
        if run is None or run is not self._run:
            return
        self._follow_selection(run)
        self._ask_executable(run)
        if self._function in run.functions:
            self._look_into(run)

    def _ask_executable(self, run: RunView) -> None:
        """Ask what XLA says of the selected compilation, or of the function's latest."""
        selection = self._session.selection
        if selection.kind == "compile":
            self._session.executables.ask(selection.compile)
        elif selection.kind == "function":
            for event in run.ledger.events(selection.function)[-1:]:
                self._session.executables.ask(event.id)

    def _on_answered(self, _event: int) -> None:
        self._on_run_changed()

    def _on_function_chosen(self, function: int) -> None:
        self._session.select(Selection(kind="function", function=function))

    def _on_event_chosen(self, id: int) -> None:
        event = self._session.run.ledger.event(id) if self._session.run is not None else None
        if event is not None:
            self._session.select(selection_of(event))

    def _on_menu_wanted(self, at: QPoint) -> None:
        row = self.table.indexAt(at).row()
        if row >= 0:
            self.menu(self.model.rows[row].function).popup(self.table.viewport().mapToGlobal(at))

    def _on_event_opened(self, id: int) -> None:
        event = self._session.run.ledger.event(id) if self._session.run is not None else None
        if event is not None:
            self._session.select(Selection(kind="source", file=event.file, line=event.line))


def _blank_icon() -> QIcon:
    pixmap = QPixmap(64, 64)  # larger than it is shown, as those of the theme
    pixmap.fill(Qt.GlobalColor.transparent)
    return QIcon(pixmap)


def _disconnect(view: CompileView) -> None:
    for signal, slot in view._session_slots():
        signal.disconnect(slot, missing_ok=True)
