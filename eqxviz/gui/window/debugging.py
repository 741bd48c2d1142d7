"""What the window does about the debugger: its docks come to the front, its stops are kept."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from eqxviz.gui.settings import STOPS, Settings
from eqxviz.gui.window.docks import Docks
from eqxviz.session.session import Session

_IN_SOURCE = ("before a line", "at an exception")


class KeptStops:
    """Stops in the settings, by script."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def stops_of(self, script: str) -> str:
        """Return what was kept last, "" for nothing."""
        from eqxviz.session.plots.remembering import remembered

        return remembered(self._settings[STOPS], script)

    def keep(self, script: str, stops: str) -> None:
        """Remember the stops of a script."""
        from eqxviz.session.plots.remembering import remember

        self._settings[STOPS] = remember(self._settings[STOPS], script, stops)


class Debugging(QObject):
    """Lays the window out for it where a run pauses by itself, and carries out its actions.

    `show` brings a view to the front and gives it the keyboard.
    """

    def __init__(
        self,
        session: Session,
        settings: Settings,
        show: Callable[[str], None],
        docks: Docks,
        window: QObject,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._show = show
        self._docks = docks
        self._is_bound = False
        session.stop_memory = KeptStops(settings)
        session.run_changed.connect(self._bind)
        self.destroyed.connect(lambda: _disconnect(session, self))

    @property
    def is_stopped(self) -> bool:
        """Whether the run is paused by itself, and not because the user asked for it."""
        halt = self._session.debugging.halt if self._session.run is not None else None
        return halt is not None and (halt.stop >= 0 or halt.kind.value in _IN_SOURCE)

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Return what carries out the actions that are done here, by their names."""
        return {"debug.add": self._add, "debug.condition": self._ask_condition}

    def edit_condition(self, id: int) -> None:
        """Let the user say on what condition a stop counts."""
        from eqxviz.gui.debug import DebuggerView

        view = self._docks.show("debugger").build()
        if isinstance(view, DebuggerView):
            view.stops.edit(id, asks_condition=True)

    def _add(self) -> None:
        from eqxviz.gui.debug import DebuggerView

        view = self._docks.show("debugger").build()
        if isinstance(view, DebuggerView):
            view.stops.field.setFocus()
            view.stops.field.selectAll()

    def _ask_condition(self) -> None:
        from eqxviz.records import Stop, StopKind
        from eqxviz.session.debugging.stop_list import NoCodeError
        from eqxviz.session.source import source_of

        debugging, selection = self._session.debugging, self._session.selection
        place = source_of(self._session, selection)
        stop = debugging.stop_of_function(selection.function)
        if stop is None and place is not None:
            stop = Stop(0, StopKind.LINE, *place)
        if stop is None:
            return
        try:
            self.edit_condition((debugging.stops.same_as(stop) or debugging.stops.add(stop)).id)
        except NoCodeError:
            return

    def _bind(self) -> None:
        """Listen to the debugger, which is made with the first run."""
        if not self._is_bound and self._session.run is not None:
            self._is_bound = True
            self._session.debugging.frames.paused.connect(self._on_paused)
            self._session.debugging.frames.variable_opened.connect(self._on_variable_opened)

    def _on_paused(self, halt: object) -> None:
        """Show where a run is that has paused by itself; what the user asked for shows nothing."""
        halt = self._session.debugging.halt
        if halt is None or not self.is_stopped:
            return
        if self._docks.work is not None:  # on the start page the docks wait until it is left
            self._docks.begin("debug")
            self._docks.show("debugger")
        if halt.kind.value in _IN_SOURCE:
            self._show("source")

    def _on_variable_opened(self) -> None:
        self._docks.show("tree")


def _disconnect(session: Session, debugging: Debugging) -> None:
    session.run_changed.disconnect(debugging._bind, missing_ok=True)
    if debugging._is_bound:
        made = session.debugging
        made.frames.paused.disconnect(debugging._on_paused, missing_ok=True)
        made.frames.variable_opened.disconnect(debugging._on_variable_opened, missing_ok=True)
