"""The runs that were kept, as the window and the command line work with them."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.engine.launch import Launch
from eqxviz.records import Problem, RunDescription
from eqxviz.session.runs.again import launch_of
from eqxviz.session.runs.columns import labels_of
from eqxviz.session.runs.comparing import RunComparison, compare_runs
from eqxviz.session.runs.exporting import Exporting
from eqxviz.session.runs.reading import read_run
from eqxviz.session.runs.run_list import RunList
from eqxviz.store.archive import KnownRunError

if TYPE_CHECKING:
    from eqxviz.session.run_view import RunView
    from eqxviz.session.running import RunPart


class KeptRuns(RunList):
    """The runs of this user, and what is done with some of them.

    Signals, besides those of the list:
        overlaid_changed: `overlaid` holds other runs.
        comparison_changed: `comparison` is another one.
        opened: A run is shown now, and is to be seen.
        done: A sentence about what was done, for a line of the window.
    """

    overlaid_changed = Signal()
    comparison_changed = Signal()
    opened = Signal()
    done = Signal(str)

    def __init__(self, session: "RunPart") -> None:
        super().__init__(session)
        self.overlaid: list[RunView] = []
        self.comparison: RunComparison | None = None
        self.exporting = Exporting(session, self.library, self.done.emit)
        self._compared: tuple[str, ...] = ()  # the runs that a comparison was asked of last
        self.is_opening = False  # a run is being read, to be shown

    @property
    def shown_id(self) -> str:
        """The id of the run that the window shows, "" for none."""
        run = self._session.run
        return Path(run.folder).name if run is not None and run.folder else ""

    # --- one run, or some

    def open(self, id: str) -> None:
        """Show a run as it was; one that goes on is attached to. A live one is left running."""
        session = self._session
        self.is_opening = id != self.shown_id
        if not self.is_opening:
            self.opened.emit()
            return

        def read() -> "tuple[RunView, Launch | None] | Path":
            run = self.library.run(id)
            if run.is_live:
                return run.folder
            view = read_run(run.folder)
            return view, launch_of(_launched(run.folder), view.description)

        def shown(found: "tuple[RunView, Launch | None] | Path") -> None:
            self.is_opening = False
            if isinstance(found, Path):
                self._attach(found)
            else:
                session.show_kept(*found)
                self.opened.emit()

        self._in_background(read, shown, self._on_not_opened)

    def take_in(self, path: str) -> None:
        """Put the runs of an archive among these, and show the first; one that is here stays."""

        def read() -> tuple[list[str], str]:
            try:
                ids = self.library.take_in(Path(path))
            except KnownRunError as error:
                return list(error.ids), f"{', '.join(error.ids)} is here already"
            return ids, f"Took in {len(ids)} runs" if len(ids) > 1 else "Took in one run"

        def taken(found: tuple[list[str], str]) -> None:
            ids, words = found
            self.refresh()
            self.open(ids[0])
            self.done.emit(words)

        self.is_opening = True
        self._in_background(read, taken, self._on_not_opened)

    def run_again(self, id: str) -> None:
        """Run the script of a run from the start, as it was run; the other run stays as it is."""
        self.tell_launch(id, self._session.start_launch)

    def tell_launch(self, id: str, told: Callable[[Launch], None]) -> None:
        """Tell how a run was started, as far as that is known."""
        self._in_background(lambda: self._launch_of(id), told)

    def tag(self, ids: Iterable[str], tags: Iterable[str]) -> None:
        """Give each of these runs these tags besides those that it has."""
        added = tuple(tags)
        self._change(ids, lambda run: self.library.tag(run.id, (*run.tags, *added)))

    def set_tags(self, id: str, tags: Iterable[str]) -> None:
        """Give a run these tags in place of those that it has."""
        self._change([id], lambda run: self.library.tag(run.id, tags))

    def note(self, id: str, text: str) -> None:
        """Write a note on a run, in place of the one it has."""
        self._change([id], lambda run: self.library.note(run.id, text))

    def rename(self, id: str, name: str) -> None:
        """Call a run `name`; "" calls it as its script again."""
        self._change([id], lambda run: self.library.rename(run.id, name))
        shown = self._session.run
        if shown is not None and id == self.shown_id:
            shown.name = name.strip()
            self._session.run_changed.emit()

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

    def _on_not_opened(self, problem: Problem) -> None:
        self.is_opening = False
        self._session.report(problem)

    def _launch_of(self, id: str) -> Launch:
        run = self.library.run(id)
        with self.library.open(id) as store:
            told = next(store.records_of(RunDescription), None)
        return launch_of(_launched(run.folder), told) or Launch(run.script, run.argv)

    def _read(self, id: str) -> "RunView":
        run = self.library.run(id)
        return read_run(run.folder, is_live=run.is_live)

    def _attach(self, folder: Path) -> None:
        from eqxviz.engine.places import RunInfo

        info = RunInfo.read(folder)
        if info is None or not info.is_live:  # it has ended in this moment
            self.open(folder.name)
            return
        self._session.leave_run()
        self._session.attach(info)
        self.opened.emit()


def _launched(folder: Path) -> Launch | None:
    from eqxviz.engine.places import RunInfo

    info = RunInfo.read(folder)
    return info.launched_as if info is not None else None
