"""The run of a page's script, and what the page shows of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.session.learning.cards import left_running
from eqxviz.session.learning.desk import Desk

if TYPE_CHECKING:
    from eqxviz.records import Problem
    from eqxviz.session.answering import Answerer
    from eqxviz.session.run_view import RunView
    from eqxviz.session.selecting import SelectionPart

_MODEL = "model"  # what a script leaves for the tree view


class Trial:
    """Runs the learner's text as any script is run, and has its end shown in the page's view.

    `prepares` is called with the path of what is about to be run. `holds` tells whether something
    of former runs is still needed, besides the open model; else their processes are ended.

    Signals:
        changed: `is_running`, `has_run` or `problem` is another one.
        view_asked: The view of that name, one of `lessons.VIEWS`, is to be seen.
    """

    changed = Signal()
    view_asked = Signal(str)

    def __init__(
        self,
        session: "SelectionPart",
        desk: Desk,
        prepares: Callable[[str], None],
        holds: Callable[[], bool],
    ) -> None:
        self._session = session
        self._desk = desk
        self._prepares, self._holds = prepares, holds
        self._run: RunView | None = None
        self._former: list[Answerer] = []  # processes of runs that gave way
        self._is_starting = False
        self._was_running = False
        self._is_left = False  # the run is to be shown no more: its page was left
        session.run_changed.connect(self._on_run_changed)
        session.problem_seen.connect(self._on_problem_seen)
        session.model_changed.connect(self._end_former)

    @property
    def is_running(self) -> bool:
        """Whether the page's script is running, or about to."""
        return self._is_starting or (self.has_run and self._run is not None and self._run.is_live)

    @property
    def has_run(self) -> bool:
        """Whether what the views show is of the page's script."""
        run, path = self._session.run, self._desk.path
        return run is not None and run is self._run and run.script == str(path)

    @property
    def problem(self) -> "Problem | None":
        """What ended the run of the page's script, with the line if it is known; None: nothing."""
        if not self.has_run or self._run is None:
            return None
        from eqxviz.records import Severity

        errors = [each for each in self._run.problems if each.severity is Severity.ERROR]
        return errors[-1] if errors else None

    def start(self) -> None:
        """Run the text from the start. A page's run that goes on is stopped; one of the user's own
        goes on without the window.
        """
        page, path = self._desk.page, self._desk.path
        if page is None or path is None or self._is_starting:
            return
        self._is_starting = True

        def begin() -> None:
            self._is_starting = False
            if self._desk.page is page:
                self._leave_users_run()
                self._keep_process()
                self._prepares(str(path))
                self._session.start_run(str(path))
                self._run, self._was_running, self._is_left = self._session.run, True, False
                self.view_asked.emit(page.view)
            self.changed.emit()

        self._desk.keep(begin)
        self.changed.emit()

    def stop(self) -> None:
        """End the run of the page's script."""
        if self.has_run:
            self._session.stop()

    def clear(self) -> None:
        """Show nothing of the page's run: another page is shown."""
        run = self._session.run
        if run is None or run is not self._run:
            return
        self._session.close_call()
        if run.is_live:
            self._is_left = True
            self._session.stop()
            return
        self._keep_process()
        self._session.detach_run()
        self._run = None
        self._end_former()

    def _leave_users_run(self) -> None:
        run = self._session.run
        if run is not None and run.is_live and run is not self._run:
            self._session.leave_run()
            self._session.report(left_running(run.script))

    def _keep_process(self) -> None:
        """Remember the process of the page's run, which gives way to another one."""
        holder = self._session.run_holder
        if self._run is not None and self._run is self._session.run and holder is not None:
            self._former.append(holder)

    def _end_former(self) -> None:
        """End the processes of former runs that nothing is asked of any more."""
        model_holder = self._session.model_holder
        if self._former and model_holder not in self._former and not self._holds():
            former, self._former = self._former, []
            for holder in former:
                holder.kill()

    def _on_run_changed(self) -> None:
        run = self._session.run
        if run is None or run is not self._run:
            return
        if self._was_running and not run.is_live:
            self._was_running = False
            if self._is_left:
                self.clear()
            else:
                self._show_end(run)
        self.changed.emit()

    def _on_problem_seen(self, _: object) -> None:
        if self.has_run:
            self.changed.emit()

    def _show_end(self, run: "RunView") -> None:
        """Open or draw what the script has left, for the page's view."""
        page = self._desk.page
        if page is None or not self.has_run:
            return
        if run.status.state.value != "finished":
            self.view_asked.emit("output")
        elif page.view == "tree":
            source = self._session.source
            is_same = source is not None and (source.kind, source.path) == ("run", run.script)
            chosen = source.name if is_same and source is not None else ""
            self._session.open_call(chosen or page.names or _MODEL)
        elif page.view == "graph":
            own = [e.function for e in run.compiles if _is_shown(run, e.function, page.names)]
            if own:
                self._session.draw_function(own[-1])
        if page.view != "tree":
            self._end_former()


def _is_shown(run: "RunView", function: int, name: str) -> bool:
    """Whether a function is the user's, and has that name if one is given."""
    seen = run.functions.get(function)
    return seen is not None and seen.is_user and (not name or seen.name == name)
