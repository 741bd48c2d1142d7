"""The debugger's dock: stops, the stack of the paused script, the variables of a frame."""

from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from eqxviz.gui.debug.stack_pane import StackPane
from eqxviz.gui.debug.stops_pane import StopsPane
from eqxviz.gui.debug.variables_pane import VariablesPane
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ElidedLabel, LinkButton, StateStack, hand_focus_on, tab_in_turn
from eqxviz.session.session import Session

_NOTHING = (
    "Nothing is paused",
    "Pause the run (F6), or say on the left where it is to stop: loss > 10, nan, a line, "
    "a function. Then its stack and variables are here.",
)
_NO_RUN = (
    "Nothing is run",
    "Run a script. Where it pauses, its stack and its variables are here; where it is to pause "
    "by itself can be said on the left already.",
)
_RESULT = "result"


class DebuggerView(QWidget):
    """Stops are always there; stack and variables where something is paused, or was."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._debugging = debugging = session.debugging
        self.stops = StopsPane(session, theme, self)
        self.frames = StackPane(debugging.stack, theme, self)
        self.variables = VariablesPane(debugging.variables, theme, self)
        self.values = StateStack(
            theme,
            self.variables,
            icon="mdi6.code-braces",
            title="",
            text="",
            can_cancel=False,
            parent=self,
        )
        self.why = ElidedLabel("", self, elide=Qt.TextElideMode.ElideRight)
        self.why.setContentsMargins(8, 0, 4, 0)
        self.arguments = LinkButton("Arguments", self, tooltip="Open the call's arguments")
        self.result = LinkButton("Result", self, tooltip="Open what the call returned")
        for link in (self.arguments, self.result):
            link.setProperty("face", "small")
        self.stack = StateStack(
            theme,
            self._filled(),
            icon="mdi6.bug-outline",
            title=_NOTHING[0],
            text=_NOTHING[1],
            can_cancel=False,
            parent=self,
        )
        whole = QSplitter(Qt.Orientation.Horizontal, self)
        whole.addWidget(self.stops)
        whole.addWidget(self.stack)
        whole.setSizes([250, 690])
        whole.setStretchFactor(1, 1)
        whole.setChildrenCollapsible(False)
        whole.setHandleWidth(1)
        row = QVBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(whole)
        hand_focus_on(self, lambda: self.frames if debugging.is_paused else self.stops.field)
        self.frames.frame_chosen.connect(debugging.frames.choose)
        self.variables.open_wanted.connect(debugging.frames.open_variable)
        self.arguments.clicked.connect(lambda: self._open_call(""))
        self.result.clicked.connect(lambda: self._open_call(_RESULT))
        self.stack.retried.connect(debugging.frames.read)
        for signal, slot in self._session_slots():
            signal.connect(slot)
        self.destroyed.connect(lambda: _disconnect(self))
        self._on_stack_changed()
        self._on_variables_changed()

    def _filled(self) -> QWidget:
        filled = QWidget(self)
        filled.setProperty("surface", "base")
        panes = QSplitter(Qt.Orientation.Horizontal, filled)
        panes.addWidget(self.frames)
        panes.addWidget(self.values)
        panes.setSizes([250, 440])
        panes.setChildrenCollapsible(False)
        panes.setHandleWidth(1)
        head = QHBoxLayout()
        head.setContentsMargins(0, 5, 8, 1)
        head.setSpacing(10)
        for widget in (self.why, self.arguments, self.result):
            head.addWidget(widget, 1 if widget is self.why else 0)
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(panes, 1)
        tab_in_turn(self.stops, self.arguments, self.result, self.frames, self.variables)
        return filled

    def _open_call(self, name: str) -> None:
        self._session.open_call(name)
        self._debugging.frames.variable_opened.emit()

    def _session_slots(self) -> Iterator[tuple[Any, Callable[..., None]]]:
        debugging = self._debugging
        yield self._session.run_changed, self._on_run_changed
        yield debugging.stack.changed, self._on_stack_changed
        yield debugging.variables.changed, self._on_variables_changed

    def _on_run_changed(self) -> None:
        self.stops.show_met(self._debugging.halt)
        if not self._debugging.stack.frames:
            self._on_stack_changed()
        else:
            self._say_why()

    def _on_stack_changed(self) -> None:
        stack, run = self._debugging.stack, self._session.run
        self.frames.refresh()
        self.variables.is_past = stack.is_past
        self._on_variables_changed()
        self._say_why()
        if stack.problem is not None:
            self.stack.show_failed(stack.problem)
        elif stack.frames:
            self.stack.show_filled()
        elif self._debugging.is_paused:
            self.stack.show_working("Reading the stack")
        else:
            self.stack.show_empty(*(_NOTHING if run is not None and run.is_live else _NO_RUN))

    def _on_variables_changed(self) -> None:
        self.variables.refresh()
        problem = self._debugging.variables.problem
        if problem is not None:
            self.values.show_empty(problem.title, f"{problem.why} {problem.fix}")
        else:
            self.values.show_filled()

    def _say_why(self) -> None:
        debugging, run = self._debugging, self._session.run
        halt = debugging.halt
        can_open = self._session.can_open_call and debugging.is_paused
        self.arguments.setVisible(can_open and halt is not None and halt.call > 0)
        self.result.setVisible(can_open and halt is not None and halt.has_result)
        words = ""
        if run is not None and debugging.is_paused and not debugging.stack.is_past:
            words = self._session.activity.words(run)
        elif run is not None and run.is_live:
            words = "The run goes on: this is where it was paused last"
        elif run is not None:
            words = "The run has ended: this is where it was paused last"
        self.why.set_text(words[:1].upper() + words[1:])
        is_wrong = halt is not None and bool(halt.error)
        self.why.setProperty("tone", "problem" if is_wrong else "faint" if halt is None else "")
        self.why.style().polish(self.why)


def _disconnect(view: DebuggerView) -> None:
    for signal, slot in view._session_slots():
        signal.disconnect(slot, missing_ok=True)
