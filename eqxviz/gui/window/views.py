"""The views, each made when it is first needed: some import a lot."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import hand_focus_on
from eqxviz.session.session import Session


def _tree(session: Session, theme: Theme, parent: QWidget) -> QWidget:
    from eqxviz.gui.tree import TreeView

    return TreeView(session, theme, parent)


def _values(session: Session, theme: Theme, parent: QWidget) -> QWidget:
    from eqxviz.gui.values import ValuesView

    return ValuesView(session, theme, parent)


def _details(session: Session, theme: Theme, parent: QWidget) -> QWidget:
    from eqxviz.gui.values import DetailsView

    return DetailsView(session, theme, parent)


def _graph(session: Session, theme: Theme, parent: QWidget) -> QWidget:
    from eqxviz.gui.graph import GraphView

    return GraphView(session, theme, parent)


def _curves(session: Session, theme: Theme, parent: QWidget) -> QWidget:
    from eqxviz.gui.run import CurvesView

    return CurvesView(session, theme, parent)


def _dynamics(session: Session, theme: Theme, parent: QWidget) -> QWidget:
    from eqxviz.gui.dynamics import DynamicsView

    return DynamicsView(session, theme, parent)


def _compile(session: Session, theme: Theme, parent: QWidget) -> QWidget:
    from eqxviz.gui.compile import CompileView

    return CompileView(session, theme, parent)


def _source(session: Session, theme: Theme, parent: QWidget) -> QWidget:
    from eqxviz.gui.window.source_view import SourceView

    return SourceView(session, theme, parent)


def _problems(session: Session, theme: Theme, parent: QWidget) -> QWidget:
    from eqxviz.gui.window.problems_view import ProblemsView

    return ProblemsView(session, theme, parent)


def _output(session: Session, theme: Theme, parent: QWidget) -> QWidget:
    from eqxviz.gui.window.output_view import OutputView

    return OutputView(session, theme, parent)


def _system(session: Session, theme: Theme, parent: QWidget) -> QWidget:
    from eqxviz.gui.system import SystemView

    return SystemView(session, theme, parent)


def _sharing(session: Session, theme: Theme, parent: QWidget) -> QWidget:
    from eqxviz.gui.sharing import SharingView

    return SharingView(session, theme, parent)


def _filter(session: Session, theme: Theme, parent: QWidget) -> QWidget:
    from eqxviz.gui.filters import FilterView

    return FilterView(session, theme, parent)


def _compare(session: Session, theme: Theme, parent: QWidget) -> QWidget:
    from eqxviz.gui.compare import CompareView

    return CompareView(session, theme, parent)


def _runs(session: Session, theme: Theme, parent: QWidget) -> QWidget:
    from eqxviz.gui.runs import RunsView

    return RunsView(session, theme, parent)


def _debugger(session: Session, theme: Theme, parent: QWidget) -> QWidget:
    from eqxviz.gui.debug import DebuggerView

    return DebuggerView(session, theme, parent)


def _console(session: Session, theme: Theme, parent: QWidget) -> QWidget:
    from eqxviz.gui.debug import ConsoleView

    return ConsoleView(session, theme, parent)


def _lesson(session: Session, theme: Theme, parent: QWidget) -> QWidget:
    from eqxviz.gui.learn import LessonView

    return LessonView(session, theme, parent)


def _script(session: Session, theme: Theme, parent: QWidget) -> QWidget:
    from eqxviz.gui.learn import ScriptView

    return ScriptView(session, theme, parent)


BUILDERS: dict[str, Callable[[Session, Theme, QWidget], QWidget]] = {
    "tree": _tree,
    "graph": _graph,
    "details": _details,
    "values": _values,
    "curves": _curves,
    "dynamics": _dynamics,
    "compile": _compile,
    "filter": _filter,
    "sharing": _sharing,
    "compare": _compare,
    "runs": _runs,
    "source": _source,
    "output": _output,
    "system": _system,
    "problems": _problems,
    "debugger": _debugger,
    "console": _console,
    "lesson": _lesson,
    "script": _script,
}


class ViewPlace(QWidget):
    """The place of the view called `name`; empty until `build` fills it.

    With `scrolls` the view is scrolled where it needs more height than there is.

    Signals:
        built: The view was made; the place itself.
    """

    built = Signal(object)

    def __init__(
        self, name: str, session: Session, theme: Theme, parent: QWidget, *, scrolls: bool = False
    ) -> None:
        super().__init__(parent)
        self.name = name
        self._scrolls = scrolls
        self._session = session
        self._theme = theme
        self.view: QWidget | None = None
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def build(self) -> QWidget:
        """Return the view, made now if this is the first time."""
        if self.view is None:
            view = self.view = BUILDERS[self.name](self._session, self._theme, self)
            self._column.addWidget(self._scrolled(view) if self._scrolls else view)
            hand_focus_on(self, lambda: view)
            self.built.emit(self)
        return self.view

    def _scrolled(self, view: QWidget) -> QScrollArea:
        area = QScrollArea(self)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        view.setMinimumWidth(1)  # it makes do with any width
        area.setWidget(view)
        return area
