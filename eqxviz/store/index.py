"""What was read of many runs, kept beside them so that a list of them is there at once.

It is a cache: what it holds of a run counts only while the run's files are as they were when it was
read, and all of it can be deleted at any time.
"""

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

from eqxviz.records import RunState
from eqxviz.store.connecting import connected
from eqxviz.store.run_reader import FILE_NAME
from eqxviz.store.summary import LABELS_FILE, RunSummary

INDEX_FILE = "index.sqlite"
_BUSY_SECONDS = 0.05  # it is no harm to do without
_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (id TEXT PRIMARY KEY, stamp TEXT NOT NULL, told TEXT NOT NULL)
WITHOUT ROWID
"""
# The files that a summary is made of, and the one that tells of the process.
_STAMPED = (FILE_NAME, f"{FILE_NAME}-wal", LABELS_FILE, "run.json")
_KEPT = tuple(f.name for f in fields(RunSummary) if f.name not in ("id", "folder", "n_bytes"))


class Files(NamedTuple):
    """The files of a run at one moment."""

    n_bytes: int
    stamp: str  # another one wherever the summary may be another one

    @staticmethod
    def of(folder: Path | str) -> "Files | None":
        """Return the files in the folder of a run, None if there is no store in it."""
        n_bytes, seen = 0, dict[str, str]()
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    found = entry.stat(follow_symlinks=False)
                    n_bytes += found.st_size
                    seen[entry.name] = f"{found.st_mtime_ns}/{found.st_size}"
        if FILE_NAME not in seen:
            return None
        return Files(n_bytes, " ".join(seen.get(name, "-") for name in _STAMPED))


class Index:
    """Summaries of the runs under one folder. Where it cannot be read or written, it is empty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / INDEX_FILE

    def read(self) -> dict[str, tuple[str, str]]:
        """Return stamp and text of all that is kept, by the run's id."""
        try:
            with connected(self._path, "rwc", _BUSY_SECONDS) as connection:
                connection.execute(_SCHEMA)
                rows = connection.execute("SELECT id, stamp, told FROM runs").fetchall()
                connection.close()
            return {id: (stamp, told) for id, stamp, told in rows}
        except sqlite3.DatabaseError as error:
            if not isinstance(error, sqlite3.OperationalError):  # damaged, or something else
                with contextlib.suppress(OSError):
                    self._path.unlink(missing_ok=True)
            return {}

    def write(self, fresh: Iterable[tuple[RunSummary, str]], gone: Iterable[str]) -> None:
        """Keep summaries, each with the stamp of its files, and forget runs that are gone."""
        rows = [(run.id, stamp, _text_of(run)) for run, stamp in fresh]
        left = [(id,) for id in gone]
        if not rows and not left:
            return
        with (
            contextlib.suppress(sqlite3.Error),
            connected(self._path, "rwc", _BUSY_SECONDS) as connection,
        ):
            connection.execute("PRAGMA synchronous = OFF")
            with connection:
                connection.execute(_SCHEMA)
                connection.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?)", rows)
                connection.executemany("DELETE FROM runs WHERE id = ?", left)
            connection.close()

    def summary(self, id: str, files: Files, kept: tuple[str, str] | None) -> RunSummary | None:
        """Return what is kept of a run with these files, None where that is out of date."""
        if kept is None or kept[0] != files.stamp:
            return None
        try:
            told: dict[str, Any] = json.loads(kept[1])
            told["state"] = RunState(told["state"])
            told["finals"] = tuple((name, float(value)) for name, value in told["finals"])
            for name in ("argv", "tags"):
                told[name] = tuple(told[name])
            return RunSummary(id=id, folder=self._folder / id, n_bytes=files.n_bytes, **told)
        except (ValueError, TypeError, KeyError):
            return None  # another version wrote it


def _text_of(run: RunSummary) -> str:
    # A RunState is a str, which JSON takes as it is.
    return json.dumps({name: getattr(run, name) for name in _KEPT})
