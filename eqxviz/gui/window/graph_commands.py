"""What the window does for graphs: which function to draw, and where to write a picture."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from eqxviz.gui.window.finder import Finder
from eqxviz.gui.window.opening import Opener
from eqxviz.gui.window.status_line import StatusLine
from eqxviz.gui.window.views import ViewPlace
from eqxviz.session.formatting import file_name
from eqxviz.session.session import Session

if TYPE_CHECKING:
    from eqxviz.records import OfferedCalls, Problem


class GraphCommands(QObject):
    """Carries out the actions on graphs that need a dialog. `place` is where graphs are shown."""

    def __init__(
        self,
        session: Session,
        finder: Finder,
        opener: Opener,
        status_line: StatusLine,
        place: Callable[[], ViewPlace],
        window: QObject,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._finder = finder
        self._opener = opener
        self._status_line = status_line
        self._place = place
        self._is_waiting = False

    def ask_function(self) -> None:
        """Let the user choose a function of the file to draw, once its functions are known."""
        path = self._session.file_to_draw
        if path and not self._is_waiting:
            self._is_waiting = True
            self._status_line.showMessage(f"Looking for the functions of {Path(path).name}")
            self._session.list_calls(path, self._on_listed)

    def ask_export(self) -> None:
        """Let the user choose where the graph is written to, and in which form."""
        tab = self._session.tab_in_front
        if tab is not None and tab.graph is not None:
            self._opener.ask_graph_export(file_name(tab.title, "graph"), self.export)

    def export(self, path: str) -> None:
        """Write the graph that is shown to `path`, and say so once it is there."""
        from eqxviz.gui.graph import GraphView

        view = self._place().build()
        if isinstance(view, GraphView):
            say_written = self._status_line.say_written
            view.export(Path(path), lambda why_not: say_written(Path(path), why_not))

    def _on_listed(self, found: "OfferedCalls | Problem") -> None:
        from eqxviz.records import Problem

        self._is_waiting = False
        self._status_line.clearMessage()
        if isinstance(found, Problem):
            self._session.report(found)
        else:
            self._finder.ask_function(found)
