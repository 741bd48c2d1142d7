"""Where the time and the memory of a run are: in words, over time, and by the arrays that live."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.system.share_bar import ShareBar, ShareLegend
from eqxviz.gui.system.time_plot import TimePlot
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import IconButton, StateStack, hand_focus_on, tab_in_turn
from eqxviz.gui.widgets.cells_table import CellsModel, CellsTable
from eqxviz.session.run_view import RunView
from eqxviz.session.session import Session
from eqxviz.session.system.live_arrays import LIVE, LiveGroup, growth_words
from eqxviz.session.system.summary import SystemSummary, summarise, system_text

_REST_MS = 250  # between two looks at what a run tells
_WIDE, _MIDDLING = 900, 560  # pixels: room for four cards beside each other, for two
_STRETCHES = (9, 7, 7, 11)  # of four cards
_CARD_HEIGHT = 130
_TABLE_HEIGHT = 60
_COPIED_MS = 2000


class LiveModel(CellsModel[LiveGroup]):
    """The groups of live arrays; those that become more and more stand out."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(LIVE, lambda group: group.aval, parent)
        self._theme = theme

    def look(self, row: LiveGroup, column: str, role: int) -> Any:
        if row.is_growing and column == "new" and role == Qt.ItemDataRole.ForegroundRole:
            return self._theme.color("problem")
        if role == Qt.ItemDataRole.ToolTipRole and column == "new":
            return growth_words(row)
        return None


