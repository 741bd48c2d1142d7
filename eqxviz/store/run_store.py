"""The record of one run: every metric point as column blobs, every other record as a frame."""

import contextlib
import json
import sqlite3
import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import REPLACED, MetricBatch, Record, Series
from eqxviz.records.codec import PREFIX, CodecError, decode, decode_prefix, encode

FORMAT_VERSION = 1
FILE_NAME = "store.sqlite"
_BUSY_SECONDS = 2.0
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE records (id INTEGER PRIMARY KEY, type TEXT NOT NULL, frame BLOB NOT NULL);
CREATE INDEX records_by_type ON records (type, id);
CREATE TABLE newest (type TEXT PRIMARY KEY, frame BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE series (id INTEGER PRIMARY KEY, first_sequence INTEGER NOT NULL, frame BLOB NOT NULL);
CREATE TABLE metrics (
    first_sequence INTEGER PRIMARY KEY, n INTEGER NOT NULL,
    series BLOB NOT NULL, step BLOB NOT NULL, seconds BLOB NOT NULL, value BLOB NOT NULL
);
"""
_R = TypeVar("_R", bound=Record)


class StoreError(Exception):
    """Raised when a run's store cannot be made, read or written; the text says which and why."""


class RunMeta(NamedTuple):
    """What a store says of its run as a whole."""

    script: str
    argv: tuple[str, ...]
    python: str
    started: float  # seconds since 1970


class RunStore:
    """One run's store. Any number of processes may read while one writes.

    An open store may pass from thread to thread, but serves one at a time.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, meta: RunMeta) -> None:
        self.path = path
        self.meta = meta
        self._connection = connection

    @classmethod
    def create(cls, folder: Path, script: str, argv: Sequence[str], python: str) -> Self:
        """Return a new, empty store in `folder`.

        Raises:
            StoreError: If there is one already, or the folder cannot be written.
        """
        path = folder / FILE_NAME
        if path.exists():
            raise StoreError(f"{path} exists already; every run needs a folder of its own")
        meta = RunMeta(script, tuple(argv), python, time.time())
        rows = {
            "format": str(FORMAT_VERSION),
            "script": script,
            "argv": json.dumps(list(argv)),
            "python": python,
            "started": repr(meta.started),
        }
        try:
            with _connected(f"{path.resolve().as_uri()}?mode=rwc") as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                # A crash of the machine may lose the last second; one of the process, nothing.
                connection.execute("PRAGMA synchronous = NORMAL")
                with connection:
                    connection.executescript(_SCHEMA)
                    connection.executemany("INSERT INTO meta VALUES (?, ?)", rows.items())
        except sqlite3.Error as error:
            raise _explained(path, "cannot be made", error) from error
        return cls(path, connection, meta)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Return the store in `folder`, for reading.

        Raises:
            StoreError: If there is none, it is damaged, or a newer eqxviz wrote it.
        """
        path = folder / FILE_NAME
        if not path.exists():
            raise StoreError(f"{folder} holds no run: there is no {FILE_NAME} in it")
        try:
            with _connected(f"{path.resolve().as_uri()}?mode=rw") as connection:
                rows = dict(connection.execute("SELECT key, value FROM meta"))
                version = int(rows["format"])
                if version > FORMAT_VERSION:
                    raise StoreError(
                        f"{path} has format {version}; this eqxviz reads formats up to "
                        f"{FORMAT_VERSION}. Open it with the eqxviz that wrote it, or a newer one"
                    )
                argv = tuple(str(word) for word in json.loads(rows["argv"]))
                meta = RunMeta(rows["script"], argv, rows["python"], float(rows["started"]))
        except sqlite3.Error as error:
            raise _explained(path, "cannot be read", error) from error
        except (KeyError, ValueError) as error:
            raise StoreError(f"{path} is no run of eqxviz: its meta table lacks {error}") from error
        return cls(path, connection, meta)

    def append(self, *records: Record) -> None:
        """Commit `records` together. A `RunStatus` or `FunctionTotals` replaces the one before.

        Raises:
            StoreError: If nothing could be written (the disk is full, the file is locked or
                damaged); nothing of `records` is kept, and the same records may be tried again.
        """
        try:
            with self._connection:
                for record in records:
                    self._insert(record)
        except sqlite3.Error as error:
            raise _explained(self.path, "cannot be written", error) from error

    def metrics(self, first_sequence: int = 0) -> Iterator[MetricBatch]:
        """Yield the batches from the one that holds point `first_sequence` on, in order.

        The first batch yielded names every series met until then, so that a reader may begin
        anywhere.
        """
        rows = self._query(
            "SELECT first_sequence, n, series, step, seconds, value FROM metrics "
            "WHERE first_sequence + n > ? AND first_sequence >= "
            "IFNULL((SELECT MAX(first_sequence) FROM metrics WHERE first_sequence <= ?), 0) "
            "ORDER BY first_sequence",
            (first_sequence, first_sequence),
        )
        named_up_to = -1
        for first, n, series, step, seconds, value in rows:
            try:
                batch = MetricBatch(
                    first,
                    tuple(self._series(named_up_to, first)),
                    _column(series, np.int32, n),
                    _column(step, np.int64, n),
                    _column(seconds, np.float64, n),
                    _column(value, np.float64, n),
                )
                batch.check()
            except (ValueError, TypeError) as error:
                raise StoreError(f"{self.path} is damaged at point {first}: {error}") from error
            named_up_to = first
            yield batch

    def records_of(self, kind: type[_R]) -> Iterator[_R]:
        """Yield the records of type `kind`, in order; of a replaced one, the newest."""
        table = "newest" if issubclass(kind, REPLACED) else "records"
        order = "" if table == "newest" else " ORDER BY id"
        for (frame,) in self._query(
            f"SELECT frame FROM {table} WHERE type = ?{order}", (kind.__name__,)
        ):
            yield cast(_R, self._decoded(frame))

    def records_after(self, id: int) -> Iterator[tuple[int, Record]]:
        """Yield `(id, record)` of every appended record but metrics after record `id`, in order.

        Ids count from 1 in the order of `append`.
        """
        rows = self._query("SELECT id, frame FROM records WHERE id > ? ORDER BY id", (id,))
        for row, frame in rows:
            yield row, self._decoded(frame)

    def newest(self) -> Iterator[Record]:
        """Yield the newest of each replaced type."""
        for (frame,) in self._query("SELECT frame FROM newest ORDER BY type DESC", ()):
            yield self._decoded(frame)

    def n_points(self) -> int:
        """Return how many points there are, of all curves together."""
        for first, n in self._query(
            "SELECT first_sequence, n FROM metrics ORDER BY first_sequence DESC LIMIT 1", ()
        ):
            return first + n
        return 0

    def finals(self) -> tuple[tuple[str, float], ...]:
        """Return name and last value of every curve that is no state, in the order of their ids."""
        named = [s for s in self._series(-1, 2**62) if not s.is_state]
        wanted = {s.id for s in named}
        found: dict[int, float] = {}
        for series, value in self._query(
            "SELECT series, value FROM metrics ORDER BY first_sequence DESC", ()
        ):
            ids, values = np.frombuffer(series, "<i4"), np.frombuffer(value, "<f8")
            for id in wanted - found.keys():
                rows = np.flatnonzero(ids == id)
                if len(rows):
                    found[id] = float(values[rows[-1]])
            if len(found) == len(wanted):
                break
        return tuple((s.name, found[s.id]) for s in named if s.id in found)

    def close(self) -> None:
        """Close the file. Twice is as good as once."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _insert(self, record: Record) -> None:
        if isinstance(record, MetricBatch):
            self._insert_batch(record)
        elif isinstance(record, REPLACED):
            row = (type(record).__name__, _frame(record))
            self._connection.execute("INSERT OR REPLACE INTO newest VALUES (?, ?)", row)
        else:
            self._connection.execute(
                "INSERT INTO records (type, frame) VALUES (?, ?)",
                (type(record).__name__, _frame(record)),
            )

    def _insert_batch(self, batch: MetricBatch) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO series VALUES (?, ?, ?)",
            [(series.id, batch.first_sequence, _frame(series)) for series in batch.new_series],
        )
        self._connection.execute(
            "INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)",
            (
                batch.first_sequence,
                len(batch.series),
                _bytes(batch.series, np.int32),
                _bytes(batch.step, np.int64),
                _bytes(batch.seconds, np.float64),
                _bytes(batch.value, np.float64),
            ),
        )

    def _series(self, after: int, up_to: int) -> Iterator[Series]:
        rows = self._query(
            "SELECT frame FROM series WHERE first_sequence > ? AND first_sequence <= ? ORDER BY id",
            (after, up_to),
        )
        for (frame,) in rows:
            yield cast(Series, self._decoded(frame))

    def _decoded(self, frame: bytes) -> Record:
        try:
            n_header, _ = decode_prefix(frame[: PREFIX.size])
            at = PREFIX.size + n_header
            return decode(frame[PREFIX.size : at], frame[at:])[1]
        except CodecError as error:
            raise StoreError(f"{self.path} holds a record that cannot be read: {error}") from error

    def _query(self, sql: str, values: tuple[object, ...]) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._connection.execute(sql, values)
        except sqlite3.Error as error:
            raise _explained(self.path, "cannot be read", error) from error


@contextlib.contextmanager
def _connected(uri: str) -> Generator[sqlite3.Connection, None, None]:
    """Give a connection, which is closed if an error is raised."""
    with contextlib.ExitStack() as undo:
        connection = sqlite3.connect(
            uri,
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level="IMMEDIATE",
            check_same_thread=False,
        )
        undo.callback(connection.close)
        yield connection
        undo.pop_all()


def _frame(record: Record) -> bytes:
    return b"".join(encode(record))


def _bytes(column: NDArray[Any], dtype: type[np.generic]) -> bytes:
    return np.ascontiguousarray(column, np.dtype(dtype).newbyteorder("<")).tobytes()


def _column(blob: bytes, dtype: type[np.generic], n: int) -> NDArray[Any]:
    column = np.frombuffer(blob, np.dtype(dtype).newbyteorder("<"))
    if len(column) != n:
        raise ValueError(f"a column has {len(column)} points where {n} are due")
    return column


def _explained(path: Path, what: str, error: sqlite3.Error) -> StoreError:
    """Return the error in words that say what to do about `path`."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    advice = {
        sqlite3.SQLITE_FULL: "free some space on the disk",
        sqlite3.SQLITE_IOERR: "check the disk, and that the run's folder still exists",
        sqlite3.SQLITE_BUSY: "another process holds it locked; end that process",
        sqlite3.SQLITE_READONLY: "check the permissions of the folder",
        sqlite3.SQLITE_CANTOPEN: "check that the folder exists and can be written",
        sqlite3.SQLITE_CORRUPT: "the file is damaged; what can be read of it has been read",
        sqlite3.SQLITE_NOTADB: "the file is no SQLite database",
    }.get(code, "see the message")
    return StoreError(f"{path} {what}: {error}; {advice}")
