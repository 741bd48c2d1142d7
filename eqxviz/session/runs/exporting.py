"""Runs in the forms that others read: CSV, TensorBoard's event files, JSON, whole runs."""

import errno
import json
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from psygnal import Signal

from eqxviz.session.export.forms import UnknownFormError
from eqxviz.session.runs.csv_file import long_csv, wide_csv
from eqxviz.session.runs.event_file import EventWriter
from eqxviz.session.runs.points import Go, stretches
from eqxviz.session.runs.summary_data import whole_data
from eqxviz.session.sources import RUNS_FILE
from eqxviz.store import Library, RunSummary, StoreError
from eqxviz.store.archive import write_archive
from eqxviz.store.model_file import write_text, write_whole

if TYPE_CHECKING:
    from eqxviz.session.problems import ProblemPart

RunForm = Literal["csv", "wide-csv", "tensorboard", "json", "archive"]
_FORMS: dict[str, RunForm] = {".csv": "csv", ".json": "json", RUNS_FILE: "archive"}
_TOLD_SECONDS = 0.1


class ExportCancelledError(Exception):
    """The user wants no export any more."""


@dataclass(frozen=True)
class RunExport:
    """What is to be written: `names` are those of the curves, None for all that are no state."""

    runs: tuple[RunSummary, ...]
    form: RunForm
    target: Path  # a file; of event files the folder for a folder of each run
    names: frozenset[str] | None = None


def form_of(target: str) -> RunForm:
    """Return the form that the suffix of a target stands for; without one it is a folder.

    Raises:
        UnknownFormError: If it has another suffix, and is no folder: it has no slash at its end.
    """
    suffix = Path(target).suffix.lower()
    if not suffix or target.endswith("/") or Path(target).is_dir():
        return "tensorboard"
    if suffix not in _FORMS:
        raise UnknownFormError(
            f"{suffix} is no suffix of points: write OUT.csv, OUT.json or, for whole runs, "
            f"OUT{RUNS_FILE}; OUT/ with a slash is a folder for TensorBoard, and --form says "
            "it for any name"
        )
    return _FORMS[suffix]


def write_export(library: Library, export: RunExport, go: Go = lambda n: None) -> list[Path]:
    """Write an export, and return the files; what `go` raises ends it, and nothing is left.

    Raises:
        StoreError: If a run cannot be read.
        OSError: If a file cannot be written.
    """
    if export.form == "tensorboard":
        return _write_events(library, export, go)
    if export.form == "archive":
        write_archive(export.target, export.runs, go)
    elif export.form == "json":
        made = [whole_data(library, run) for run in export.runs]
        text = json.dumps(made if len(made) > 1 else made[0], indent=1, ensure_ascii=False)
        write_text(export.target, [text, "\n"])
    else:
        parts = long_csv if export.form == "csv" else wide_csv
        write_text(export.target, parts(library, export.runs, export.names, go))
    return [export.target]


def _write_events(library: Library, export: RunExport, go: Go) -> list[Path]:
    """Write an event file for each run, in a folder of its own where there are several."""
    if export.target.exists() and not export.target.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "it is no folder", str(export.target))
    written: list[Path] = []
    n_before = 0
    for run in export.runs:
        folder = export.target / run.id if len(export.runs) > 1 else export.target
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"events.out.tfevents.{run.started:.0f}.{run.id}"

        def go_on(n: int, n_before: int = n_before) -> None:
            go(n_before + n)

        write_whole(path, _event_parts(library, run, export.names, go_on))
        written.append(path)
        n_before += run.n_points
    return written


def _event_parts(
    library: Library, run: RunSummary, names: Collection[str] | None, go: Go
) -> Iterator[bytes]:
    writer = EventWriter(run.started)
    yield writer.head()
    with closing(library.open(run.id)) as store:
        for stretch in stretches(store, names, go):
            yield from writer.add(stretch)
    yield from writer.rest()


class Exporting:
    """Writes one export at a time in a thread of its own, which can be cancelled.

    Signals:
        progressed: `share` is another one, or there is nothing to be done any more.
    """

    progressed = Signal()

    def __init__(
        self, session: "ProblemPart", library: Library, tell: Callable[[str], None]
    ) -> None:
        self._session = session
        self._library = library
        self._tell = tell
        self._cancelled = threading.Event()
        self.export: RunExport | None = None  # that is being written
        self.share = 0.0  # of its points that were looked at

    def begin(self, export: RunExport) -> None:
        """Write `export`; one that is being written is to end or to be cancelled first."""
        if self.export is not None:
            self._tell("An export is still being written")
            return
        self.export, self.share = export, 0.0
        self._cancelled = threading.Event()
        threading.Thread(
            target=self._work, args=(export,), name="eqxviz-export", daemon=True
        ).start()
        self.progressed.emit()

    def cancel(self) -> None:
        """Give up writing; what was there before stays."""
        self._cancelled.set()

    def _work(self, export: RunExport) -> None:
        n_points = max(sum(run.n_points for run in export.runs), 1)
        told_at = time.monotonic()

        def go(n: int) -> None:
            nonlocal told_at
            if self._cancelled.is_set():
                raise ExportCancelledError
            if time.monotonic() - told_at > _TOLD_SECONDS:
                told_at = time.monotonic()
                self._session.later(lambda: self._progress(n / n_points))

        try:
            files = write_export(self._library, export, go)
            words = f"Wrote {_named(files)}"
        except ExportCancelledError:
            words = "The export was cancelled; nothing was written"
        except StoreError as error:
            words = f"Nothing was written: {error}"
        except OSError as error:
            words = f"{export.target} was not written: {error.strerror or error}"
        self._session.later(lambda: self._end(words))

    def _progress(self, share: float) -> None:
        self.share = min(share, 1.0)
        self.progressed.emit()

    def _end(self, words: str) -> None:
        self.export = None
        self.progressed.emit()
        self._tell(words)


def _named(files: Sequence[Path]) -> str:
    return str(files[0]) if len(files) == 1 else f"{len(files)} files in {files[0].parents[1]}"
