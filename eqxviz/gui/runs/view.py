"""The runs that were kept: the table, and what is done with the selected ones."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QMainWindow,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.runs.acts import RunActs
from eqxviz.gui.runs.panel import FactsPanel
from eqxviz.gui.runs.strips import ExportStrip, LabelStrip, QuestionStrip, deletion_words
from eqxviz.gui.runs.table import RunsModel, RunsTable
from eqxviz.gui.settings import RUNS_COLUMNS, Settings
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import IconButton, SearchBar, StateStack, hand_focus_on, tab_in_turn
from eqxviz.session.runs.query import COMPLETIONS
from eqxviz.session.session import Session
from eqxviz.store import RunSummary

_NARROW = 560  # pixels: there the search line has a row of its own
_REST_MS = 150  # between the choice of a row and what is told of it
_MESSAGE_MS = 8000
_LIVE_MS = 1000  # between two looks at runs that go on


class RunsView(QWidget):
    """All runs of this user.

    Signals:
        curves_asked: Curves of several runs are drawn over each other, and are to be seen.
    """

    curves_asked = Signal()

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._runs = session.runs
        self._offered = ""  # the run that was selected by itself
        self.model = RunsModel(theme, self)
        self.table = RunsTable(self.model, theme, self)
        self.table.setToolTip("Return, or a double click, shows a run as it was")
        self.search = SearchBar(theme, "Search: loss<0.1, tag:good, failed", self, COMPLETIONS)
        self.labels = LabelStrip(self)
        self.question = QuestionStrip(self)
        self.export = ExportStrip(self._runs.exporting, theme, self)
        self.facts = FactsPanel(theme, self)
        self.acts = RunActs(self._runs, theme, lambda: self.selected, self)
        self.stack = StateStack(
            theme,
            self._filled(theme),
            icon="mdi6.history",
            title="No runs kept yet",
            text="Each script that you run is kept here, with all its points, its output, and what "
            "it was started as: to be shown again, compared and exported.",
            can_cancel=False,
            parent=self,
        )
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)
        hand_focus_on(self, lambda: self.table)
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(lambda: self._runs.compare(self.table.selected))
        self._due = QTimer(self, singleShot=True, interval=0)  # not while it is being shown
        self._due.timeout.connect(self._runs.refresh)
        self._live = QTimer(self, interval=_LIVE_MS)
        self._live.timeout.connect(self._runs.refresh_live)
        self._connect()
        self._on_changed()

    def use_settings(self, settings: Settings) -> None:
        """Lay the columns out as they were left, and remember from now on how they are left."""
        keep = partial(settings.__setitem__, RUNS_COLUMNS)
        self.table.keep_layout(settings[RUNS_COLUMNS], keep)

    @property
    def selected(self) -> list[RunSummary]:
        """The selected runs, from the top."""
        return [run for id in self.table.selected if (run := self._runs.run(id)) is not None]

    def focus_search(self) -> None:
        """Let the user type what to look for."""
        self.search.focus()

    def search_next(self, step: int) -> None:
        """Select the next run (`step` 1) or the one before (-1), around the ends."""
        at = self.table.select_next(step)
        if at >= 0:
            self.search.set_hits(at, len(self.model.rows))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.width() < _NARROW
        ways = QBoxLayout.Direction
        self._tools.setDirection(ways.TopToBottom if is_narrow else ways.LeftToRight)
        place = Qt.AlignmentFlag(0) if is_narrow else Qt.AlignmentFlag.AlignTop
        self._tools.setAlignment(self._tool_buttons, place)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._due.start()
        self._live.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._live.stop()
        super().hideEvent(event)

    def _filled(self, theme: Theme) -> QWidget:
        filled = QWidget(self)
        filled.setProperty("surface", "base")
        tools = self._tools = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        tools.setContentsMargins(12, 8, 8, 6)
        tools.setSpacing(6)
        tools.addWidget(self.search, 1)
        row = self._tool_buttons = QHBoxLayout()
        row.setSpacing(6)
        self.buttons: dict[str, QPushButton | IconButton] = {}
        for name, words in (("open", "Show"), ("over", "Draw over"), ("export", "Export")):
            button = QPushButton(words, filled)
            button.setToolTip(self.acts.q[name].text())
            button.clicked.connect(self.acts.q[name].trigger)
            self.buttons[name] = button
        for name, icon in (("delete", "mdi6.trash-can-outline"), ("refresh", "mdi6.refresh")):
            icon_button = IconButton(theme, icon, self.acts.q[name].text(), filled, size=18)
            icon_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            icon_button.clicked.connect(self.acts.q[name].trigger)
            self.buttons[name] = icon_button
        for button in self.buttons.values():
            row.addWidget(button)
        row.insertStretch(len(self.buttons) - 2)
        # At the height of the search line, whatever is said below that.
        tools.addLayout(row)
        tools.setAlignment(row, Qt.AlignmentFlag.AlignTop)
        below = self._below = QWidget(filled)
        strips = QVBoxLayout(below)
        strips.setContentsMargins(0, 0, 0, 0)
        strips.setSpacing(0)
        for widget in (self.question, self.export, self.labels):
            strips.addWidget(widget)
        strips.addWidget(self.facts, 1)
        strips.addStretch(0)
        parts = QSplitter(Qt.Orientation.Vertical, filled)
        parts.addWidget(self.table)
        parts.addWidget(below)
        parts.setSizes([320, 320])
        parts.setHandleWidth(1)
        parts.setChildrenCollapsible(False)
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(tools)
        column.addWidget(parts, 1)
        tab_in_turn(
            *(self.search, *self.buttons.values(), self.table, self.question, self.export),
            *(self.labels, self.facts),
        )
        return filled

    def _connect(self) -> None:
        runs = self._runs
        for signal, slot in self._signals():
            signal.connect(slot)
        self.destroyed.connect(lambda: _disconnect(self))
        self.search.searched.connect(runs.search)
        self.search.stepped.connect(self.search_next)
        self.search.left.connect(lambda: self.table.setFocus(Qt.FocusReason.OtherFocusReason))
        self.table.row_opened.connect(runs.open)
        self.table.selected_anew.connect(self._on_selected)
        self.table.delete_asked.connect(self.acts.ask_deletion)
        self.table.menu_asked.connect(self.acts.show_menu)
        self.acts.export_asked.connect(self._ask_export)
        self.acts.deletion_asked.connect(self._ask_deletion)
        self.acts.curves_asked.connect(self.curves_asked)
        self.acts.refused.connect(self._on_done)
        self.labels.named.connect(lambda name: self._with_one(lambda id: runs.rename(id, name)))
        self.labels.noted.connect(lambda text: self._with_one(lambda id: runs.note(id, text)))
        self.labels.tagged.connect(self._on_tagged)
        self.export.wanted.connect(runs.exporting.begin)
        for strip in (self.question, self.export):
            strip.closed.connect(self._on_strip_closed)
        self.stack.retried.connect(runs.refresh)

    def _signals(self) -> Iterator[tuple[Any, Callable[..., None]]]:
        yield self._runs.changed, self._on_changed
        yield self._runs.overlaid_changed, self._on_marked
        yield self._runs.comparison_changed, self._on_compared
        yield self._session.run_changed, self._on_marked
        yield self._runs.opened, self._on_opened
        yield self._runs.done, self._on_done

    # --- what the session says

    def _on_changed(self) -> None:
        runs = self._runs
        if runs.state == "working":
            self.stack.show_working("Reading the runs")
        elif runs.state == "failed" and runs.problem is not None:
            self.stack.show_failed(runs.problem)
        elif runs.state == "empty" or not runs.runs:
            self.stack.show_empty()
        else:
            self.stack.show_filled()
        before = self.table.selected
        self.table.show_rows(runs.found)
        self._offer_shown()
        self.search.set_problem(runs.search_problem)
        self.search.set_hits(-1, len(runs.found))
        self._on_marked()
        if self.table.selected != before:
            self._on_selected()
        else:
            self._show_selected()

    def _offer_shown(self) -> None:
        """Select the run that the window shows, once, where nothing is selected."""
        shown = self._runs.shown_id
        if shown != self._offered and self.model.row_of(shown) >= 0:
            self._offered = shown
            if not self.table.selected:
                self.table.show_current(shown)

    def _on_marked(self) -> None:
        """Mark the run that is shown, and those that are laid over it."""
        shown, over = self._runs.shown_id, {Path(v.folder).name for v in self._runs.overlaid}
        if (shown, over) != (self.model.shown, self.model.overlaid):
            self.model.shown, self.model.overlaid = shown, over
            self.model.refresh_cells()
            self._show_selected()

    def _on_compared(self) -> None:
        self.facts.show_comparison(self._runs.comparison)
        self._make_room()

    def _on_opened(self) -> None:
        self.curves_asked.emit()

    def _on_done(self, words: str) -> None:
        window = self.window()
        if isinstance(window, QMainWindow):
            window.statusBar().showMessage(words, _MESSAGE_MS)

    # --- what the user does

    def _on_strip_closed(self) -> None:
        self._make_room()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_selected(self) -> None:
        """Tell of the runs that are selected now; what was asked about others is asked no more."""
        self.question.hide()
        self.export.drop()
        self._rest.start()
        self._show_selected()

    def _show_selected(self) -> None:
        """Say what is written on the selected runs, and what can be done with them."""
        selected = self.selected
        self.labels.show_labels(selected)
        self.acts.follow()
        for name, button in self.buttons.items():
            button.setEnabled(self.acts.q[name].isEnabled())
        self._make_room()

    def _make_room(self) -> None:
        """Leave the whole height to the table while there is nothing to say below it."""
        strips = (self.question, self.export, self.labels, self.facts)
        self._below.setVisible(any(not strip.isHidden() for strip in strips))

    def _with_one(self, act: Callable[[str], None]) -> None:
        if len(selected := self.table.selected) == 1:
            act(selected[0])

    def _on_tagged(self, tags: list[str]) -> None:
        selected = self.table.selected
        if len(selected) == 1:
            self._runs.set_tags(selected[0], tags)
        else:
            self._runs.tag(selected, tags)

    def _ask_export(self, selected: list[RunSummary]) -> None:
        self.question.hide()
        self.export.ask(selected)
        self._make_room()

    def _ask_deletion(self, selected: list[RunSummary]) -> None:
        ids = [run.id for run in selected]
        self.export.drop()
        self.question.ask(deletion_words(selected), "Delete", lambda: self._runs.delete(ids))
        self._make_room()


def _disconnect(view: RunsView) -> None:
    for signal, slot in view._signals():
        signal.disconnect(slot, missing_ok=True)
