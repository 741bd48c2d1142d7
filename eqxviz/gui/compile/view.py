"""The ledger as a table, under a time line of the run with its compilations as bars."""

from typing import Any

from PySide6.QtCore import (
    QModelIndex,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import (
    QLabel,
    QSizePolicy,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import Index, RowModel, RowTable, StateStack
from eqxviz.records import CompileEvent
from eqxviz.session import formatting
from eqxviz.session.ledger import LedgerRow, compile_summary, ledger_rows
from eqxviz.session.run_view import RunView
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session

_COLUMNS = (
    *("Function", "Calls", "Compiled", "Trace", "Lower", "Compile", "Time in calls"),
    *("Where", "Jitted by"),
)
_NUMBERS = range(1, 7)
_NARROWEST_NAME = 140
_WIDTHS = (_NARROWEST_NAME, 64, 76, 76, 76, 76, 96, 150, 140)
_STAGES = (("trace", "curve.2"), ("lower", "curve.5"), ("compile", "compiling"))


class LedgerModel(RowModel):
    """The rows of the ledger. Rows are functions; a refresh keeps their number or adds to it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(_COLUMNS, _NUMBERS, parent)
        self._theme = theme
        self.rows: list[LedgerRow] = []

    def set_rows(self, rows: list[LedgerRow]) -> None:
        """Show `rows`."""
        same_functions = [r.function for r in rows] == [r.function for r in self.rows]
        if same_functions:
            self.rows = rows
            self.refresh_cells()
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def n_rows(self) -> int:
        return len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _cell(row, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.alignment(index.column())
        if role == Qt.ItemDataRole.ForegroundRole and not row.is_user:
            return self._theme.color("faint")
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.file}:{row.line}" if row.file else None
        return None


class TimeLine(QWidget):
    """The run from left to right, and in it what each compilation took."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._events: list[CompileEvent] = []
        self._names: dict[int, str] = {}
        self._elapsed = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Time line of compilations")
        self.setMouseTracking(True)
        theme.changed.connect(self.update)

    def show_run(self, run: RunView) -> None:
        """Draw the compilations of `run`."""
        self._events = run.compiles
        self._names = {f.id: f.name for f in run.functions.values()}
        ends = [e.start_seconds + _duration(e) for e in self._events]
        self._elapsed = max([run.status.elapsed_seconds, *ends, 1e-6])
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, 46)

    def paintEvent(self, event) -> None:
        painter = QPainter(self)
        painter.setFont(self._theme.font("small"))
        lane = QRectF(12, 6, self.width() - 24, 18)
        painter.fillRect(lane, self._theme.color("hover"))
        for compiled in self._events:
            start = compiled.start_seconds
            for stage, role in _STAGES:
                spent = float(getattr(compiled, f"{stage}_seconds"))
                painter.fillRect(self._bar(lane, start, spent), self._theme.color(role))
                start += spent
        painter.setPen(QPen(self._theme.color("faint")))
        foot = QRectF(lane.left(), lane.bottom() + 2, lane.width(), 16)
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, "0 s")
        end = formatting.seconds(self._elapsed)
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight, end)
        self._paint_legend(painter, foot)

    def mouseMoveEvent(self, event) -> None:
        lane_width = max(self.width() - 24, 1)
        at = (event.position().x() - 12) / lane_width * self._elapsed
        slack = 4 / lane_width * self._elapsed
        for compiled in self._events:
            start = compiled.start_seconds
            if start - slack <= at <= start + _duration(compiled) + slack:
                name = self._names.get(compiled.function, "")
                stages = ", ".join(
                    f"{stage} {formatting.seconds(getattr(compiled, f'{stage}_seconds'))}"
                    for stage, _ in _STAGES
                )
                text = f"{name}, call {compiled.call:,}: {stages}"
                QToolTip.showText(event.globalPosition().toPoint(), text, self)
                return
        QToolTip.hideText()

    def _bar(self, lane: QRectF, start: float, spent: float) -> QRectF:
        scale = lane.width() / self._elapsed
        return QRectF(lane.left() + start * scale, lane.top(), max(spent * scale, 1.0), 18)

    def _paint_legend(self, painter: QPainter, foot: QRectF) -> None:
        metrics = painter.fontMetrics()
        widths = [metrics.horizontalAdvance(stage) + 28 for stage, _ in _STAGES]
        x = foot.center().x() - sum(widths) / 2
        for (stage, role), width in zip(_STAGES, widths, strict=True):
            painter.fillRect(QRectF(x, foot.top() + 4, 9, 9), self._theme.color(role))
            painter.drawText(QRectF(x + 14, foot.top(), width, 16), 0, stage)
            x += width