class TimeCard(QWidget):
    """What matters most in words, and the time as bars. A leak is told here, where it is seen."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.words = _prose(self, "heading")
        self.leak = _prose(self, "small")
        self.leak.setProperty("tone", "problem")
        self.advice = _prose(self, "small")
        self.advice.setProperty("tone", "faint")
        self.lately = ShareBar(theme, "Time of the last minute", self)
        self.whole = ShareBar(theme, "Time since the first call", self)
        self._legend = ShareLegend(theme, self)
        self._names = tuple(_prose(self, "small") for _ in range(2))
        bars = QGridLayout()
        bars.setContentsMargins(0, 4, 0, 0)
        bars.setHorizontalSpacing(0)
        bars.setVerticalSpacing(4)
        rows = zip(
            ("Last minute", "Since first call"), self._names, (self.lately, self.whole), strict=True
        )
        for row, (name, label, bar) in enumerate(rows):
            label.setText(name)
            label.setWordWrap(False)
            label.setContentsMargins(0, 0, 8, 0)
            label.setProperty("tone", "faint")
            bars.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
            bars.addWidget(bar, row, 1)
        bars.addWidget(self._legend, 2, 0, 1, 2)
        bars.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.words)
        column.addWidget(self.leak)
        column.addLayout(bars)
        column.addWidget(self.advice)
        column.addStretch(1)
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def show_summary(self, summary: SystemSummary) -> None:
        """Say and draw where the time goes."""
        judgement = summary.judgement
        self.words.setText(judgement.words)
        what = f"{judgement.what[:1].upper()}{judgement.what[1:]}. " if judgement.what else ""
        self.advice.setText(what + judgement.advice)
        self.leak.setText(summary.leak)
        self.leak.setVisible(bool(summary.leak))
        self.setToolTip(summary.note)
        has_lately = summary.lately is not None
        for widget in (*self._names, self.lately):
            widget.setVisible(has_lately)
        if summary.lately is not None:
            self.lately.show_shares(summary.lately)
        self.whole.show_shares(summary.whole)
        self._legend.show_shares(summary.lately or summary.whole, summary.whole)
        self._fit()

    def _fit(self) -> None:
        """Be as high as the words need at this width: a scroll area asks for no such height."""
        layout = self.layout()
        if layout is not None:
            self.setMinimumHeight(layout.totalHeightForWidth(self.width()))


class SystemView(QWidget):
    """Judgement and time shares, speed, memory, and live arrays: beside each other where there is
    room, else below. Ctrl+C copies all of it as a text."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._summary: SystemSummary | None = None
        self._run: RunView | None = None
        self._is_stale = True
        self._n_columns = 0
        self.time = TimeCard(theme, self)
        self.speed = TimePlot(theme, self)
        self.memory = TimePlot(theme, self)
        self.live = _prose(self, "small")
        self.model = LiveModel(theme, self)
        names = [cell.column.name for cell in LIVE]
        self.table = CellsTable(self.model, names, "Live arrays by shape", self)
        self.copy_button = IconButton(theme, "mdi6.content-copy", "Copy as text  Ctrl+C", self)
        self.copy_button.clicked.connect(self.copy)
        self.stack = StateStack(
            theme,
            self._filled(),
            icon="mdi6.gauge",
            title="No run to measure",
            text="Run a script: how fast it is, where its time goes, how much memory it takes and "
            "which arrays live is shown here.",
            can_cancel=False,
            parent=self,
        )
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)
        hand_focus_on(self, lambda: self.speed)
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._on_rested)
        self._copied = QTimer(self, singleShot=True, interval=_COPIED_MS)
        self._copied.timeout.connect(self._on_copied_long_ago)
        session.system_sampled.connect(self._on_news)
        session.run_changed.connect(self._on_news)
        self.destroyed.connect(lambda: _disconnect(session, self))
        self.refresh()

    @property
    def text(self) -> str:
        """All that is shown as a text; "" while there is nothing."""
        run, summary = self._run, self._summary
        return system_text(run, summary) if run is not None and summary is not None else ""

    def copy(self) -> None:
        """Put all that there is to tell now on the clipboard."""
        self.refresh()
        if self.text:
            QApplication.clipboard().setText(self.text)
            self.copy_button.setIcon(self._theme.icon("mdi6.check", "running"))
            self._copied.start()

    def refresh(self) -> None:
        """Show the run as it is now."""
        self._is_stale = False
        before, self._run = self._run, self._session.run
        run = self._run
        samples = run.samples if run is not None else ()
        self._summary = summary = summarise(samples, is_over=run is not None and not run.is_live)
        if run is None:
            self.stack.show_empty()
        elif summary is None:
            self._show_nothing(run, is_other=run is not before)
        else:
            self._show(summary)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_stale:
            self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy) and self.text:
            self.copy()
        else:
            super().keyPressEvent(event)

    def _show(self, summary: SystemSummary) -> None:
        self.time.show_summary(summary)
        self.speed.show_plot(summary.speed)
        self.memory.show_plot(summary.memory)
        self.live.setText(summary.live)
        self.table.show_rows(summary.groups)
        self.stack.show_filled()

    def _show_nothing(self, run: RunView, *, is_other: bool) -> None:
        """Say why there is no sample of `run`."""
        if run.is_live:
            words = f"{Path(run.script).name} was not measured yet"
            self.stack.show_working(words, is_other=is_other)
        elif run.problems:
            self.stack.show_failed(run.problems[-1], can_retry=False)
        else:
            self.stack.show_empty(
                "Nothing was measured",
                "The run came to its end before its first sample was taken.",
            )

    def _filled(self) -> QWidget:
        page = QWidget(self)
        page.setProperty("surface", "base")
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self.live, 1)
        head.addWidget(self.copy_button)
        arrays = QWidget(page)
        column = QVBoxLayout(arrays)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self.table, 1)
        self.table.setMinimumHeight(_TABLE_HEIGHT)
        # It takes what there is, and asks for no scroll bar around it.
        self.table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self._cards = (_scrolling(self.time), self.speed, self.memory, arrays)
        for card in self._cards:
            card.setMinimumHeight(_CARD_HEIGHT)
        self._grid = QGridLayout(page)
        self._grid.setContentsMargins(14, 8, 10, 8)
        self._grid.setHorizontalSpacing(22)
        self._grid.setVerticalSpacing(10)
        self._arrange()
        tab_in_turn(self.speed, self.memory, self.copy_button, self.table)
        return _scrolling(page)

    def _arrange(self) -> None:
        """Put as many cards beside each other as there is room for."""
        n = 4 if self.width() >= _WIDE else 2 if self.width() >= _MIDDLING else 1
        if n == self._n_columns:
            return
        self._n_columns = n
        for at, card in enumerate(self._cards):
            self._grid.removeWidget(card)
            self._grid.addWidget(card, at // n, at % n)
        stretches = _STRETCHES if n == len(self._cards) else (1,) * n
        for column in range(len(self._cards)):
            self._grid.setColumnStretch(column, stretches[column] if column < n else 0)

    def _on_news(self, *_what: object) -> None:
        self._is_stale = True
        if self.isVisible() and not self._rest.isActive():
            self.refresh()
            self._rest.start()

    def _on_copied_long_ago(self) -> None:
        self.copy_button.setIcon(self._theme.icon("mdi6.content-copy", "faint"))

    def _on_rested(self) -> None:
        if self._is_stale and self.isVisible():
            self.refresh()
            self._rest.start()


def _scrolling(content: QWidget) -> QScrollArea:
    """Return an area that shows as much of `content` as there is room for."""
    scroll = QScrollArea(content.parentWidget())
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidget(content)
    return scroll


def _prose(parent: QWidget, face: str) -> QLabel:
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setProperty("face", face)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _disconnect(session: Session, view: SystemView) -> None:
    for signal in (session.system_sampled, session.run_changed):
        signal.disconnect(view._on_news, missing_ok=True)
