"""The Details view: what the selection is, where it comes from, and its values."""

import re
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.values.pictures import Histogram, Overview
from eqxviz.gui.widgets import ElidedLabel, FactCard, StateStack
from eqxviz.records import Problem, ValueSummary
from eqxviz.session.curve_details import curve_details
from eqxviz.session.details import Details, node_details
from eqxviz.session.graph_details import graph_details
from eqxviz.session.ledger.facts import compile_details, function_details
from eqxviz.session.session import Session
from eqxviz.session.source_lines import source_details
from eqxviz.session.values.leaf_view import LeafView
from eqxviz.session.values.value_facts import is_constant, value_facts

_OVERVIEW_CELLS = 64
_LONG_WORD = re.compile(r"\S{24}(?=\S)")
_MAY_BREAK = "\N{ZERO WIDTH SPACE}"
_SELECTABLE = (
    Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
)

_POINTS_MS = 500  # a curve may get new points thirty times a second


class DetailsView(QWidget):
    """What is known about the selected leaf, equation, function or curve."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._title = ElidedLabel("", self)
        self._title.setProperty("face", "path")
        self._note = QLabel(self)
        self._note.setWordWrap(True)
        self._note.setProperty("tone", "faint")
        self.facts = FactCard(theme, self)
        self.facts.link_clicked.connect(session.select)
        self._values_title = QLabel("Values", self)
        self._values_title.setProperty("tone", "faint")
        self.value_facts = FactCard(theme, self)
        self.histogram = Histogram(theme, self)
        self.heat_map = Overview(theme, self)
        self._leaf = LeafView(session, _OVERVIEW_CELLS)
        self._value: ValueSummary | None = None  # that is shown
        self._value_text = QLabel(self)
        self._value_text.setProperty("face", "mono")
        self._value_text.setTextFormat(Qt.TextFormat.PlainText)
        self._value_text.setTextInteractionFlags(_SELECTABLE)
        self._value_text.setWordWrap(True)
        # A word without spaces, as long as it may be, makes no panel wider than its place.
        self._value_text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.stack = StateStack(
            theme,
            self._page(),
            icon="mdi6.cursor-default-click-outline",
            title="Nothing selected",
            text="Select a leaf, an equation, a function or a step of a curve to see it here.",
            can_cancel=False,
            parent=self,
        )
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)
        session.selection_changed.connect(self._on_selection_changed)
        session.model_changed.connect(self._on_selection_changed)
        session.value_changed.connect(self._on_value_changed)
        session.value_progressed.connect(self._on_value_progressed)
        self._leaf.tile_changed.connect(self._on_tile_changed)
        session.xray_changed.connect(self._on_selection_changed)
        session.functions_changed.connect(self._on_functions_changed)
        session.graphs_changed.connect(self._on_graphs_changed)
        session.executables.answered.connect(self._on_functions_changed)
        self._points_timer = QTimer(self, singleShot=True, interval=_POINTS_MS)
        self._points_timer.timeout.connect(self._on_points_due)
        session.metrics_arrived.connect(self._on_metrics_arrived)
        self.destroyed.connect(lambda: _disconnect(session, self))
        self._on_selection_changed()

    def details(self) -> Details | None:
        """Return what is shown, None if nothing is selected."""
        session, selection = self._session, self._session.selection
        if selection.kind == "node" and session.model is not None:
            tree = session.model.tree
            known = selection.node < len(tree)
            if not known:
                return None
            told = node_details(tree, selection.node, session.xray)
            more = graph_details(session, selection)
            return told if more is None else replace(told, facts=(*told.facts, *more.facts))
        if selection.kind in ("equation", "value", "group"):
            return graph_details(session, selection)
        if selection.kind == "source":
            return source_details(session, selection.file, selection.line)
        run = session.run
        if selection.kind == "series" and run is not None:
            return curve_details(run, selection.series, selection.step)
        if selection.kind == "function" and run is not None:
            known = selection.function in run.functions
            return function_details(run, selection.function) if known else None
        if selection.kind == "compile" and run is not None:
            event = run.ledger.event(selection.compile)
            return compile_details(run, event) if event is not None else None
        return None

    def _page(self) -> QWidget:
        page = QWidget(self)
        page.setProperty("surface", "base")
        column = QVBoxLayout(page)
        column.setContentsMargins(14, 12, 14, 14)
        column.setSpacing(10)
        for widget in (
            *(self._title, self.facts, self._note, self._values_title, self.value_facts),
            *(self.histogram, self.heat_map, self._value_text),
        ):
            column.addWidget(widget)
        column.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        return scroll

    def _on_selection_changed(self) -> None:
        details = self.details()
        if details is None:
            self.stack.show_empty()
            return
        self._title.set_text(details.title)
        self._note.setText(details.note)
        self._note.setVisible(bool(details.note))
        self.facts.set_facts("", details.facts)
        self.stack.show_filled()
        self._on_value_changed()

    def _on_value_changed(self) -> None:
        value, selection = self._session.value, self._session.selection
        if selection.kind != "node" or value is None:
            self._show_value(None)
        elif isinstance(value, Problem):
            self._show_value(None)
            self._value_text.setText(f"{value.title}. {value.why}")
            self._value_text.setVisible(True)
        elif value.node == selection.node:
            self._show_value(value)

    def _show_value(self, value: ValueSummary | None) -> None:
        has_numbers = value is not None and len(value.histogram) > 0 and not is_constant(value)
        self._values_title.setText("Values")
        self._values_title.setVisible(value is not None)
        self.histogram.setVisible(has_numbers)
        if value is not self._value:  # once for each: it asks the worker
            self._value = value
            # After the statistics, which are what is waited for.
            self._leaf.show(value.node if value is not None and value.size > 1 else -1)
        facts = value_facts(value, is_brief=True) if value is not None else ()
        self.value_facts.set_facts("", facts)
        self.value_facts.setVisible(bool(facts))
        self._value_text.setVisible(value is not None and bool(value.text))
        if value is not None:
            self._value_text.setText(_breakable(value.text))
            self.histogram.show_value(value)

    def _on_value_progressed(self) -> None:
        session = self._session
        if session.selection.kind == "node" and session.value is None:
            self._values_title.setText(f"Values: {session.value_progress:.0%} read")
            self._values_title.setVisible(True)

    def _on_tile_changed(self) -> None:
        tile = self._leaf.tile
        self.heat_map.setVisible(tile is not None)
        if tile is not None:
            self.heat_map.show_tile(tile, self._value)

    def _on_graphs_changed(self) -> None:
        if self._session.selection.kind == "source":
            self._on_selection_changed()

    def _on_functions_changed(self, *_what: object) -> None:
        if self._session.selection.kind in ("function", "compile"):
            self._on_selection_changed()

    def _on_metrics_arrived(self, _batch: object) -> None:
        if self._session.selection.kind == "series" and not self._points_timer.isActive():
            self._points_timer.start()

    def _on_points_due(self) -> None:
        if self._session.selection.kind == "series":
            self._on_selection_changed()


def _breakable(text: str) -> str:
    """Return `text` with places at which its very long words may be broken."""
    return _LONG_WORD.sub(lambda piece: piece.group() + _MAY_BREAK, text)


def _disconnect(session: Session, view: DetailsView) -> None:
    session.selection_changed.disconnect(view._on_selection_changed, missing_ok=True)
    session.model_changed.disconnect(view._on_selection_changed, missing_ok=True)
    session.value_changed.disconnect(view._on_value_changed, missing_ok=True)
    session.value_progressed.disconnect(view._on_value_progressed, missing_ok=True)
    view._leaf.stop()
    session.xray_changed.disconnect(view._on_selection_changed, missing_ok=True)
    session.functions_changed.disconnect(view._on_functions_changed, missing_ok=True)
    session.graphs_changed.disconnect(view._on_graphs_changed, missing_ok=True)
    session.executables.answered.disconnect(view._on_functions_changed, missing_ok=True)
    session.metrics_arrived.disconnect(view._on_metrics_arrived, missing_ok=True)
