"""The runs that were kept, as the window and the command line work with them."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from psygnal import Signal

from eqxviz.records import Problem, RunDescription, Severity
from eqxviz.session.runs import query
from eqxviz.session.runs.again import launch_of
from eqxviz.session.runs.columns import labels_of
from eqxviz.session.runs.comparing import RunComparison, compare_runs
from eqxviz.session.runs.exporting import Exporting
from eqxviz.session.runs.reading import read_run
from eqxviz.store import Library, RunSummary, StoreError

if TYPE_CHECKING:
    from eqxviz.session.run_view import RunView
    from eqxviz.session.running import RunPart

_AT_FIRST = 60  # runs that are shown before all are read
ListState = Literal["empty", "working", "filled", "failed"]


class KeptRuns:
    """All runs of this user: the list, what is found in it, and what is done with some of them.

    What takes long is done in the background; what fails becomes a problem of the session.

    Signals:
        changed: `state`, `runs` or `found` are others.
        overlaid_changed: `overlaid` holds other runs.
        comparison_changed: `comparison` is another one.
        opened: A run is shown now, and is to be seen.
        done: A sentence about what was done, for a line of the window.
    """

    changed = Signal()
    overlaid_changed = Signal()
    comparison_changed = Signal()
    opened = Signal()
    done = Signal(str)

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
        self.overlaid: list[RunView] = []
        self.comparison: RunComparison | None = None
        self.exporting = Exporting(session, self.library, self.done.emit)
        self._compared: tuple[str, ...] = ()  # the runs that a comparison was asked of last
        self.is_opening = False  # a run is being read, to be shown
        self._is_reading = False
        self._must_read_again = False
        self._seen: tuple[object, bool] = (None, False)
        session.run_changed.connect(self._on_run_changed)

    # --- the list

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

    @property
    def shown_id(self) -> str:
        """The id of the run that the window shows, "" for none."""
        run = self._session.run
        return Path(run.folder).name if run is not None and run.folder else ""

    # --- one run, or some

    def open(self, id: str) -> None:
        """Show a run as it was; one that goes on is attached to. A live one is left running."""
        session = self._session
        if id == self.shown_id:
            self.opened.emit()
            return
        self.is_opening = True

        def read() -> "RunView | Path":
            run = self.library.run(id)
            return run.folder if run.is_live else read_run(run.folder)

        def shown(found: "RunView | Path") -> None:
            self.is_opening = False
            if isinstance(found, Path):
                self._attach(found)
            else:
                told = found.description
                session.show_kept(found, launch_of(told) if told is not None else None)
                self.opened.emit()

        def failed(problem: Problem) -> None:
            self.is_opening = False
            session.report(problem)

        self._in_background(read, shown, failed)

    def run_again(self, id: str) -> None:
        """Run the script of a run from the start, as it was run; the other run stays as it is."""

        def read() -> RunDescription | None:
            with self.library.open(id) as store:
                return next(store.records_of(RunDescription), None)

        def begin(told: RunDescription | None) -> None:
            if told is not None:
                self._session.start_launch(launch_of(told))
            elif (run := self.run(id)) is not None:
                self._session.start_run(run.script, run.argv)

        self._in_background(read, begin)

    def tag(self, ids: Iterable[str], tags: Iterable[str]) -> None:
        """Give each of these runs these tags besides those that it has."""
        added = tuple(tags)
        self._change(ids, lambda run: self.library.tag(run.id, (*run.tags, *added)))

    def untag(self, ids: Iterable[str], tags: Iterable[str]) -> None:
        """Take these tags from each of these runs."""
        gone = set(tags)
        self._change(
            ids, lambda run: self.library.tag(run.id, [tag for tag in run.tags if tag not in gone])
        )

    def set_tags(self, id: str, tags: Iterable[str]) -> None:
        """Give a run these tags in place of those that it has."""
        self._change([id], lambda run: self.library.tag(run.id, tags))

    def note(self, id: str, text: str) -> None:
        """Write a note on a run, in place of the one it has."""
        self._change([id], lambda run: self.library.note(run.id, text))

    def rename(self, id: str, name: str) -> None:
        """Call a run `name`; "" calls it as its script again."""
        self._change([id], lambda run: self.library.rename(run.id, name))

    def delete(self, ids: Sequence[str]) -> None:
        """Delete runs for good. One that goes on is never deleted, nor are the others then."""

        def deleted(_nothing: None) -> None:
            gone = set(ids)
            self.runs = [run for run in self.runs if run.id not in gone]
            if self.shown_id in gone:
                self._session.detach_run()
            self.overlay([Path(v.folder).name for v in self.overlaid])
            if self.comparison is not None and gone & {r.id for r in self.comparison.runs}:
                self.end_comparison()
            self._find()
            self.changed.emit()
            self.done.emit(f"Deleted {len(ids)} runs" if len(ids) > 1 else "Deleted one run")
            self.refresh()

        self._in_background(lambda: self.library.delete(ids), deleted)

    # --- several beside each other

    def overlay(self, ids: Sequence[str]) -> None:
        """Draw the curves of these runs, and of no others, over those of the run that is shown."""
        wanted = [id for id in ids if self.run(id) is not None and id != self.shown_id]
        known = {Path(view.folder).name: view for view in self.overlaid}
        if wanted == list(known):
            return

        def read(views: "list[RunView]") -> None:
            for view in views:
                view.read_in(self._session.in_background)
            self.overlaid = views
            self.overlaid_changed.emit()

        self._in_background(
            lambda: [known[id] if id in known else self._read(id) for id in wanted], read
        )

    def label(self, view: "RunView") -> str:
        """Return what tells a run from the others that are drawn: "train.py, 21 Nov 14:03"."""
        drawn = [self._session.run, *self.overlaid]
        listed = [run for v in drawn if v and (run := self.run(Path(v.folder).name))]
        labels = dict(zip((run.id for run in listed), labels_of(listed), strict=True))
        return labels.get(Path(view.folder).name, Path(view.script).name)

    def compare(self, ids: Sequence[str]) -> None:
        """Tell what differs between these runs; the first is what the others are compared with.

        Of a single run, all is told that is known of it.
        """
        runs = [run for id in ids if (run := self.run(id)) is not None]
        asked = self._compared = tuple(run.id for run in runs)

        def compared(comparison: RunComparison) -> None:
            if self._compared == asked:
                self.comparison = comparison
                self.comparison_changed.emit()

        if runs:
            self._in_background(partial(compare_runs, self.library, runs), compared)
        else:
            self.end_comparison()

    def end_comparison(self) -> None:
        """Compare nothing any more."""
        self._compared = ()
        if self.comparison is not None:
            self.comparison = None
            self.comparison_changed.emit()

    # --- inside

    def _read(self, id: str) -> "RunView":
        run = self.library.run(id)
        return read_run(run.folder, is_live=run.is_live)

    def _if_there(self, id: str) -> RunSummary | None:
        try:
            return self.library.run(id)
        except StoreError:
            return None  # another process has deleted it

    def _attach(self, folder: Path) -> None:
        from eqxviz.engine.places import RunInfo

        info = RunInfo.read(folder)
        if info is None or not info.is_live:  # it has ended in this moment
            self.open(folder.name)
            return
        self._session.leave_run()
        self._session.attach(info)
        self.opened.emit()

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
                (failed or self._session.report)(run_problem(result))
            else:
                done(result)

        self._session.in_background(tried, finish)

    def _on_unreadable(self, problem: Problem) -> None:
        self._is_reading = False
        self.problem = problem
        self._become("failed")


def run_problem(error: StoreError) -> Problem:
    """Return what the user is told of a store that fails."""
    return Problem(
        "run-store",
        Severity.ERROR,
        "That could not be done with the run",
        f"{str(error)[:1].upper()}{str(error)[1:]}.",
        "Refresh the list of runs, and try again.",
    )