class CompileView(QWidget):
    """Which functions were compiled, how often, and what it cost."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.model = LedgerModel(theme, self)
        self.summary = QLabel(self)
        self.summary.setMargin(12)
        self.time_line = TimeLine(theme, self)
        self.table = RowTable(26, _NARROWEST_NAME, self)
        self._prepare_table()
        filled = QWidget(self)
        filled.setProperty("surface", "base")
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for widget in (self.summary, self.time_line, self.table):
            column.addWidget(widget)
        self.stack = StateStack(
            theme,
            filled,
            icon="mdi6.timer-outline",
            title="No jitted function seen yet",
            text="Run a script: each function that it jits appears here, with the time that "
            "tracing, lowering and compiling took.",
            can_cancel=False,
            parent=self,
        )
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)
        session.run_changed.connect(self._on_run_changed)
        session.functions_changed.connect(self._on_run_changed)
        session.compiled.connect(self._on_compiled)
        session.selection_changed.connect(self._on_selection_changed)
        self.destroyed.connect(lambda: _disconnect(session, self))
        self._on_run_changed()

    def _prepare_table(self) -> None:
        table = self.table
        table.setModel(self.model)
        table.setAccessibleName("Jitted functions")
        for column, width in enumerate(_WIDTHS):
            table.setColumnWidth(column, width)
        table.setToolTip("Double click, or Return, draws the function as a graph")
        table.activated.connect(self._on_activated)
        table.selectionModel().currentRowChanged.connect(self._on_row_changed)

    def _on_run_changed(self) -> None:
        run = self._session.run
        if run is None or not run.functions:
            self.model.set_rows([])
            self.stack.show_empty()
            return
        self.model.set_rows(ledger_rows(run))
        self.summary.setText(compile_summary(run))
        self.time_line.show_run(run)
        self.stack.show_filled()

    def _on_compiled(self, _event: object) -> None:
        self._on_run_changed()

    def _on_row_changed(self, current: QModelIndex) -> None:
        if current.isValid():
            function = self.model.rows[current.row()].function
            self._session.select(Selection(kind="function", function=function))

    def _on_activated(self, index: QModelIndex) -> None:
        self._session.draw_function(self.model.rows[index.row()].function)

    def _on_selection_changed(self) -> None:
        selection = self._session.selection
        if selection.kind != "function":
            return
        for i, row in enumerate(self.model.rows):
            if row.function == selection.function and self.table.currentIndex().row() != i:
                self.table.selectRow(i)


def _cell(row: LedgerRow, column: int) -> str:
    spent = (row.trace_seconds, row.lower_seconds, row.compile_seconds, row.call_seconds)
    numbers = (f"{row.calls:,}", f"{row.compiles:,} ×", *map(formatting.seconds, spent))
    return (row.name, *numbers, row.place, row.flavour)[column]


def _duration(event: CompileEvent) -> float:
    return event.trace_seconds + event.lower_seconds + event.compile_seconds


def _disconnect(session: Session, view: CompileView) -> None:
    session.run_changed.disconnect(view._on_run_changed, missing_ok=True)
    session.functions_changed.disconnect(view._on_run_changed, missing_ok=True)
    session.compiled.disconnect(view._on_compiled, missing_ok=True)
    session.selection_changed.disconnect(view._on_selection_changed, missing_ok=True)
