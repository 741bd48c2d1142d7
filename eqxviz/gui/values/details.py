"""The Details view: what the selection is, where it comes from, and its values."""

from dataclasses import replace

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.values.replay_panel import ReplayPanel
from eqxviz.gui.values.value_panel import ValuePanel
from eqxviz.gui.widgets import ElidedLabel, FactCard, StateStack
from eqxviz.records import Problem
from eqxviz.session.curve_details import curve_details
from eqxviz.session.details import Details, node_details
from eqxviz.session.graph_details import graph_details
from eqxviz.session.ledger.facts import compile_details, function_details
from eqxviz.session.session import Session
from eqxviz.session.source_lines import source_details

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
        self.values = ValuePanel(session, theme, self)
        self.replay = ReplayPanel(session, theme, self)
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
        for widget in (self._title, self.replay, self.facts, self._note, self.values):
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
        self.replay.refresh()
        self.facts.set_facts("", details.facts)
        self.stack.show_filled()
        self._on_value_changed()

    def _on_value_changed(self) -> None:
        value, selection = self._session.value, self._session.selection
        if selection.kind != "node" or value is None:
            self.values.show_value(None)
        elif isinstance(value, Problem):
            self.values.show_text(f"{value.title}. {value.why}")
        elif value.node == selection.node:
            self.values.show_value(value)

    def _on_value_progressed(self) -> None:
        session = self._session
        if session.selection.kind == "node" and session.value is None:
            self.values.show_progress(session.value_progress)

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


def _disconnect(session: Session, view: DetailsView) -> None:
    session.selection_changed.disconnect(view._on_selection_changed, missing_ok=True)
    session.model_changed.disconnect(view._on_selection_changed, missing_ok=True)
    session.value_changed.disconnect(view._on_value_changed, missing_ok=True)
    session.value_progressed.disconnect(view._on_value_progressed, missing_ok=True)
    view.values.stop()
    session.xray_changed.disconnect(view._on_selection_changed, missing_ok=True)
    session.functions_changed.disconnect(view._on_functions_changed, missing_ok=True)
    session.graphs_changed.disconnect(view._on_graphs_changed, missing_ok=True)
    session.executables.answered.disconnect(view._on_functions_changed, missing_ok=True)
    session.metrics_arrived.disconnect(view._on_metrics_arrived, missing_ok=True)
