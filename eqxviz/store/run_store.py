"""The record of one run: every metric point as column blobs, every other record as a frame."""

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Self

from eqxviz.records import REPLACED, MetricBatch, Record
from eqxviz.records.codec import encode
from eqxviz.store import points as kept_points
from eqxviz.store import segments
from eqxviz.store.connecting import StoreError, connected, explained
from eqxviz.store.run_reader import FILE_NAME, FORMAT_VERSION, RunMeta, RunReader
from eqxviz.store.segments import Compaction

_BUSY_SECONDS = 1.0  # less than a reader waits: who writes is soon back with more
_RETRY_SECONDS = 10.0  # after a segment could not be made; its points are safe as they are
_MOST_LOOSE = 4  # segments that the points of batches would fill, before the writer waits
_LOOK_SECONDS = 1.0  # so often the writer looks whether its file is still there
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE records (id INTEGER PRIMARY KEY, type TEXT NOT NULL, frame BLOB NOT NULL);
CREATE INDEX records_by_type ON records (type, id);
CREATE TABLE newest (type TEXT PRIMARY KEY, frame BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE series (id INTEGER PRIMARY KEY, first_sequence INTEGER NOT NULL, frame BLOB NOT NULL);
"""


class RunStore(RunReader):
    """One run's store, for reading and writing; one process may write."""

    def __init__(self, path: Path, connection: sqlite3.Connection, meta: RunMeta) -> None:
        super().__init__(path, connection, meta)
        # Batches that are in no segment; None is not read yet.
        self._loose: list[MetricBatch] | None = None
        self._n_by_series: dict[int, int] = {}
        self._compaction: Compaction | None = None
        self._compact_after = 0.0
        self._look_after = 0.0
        self._identity: tuple[int, int] | None = None

    @classmethod
    def create(
        cls,
        folder: Path,
        script: str,
        argv: Sequence[str],
        python: str,
        *,
        is_copy: bool = False,
    ) -> Self:
        """Return a new, empty store in `folder`; `is_copy` says that the run goes on elsewhere.

        Raises:
            StoreError: If there is one already, or the folder cannot be written.
        """
        path = folder / FILE_NAME
        if path.exists():
            raise StoreError(f"{path} exists already; every run needs a folder of its own")
        meta = RunMeta(script, tuple(argv), python, time.time(), is_copy)
        rows = {
            "format": str(FORMAT_VERSION),
            "script": script.encode("utf-8", "replace").decode(),  # not every path is UTF-8
            "argv": json.dumps(list(argv)),
            "python": python,
            "started": repr(meta.started),
        }
        if is_copy:
            rows["copy"] = "1"
        try:
            with connected(path, "rwc", _BUSY_SECONDS) as connection:
                _prepare(connection)
                with connection:
                    connection.executescript(_SCHEMA + kept_points.SCHEMA)
                    connection.executemany("INSERT INTO meta VALUES (?, ?)", rows.items())
        except sqlite3.Error as error:
            raise explained(path, "cannot be made", error) from error
        return cls(path, connection, meta)

    def append(self, *records: Record) -> None:
        """Commit `records` together. Of a replaced type the newest takes the place of the others.

        Raises:
            StoreError: If nothing could be written (the disk is full, the file is locked, damaged
                or gone); nothing of `records` is kept, and the same records may be tried again.
        """
        self._look_for_file()
        with self._writing():
            if self._loose is None:
                self._n_by_series = kept_points.counts(self._connection)
                self._loose = list(self.metrics(self.compacted_up_to()))
            with self._connection:
                for record in records:
                    self._insert(record)
        self._loose += [record for record in records if isinstance(record, MetricBatch)]
        self._compact()

    def close(self) -> None:
        """Close the file, once there are segments of what is to be. Twice is as good as once."""
        if self._compaction is not None:
            self._compaction.join()
            self._end_compaction()
            self._compact()
        if self._compaction is not None:
            self._compaction.join()
        super().close()

    def _compact(self) -> None:
        """See to it that batches become segments; it goes on while this returns."""
        loose = self._loose or []
        n = sum(len(batch.series) for batch in loose)
        if n >= _MOST_LOOSE * segments.SEGMENT and self._compaction is not None:
            self._compaction.join()  # it cannot keep up
        self._end_compaction()
        if self._compaction is None and time.monotonic() >= self._compact_after:
            n = sum(len(batch.series) for batch in loose)
            if n >= segments.SEGMENT:
                self._compaction = Compaction(self.path, list(loose), self._n_by_series)
                self._compaction.start()

    def _end_compaction(self) -> None:
        """Take note of the segment that was made, if one is."""
        made = self._compaction
        if made is None or made.is_alive():
            return
        self._compaction = None
        if made.counts is None:
            self._compact_after = time.monotonic() + _RETRY_SECONDS
        elif self._loose is not None:
            self._n_by_series = made.counts
            del self._loose[: made.n_batches]

    def _look_for_file(self) -> None:
        """Make the file again if it was deleted: what was in it can be read as long as it is open.

        Raises:
            StoreError: If it cannot be made.
        """
        now = time.monotonic()
        if now < self._look_after:
            return
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            self._make_again()
            found = os.stat(self.path)
        except OSError as error:
            raise StoreError(f"{self.path} cannot be written: {error}") from error
        self._look_after = now + _LOOK_SECONDS
        identity = found.st_dev, found.st_ino
        if self._identity is not None and identity != self._identity:
            raise StoreError(
                f"{self.path} cannot be written: it was replaced by another file; move that away"
            )
        self._identity = identity

    def _make_again(self) -> None:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._compaction is not None:
                self._compaction.join()
            with connected(self.path, "rwc", _BUSY_SECONDS) as fresh:
                self._connection.backup(fresh)
                _prepare(fresh)
        except sqlite3.Error as error:
            raise explained(self.path, "was deleted and cannot be made again", error) from error
        except OSError as error:
            raise StoreError(
                f"{self.path} was deleted and cannot be made again: {error}; make its folder"
            ) from error
        self._connection.close()
        self._connection, self._identity = fresh, None
        # A segment that was being made may be in either file, or in none.
        self._loose, self._compaction = None, None

    def _insert(self, record: Record) -> None:
        if isinstance(record, MetricBatch):
            self._connection.executemany(
                "INSERT OR REPLACE INTO series VALUES (?, ?, ?)",
                [
                    (series.id, record.first_sequence, _frame(series))
                    for series in record.new_series
                ],
            )
            kept_points.insert(self._connection, record)
        elif isinstance(record, REPLACED):
            row = (type(record).__name__, _frame(record))
            self._connection.execute("INSERT OR REPLACE INTO newest VALUES (?, ?)", row)
        else:
            self._connection.execute(
                "INSERT INTO records (type, frame) VALUES (?, ?)",
                (type(record).__name__, _frame(record)),
            )

    @contextlib.contextmanager
    def _writing(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise explained(self.path, "cannot be written", error) from error


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    # A crash of the machine may lose the last second; one of the process, nothing.
    connection.execute("PRAGMA synchronous = NORMAL")


def _frame(record: Record) -> bytes:
    return b"".join(encode(record))
