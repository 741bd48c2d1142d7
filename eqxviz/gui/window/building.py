"""Makes the views one by one while nothing else is to be done, and gives each what it needs."""

from collections.abc import Iterable

from PySide6.QtCore import QObject, QTimer, Signal

from eqxviz.gui.actions import Actions
from eqxviz.gui.settings import Settings
from eqxviz.gui.window.editor import Editor
from eqxviz.gui.window.problems_view import ProblemsView
from eqxviz.gui.window.views import ViewPlace
from eqxviz.session.session import Session

_IN_TURN = (
    *("tree", "details", "graph", "curves", "output", "source", "problems"),
    *("debugger", "console", "system", "values", "dynamics", "compile", "sharing", "compare"),
    *("filter", "runs", "lesson", "script"),
)
# The action that fills a view: the one button of its empty state.
_FILLED_BY = {
    "runs": "file.run",
    "tree": "file.open",
    "curves": "file.run",
    "system": "file.run",
}
_BRINGS_SIDES = ("compare.file", "compare.take", "compare.reload")


class ViewBuilding(QObject):
    """Fills the places of the views.

    Signals:
        problems_counted: How many problems there are.
        alarms_counted: How many functions compile at every step.
    """

    problems_counted = Signal(int)
    alarms_counted = Signal(int)

    def __init__(
        self,
        session: Session,
        settings: Settings,
        actions: Actions,
        editor: Editor,
        places: Iterable[ViewPlace],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._settings = settings
        self._actions = actions
        self._editor = editor
        self._places = {place.name: place for place in places}
        self._idle = QTimer(self, singleShot=True, interval=0)
        self._idle.timeout.connect(self._build_next)
        for place in self._places.values():
            place.built.connect(self._on_built)
        session.model_changed.connect(self._offer_drawing)
        self.destroyed.connect(lambda: _disconnect(session, self))

    def start(self) -> None:
        """Make what is still missing, a view whenever the application is idle."""
        self._idle.start()

    def _build_next(self) -> None:
        for name in _IN_TURN:
            place = self._places[name]
            if place.view is None:
                place.build()
                self._idle.start()
                return

    def _on_built(self, place: ViewPlace) -> None:
        """Give a new view what it needs of the window: its one button, its place in a title."""
        view = place.view
        stack = getattr(view, "stack", None)
        if place.name in _FILLED_BY and stack is not None:
            stack.set_action(self._actions.q[_FILLED_BY[place.name]])
        if place.name == "graph":
            self._offer_drawing()
        if place.name == "tree":
            from eqxviz.gui.tree import TreeView

            if isinstance(view, TreeView):
                view.use_settings(self._settings)
                view.nodes.edit_asked.connect(self._editor.open)
        if place.name == "graph":
            from eqxviz.gui.graph import GraphView

            if isinstance(view, GraphView):
                view.use_settings(self._settings)
                view.export_wanted.connect(self._actions.q["graph.export"].trigger)
                view.values_wanted.connect(self._actions.q["view.values"].trigger)
        if place.name == "curves":
            from eqxviz.gui.run import CurvesView

            if isinstance(view, CurvesView):
                view.use_settings(self._settings)
        if place.name == "source":
            from eqxviz.gui.window.source_view import SourceView

            if isinstance(view, SourceView):
                asked = self._actions.q["debug.condition"].trigger
                view.line_stops.condition_wanted.connect(asked)
        if place.name == "compare":
            from eqxviz.gui.compare import CompareView

            if isinstance(view, CompareView):
                view.set_actions([self._actions.q[name] for name in _BRINGS_SIDES])
        if place.name == "compile":
            from eqxviz.gui.compile import CompileView

            if isinstance(view, CompileView):
                view.use_settings(self._settings)
                view.alarms_counted.connect(self.alarms_counted)
                self.alarms_counted.emit(view.n_alarms)
        if place.name == "runs":
            from eqxviz.gui.runs import RunsView

            if isinstance(view, RunsView):
                view.use_settings(self._settings)
                view.curves_asked.connect(self._actions.q["view.curves"].trigger)
        if place.name in ("lesson", "script"):
            from eqxviz.gui.learn import LessonView, ScriptView

            if isinstance(view, (LessonView, ScriptView)):
                view.use_actions(self._actions.q)
            if isinstance(view, LessonView):
                view.line_wanted.connect(self._go_to_line)
        if isinstance(view, ProblemsView):
            view.use_action(self._actions.q["check.start"])
            view.counted.connect(self.problems_counted)
            self.problems_counted.emit(len(self._session.problems))

    def _go_to_line(self, line: int) -> None:
        """Go to a line of the script of the lesson."""
        from eqxviz.gui.learn import ScriptView

        view = self._places["script"].build()
        if isinstance(view, ScriptView):
            view.go_to(line)

    def _offer_drawing(self) -> None:
        """Offer on the empty page of the graphs what can be drawn: the model's call, or others."""
        view, model = self._places["graph"].view, self._session.model
        stack = getattr(view, "stack", None)
        if stack is not None:
            is_called = model is None or model.tree.can_be_called(0)
            stack.set_action(self._actions.q["graph.model" if is_called else "graph.function"])


def _disconnect(session: Session, building: ViewBuilding) -> None:
    session.model_changed.disconnect(building._offer_drawing, missing_ok=True)
