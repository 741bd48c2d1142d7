"""The run of a page's script, and what the page shows of it."""

from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.session.learning.desk import Desk

if TYPE_CHECKING:
    from eqxviz.records import Problem
    from eqxviz.session.run_view import RunView
    from eqxviz.session.selecting import SelectionPart

_MODEL = "model"  # what a script leaves for the tree view


class Trial:
    """Runs the learner's text as any script is run, and has its end shown in the page's view.

    Signals:
        changed: `is_running`, `has_run` or `problem` is another one.
        view_asked: The view of that name, one of `lessons.VIEWS`, is to be seen.
    """

    changed = Signal()
    view_asked = Signal(str)

    def __init__(self, session: "SelectionPart", desk: Desk) -> None:
        self._session = session
        self._desk = desk
        self._run: RunView | None = None
        self._is_starting = False
        self._view = ""
        self._was_running = False
        session.run_changed.connect(self._on_run_changed)
        session.problem_seen.connect(self._on_problem_seen)

    @property
    def is_running(self) -> bool:
        """Whether the page's script is running, or about to."""
        return self._is_starting or (self._is_own and self._run is not None and self._run.is_live)

    @property
    def has_run(self) -> bool:
        """Whether what the views show is of the page's script."""
        return self._is_own

    @property
    def problem(self) -> "Problem | None":
        """What ended the run of the page's script, with the line if it is known; None: nothing."""
        if not self._is_own or self._run is None:
            return None
        from eqxviz.records import Severity

        errors = [each for each in self._run.problems if each.severity is Severity.ERROR]
        return errors[-1] if errors else None

    def start(self) -> None:
        """Run the text from the start; a run that goes on is stopped."""
        page, path = self._desk.page, self._desk.path
        if page is None or path is None or self._is_starting:
            return
        self._is_starting, self._view = True, page.view

        def begin() -> None:
            self._is_starting = False
            stops = self._session.stop_memory
            if stops is not None and not stops.stops_of(str(path)):
                stops.keep(str(path), "[]")  # none at an exception either: a mistake ends the run
            self._session.start_run(str(path))
            self._run = self._session.run
            self._was_running = True
            self.view_asked.emit(self._view)
            self.changed.emit()

        self._desk.keep(begin)
        self.changed.emit()

    def stop(self) -> None:
        """End the run of the page's script."""
        if self._is_own:
            self._session.stop()

    @property
    def _is_own(self) -> bool:
        """Whether the session's run is the one of the page that is shown."""
        run, path = self._session.run, self._desk.path
        return run is not None and run is self._run and run.script == str(path)

    def _on_run_changed(self) -> None:
        run = self._session.run
        if run is None or run is not self._run:
            return
        if self._was_running and not run.is_live:
            self._was_running = False
            self._show_end(run)
        self.changed.emit()

    def _on_problem_seen(self, _: object) -> None:
        if self._is_own:
            self.changed.emit()

    def _show_end(self, run: "RunView") -> None:
        """Open or draw what the script has left, for the page's view."""
        if run.status.state.value != "finished":
            self.view_asked.emit("output")
        elif self._view == "tree":
            source = self._session.source
            is_same = source is not None and source.kind == "run" and source.path == run.script
            self._session.open_call(source.name if is_same and source is not None else _MODEL)
        elif self._view == "graph":
            own = [e.function for e in run.compiles if self._is_users(run, e.function)]
            if own:
                self._session.draw_function(own[-1])

    @staticmethod
    def _is_users(run: "RunView", function: int) -> bool:
        seen = run.functions.get(function)
        return seen is not None and seen.is_user
