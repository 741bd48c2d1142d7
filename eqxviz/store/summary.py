"""What a list of runs says of each of them, read from its folder alone."""

import contextlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eqxviz.records import RunDescription, RunState, RunStatus
from eqxviz.records.naming import script_name
from eqxviz.store.connecting import StoreError
from eqxviz.store.run_reader import FILE_NAME, RunReader

LABELS_FILE = "labels.json"


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run in a list of them.

    `problem` says why its store cannot be read, or that there is none; what the store would have
    told is empty then. `finals` is the last value of each curve that is no state, by its name.
    """

    id: str  # the name of its folder
    folder: Path
    name: str  # as the user calls it; "" if it was given none
    script: str
    argv: tuple[str, ...]
    started: float  # seconds since 1970
    elapsed_seconds: float  # without the time spent paused
    state: RunState
    steps: int
    device: str
    git_commit: str
    git_branch: str
    tags: tuple[str, ...]
    note: str
    finals: tuple[tuple[str, float], ...]
    n_points: int
    n_bytes: int  # of all files of the run
    problem: str = ""

    @property
    def title(self) -> str:
        """The name, or that of the script."""
        return self.name or script_name(self.script) or self.id

    @property
    def is_live(self) -> bool:
        """Whether its process is still there and has not come to an end."""
        return not self.state.is_end

    @property
    def search_text(self) -> str:
        """All that a search looks into, in small letters."""
        parts: Iterable[str] = (
            self.id, self.name, self.script, *self.argv, self.state.value, self.device,
            self.git_commit, self.git_branch, *self.tags, self.note,
            *(name for name, _ in self.finals),
        )  # fmt: skip
        return "\n".join(parts).lower()


@dataclass(frozen=True, slots=True)
class Labels:
    """What the user has written on a run; kept in a file beside its store."""

    name: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()

    @staticmethod
    def read(folder: Path) -> "Labels":
        """Return the labels of the run in `folder`; empty ones if it has none that can be read."""
        try:
            kept: dict[str, Any] = json.loads((folder / LABELS_FILE).read_text("utf-8"))
            return Labels(
                str(kept.get("name", "")),
                str(kept.get("note", "")),
                tuple(str(tag) for tag in kept.get("tags", ())),
            )
        except (OSError, ValueError, TypeError, AttributeError):
            return Labels()

    def write(self, folder: Path) -> None:
        """Keep them in `folder`, in one step.

        Raises:
            StoreError: If the folder is gone or cannot be written.
        """
        text = json.dumps({"name": self.name, "note": self.note, "tags": list(self.tags)}, indent=1)
        path = folder / LABELS_FILE
        fresh = path.with_suffix(f".{os.getpid()}.new")
        try:
            fresh.write_text(text, "utf-8")
            os.replace(fresh, path)
        except OSError as error:
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise StoreError(
                f"{path} cannot be written: {error}; check that the folder exists and its "
                "permissions, and the room on the disk"
            ) from error


def read_summary(folder: Path, n_bytes: int, is_live: bool) -> RunSummary:
    """Return the summary of the run in `folder`, whose files take `n_bytes`.

    `is_live` tells whether its process is there.
    """
    labels = Labels.read(folder)
    try:
        with RunReader.open(folder, at_a_glance=True) as store:
            status = next(store.records_of(RunStatus), RunStatus.at_start())
            told = next(store.records_of(RunDescription), None)
            finals, n_points = store.finals(), store.n_points()
            meta = store.meta
    except StoreError as error:
        state = RunState.STARTING if is_live else RunState.DIED
        has_store = (folder / FILE_NAME).exists()
        why = "" if is_live and not has_store else str(error)
        return RunSummary(
            folder.name, folder, labels.name, "", (), _changed(folder), 0.0, state, 0, "",
            "", "", labels.tags, labels.note, (), 0, n_bytes, why,
        )  # fmt: skip
    state = status.state
    if not state.is_end and not is_live:
        state = RunState.ELSEWHERE if meta.is_copy else RunState.DIED
    return RunSummary(
        id=folder.name,
        folder=folder,
        name=labels.name,
        script=meta.script,
        argv=meta.argv or (told.argv if told else ()),  # of a copy the run itself tells
        started=told.started if meta.is_copy and told else meta.started,
        elapsed_seconds=status.elapsed_seconds,
        state=state,
        steps=status.step,
        device=status.device,
        git_commit=told.git_commit if told else "",
        git_branch=told.git_branch if told else "",
        tags=labels.tags,
        note=labels.note,
        finals=finals,
        n_points=n_points,
        n_bytes=n_bytes,
    )


def _changed(folder: Path) -> float:
    """Return when a run was written last: reading it changes the folder, but not the store."""
    for path in (folder / FILE_NAME, folder):
        with contextlib.suppress(OSError):
            return path.stat().st_mtime
    return 0.0
