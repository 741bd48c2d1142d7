"""The list of the runs that were kept, and what is found in it."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal

from psygnal import Signal

from eqxviz.records import Problem, Severity
from eqxviz.session.runs import query
from eqxviz.store import Library, RunSummary, StoreError

if TYPE_CHECKING:
    from eqxviz.session.running import RunPart

_AT_FIRST = 60  # runs that are shown before all are read
ListState = Literal["empty", "working", "filled", "failed"]


class RunList:
    """All runs of this user, the newest first, and those of them that a search finds.

    What takes long is done in the background; what fails becomes a problem of the session.

    Signals:
        changed: `state`, `runs` or `found` are others.
    """

    changed = Signal()

    def __init__(self, session: "RunPart") -> None:
        from eqxviz.engine.places import is_live_run

        self._session = session
        self.library = Library(session.engine.runs_folder, is_live_run)
        self.state: ListState = "empty"
        self.problem: Problem | None = None
        self.runs: list[RunSummary] = []
        self.found: list[RunSummary] = []
        self.search_text = ""
        self.search_problem = ""
        self._is_reading = False
        self._must_read_again = False
        self._seen: tuple[object, bool] = (None, False)
        session.run_changed.connect(self._on_run_changed)

    def refresh(self) -> None:
        """Read the list anew; `changed` tells when it is there."""
        if self._is_reading:
            self._must_read_again = True
            return
        self._is_reading = True
        if self.state != "filled":
            self._become("working")
            self.recent(_AT_FIRST, self._on_first)
        self._in_background(self.library.runs, self._on_read, self._on_unreadable)

    def refresh_live(self) -> None:
        """Read those runs anew that go on."""
        live = [run.id for run in self.runs if run.is_live]
        if live and not self._is_reading:
            self._change(live, lambda run: None)

    def recent(self, n: int, listed: Callable[[list[RunSummary]], None]) -> None:
        """Read the newest `n` runs alone, which takes no time, and hand them to `listed`."""

        def read() -> list[RunSummary]:
            folders = sorted(self.library.folder.glob("*/"), key=lambda p: p.name, reverse=True)
            found: list[RunSummary] = []
            for folder in folders:
                if len(found) < n and (run := self._if_there(folder.name)) is not None:
                    found.append(run)
            return found

        self._in_background(read, listed)

    def search(self, text: str) -> None:
        """Find the runs that `text` asks for, of those that are listed."""
        self.search_text = text
        self._find()
        self.changed.emit()

    def run(self, id: str) -> RunSummary | None:
        """Return the run called `id`, None if it is not listed."""
        return next((run for run in self.runs if run.id == id), None)

    def _change(self, ids: Iterable[str], change: Callable[[RunSummary], None]) -> None:
        """Change the labels of runs, and read them anew."""
        wanted = list(ids)

        def work() -> list[RunSummary]:
            for id in wanted:
                change(self.library.run(id))
            return [run for run in map(self._if_there, wanted) if run is not None]

        def done(changed: list[RunSummary]) -> None:
            by_id = {run.id: run for run in changed}
            self.runs = [by_id.get(run.id, run) for run in self.runs]
            self._find()
            self.changed.emit()

        self._in_background(work, done)

    def _if_there(self, id: str) -> RunSummary | None:
        try:
            return self.library.run(id)
        except StoreError:
            return None  # another process has deleted it

    def _on_first(self, runs: list[RunSummary]) -> None:
        """Show the newest runs while the others are being read."""
        if self.state == "working" and runs:
            self.runs = runs
            self._find()
            self._become("filled")

    def _on_read(self, runs: list[RunSummary]) -> None:
        self._is_reading = False
        self.runs, self.problem = runs, None
        self._find()
        self._become("filled" if runs else "empty")
        if self._must_read_again:
            self._must_read_again = False
            self.refresh()

    def _find(self) -> None:
        asked = query.query_of(self.search_text, self.runs)
        self.search_problem = asked.problem
        if not asked.problem:
            self.found = query.found_by(asked, self.runs)

    def _become(self, state: ListState) -> None:
        self.state = state
        self.changed.emit()

    def _on_run_changed(self) -> None:
        """Read the list anew where a run has begun or ended; its steps are counted elsewhere."""
        run = self._session.run
        seen = (run, run is not None and run.is_live)
        if seen != self._seen:
            self._seen = seen
            if self.state != "empty" or run is not None:
                self.refresh()

    def _in_background(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[Problem], None] | None = None,
    ) -> None:
        """Do `work` in the background, then `done`; a store that fails becomes a problem."""

        def tried() -> Any:
            try:
                return work()
            except StoreError as error:
                return error

        def finish(result: Any) -> None:
            if isinstance(result, StoreError):
                (failed or self._session.report)(_problem_of(result))
            else:
                done(result)

        self._session.in_background(tried, finish)

    def _on_unreadable(self, problem: Problem) -> None:
        self._is_reading = False
        self.problem = problem
        self._become("failed")


def _problem_of(error: StoreError) -> Problem:
    """Return what the user is told of a store that fails."""
    return Problem(
        "run-store",
        Severity.ERROR,
        "That could not be done with the run",
        f"{str(error)[:1].upper()}{str(error)[1:]}.",
        "Refresh the list of runs, and try again.",
    )
