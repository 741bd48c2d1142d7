"""The record of one run, as it is read: by a window, the command line, and who writes it."""

import contextlib
import json
import sqlite3
from collections.abc import Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar, cast

from eqxviz.records import REPLACED, MetricBatch, Record, Series
from eqxviz.records.codec import PREFIX, CodecError, decode, decode_prefix
from eqxviz.store import points as kept_points
from eqxviz.store import segments
from eqxviz.store.blocks import Points
from eqxviz.store.connecting import StoreError, connected, explained, mode_to_glance, mode_to_read

# 1: batches only. 2: batches become segments.
FORMAT_VERSION = 2
FILE_NAME = "store.sqlite"
_BUSY_SECONDS = 2.0
_R = TypeVar("_R", bound=Record)


class RunMeta(NamedTuple):
    """What a store says of its run as a whole."""

    script: str
    argv: tuple[str, ...]
    python: str
    started: float  # seconds since 1970; of a copy, when it was begun
    is_copy: bool = False  # of a run that goes on elsewhere


class RunReader:
    """One run's store, for reading. Any number of processes may read while one writes.

    An open store may pass from thread to thread, but serves one at a time.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, meta: RunMeta) -> None:
        self.path = path
        self.meta = meta
        self._connection = connection

    @classmethod
    def open(cls, folder: Path, *, at_a_glance: bool = False) -> Self:
        """Return the store in `folder`, for reading. One of an older format is brought up to date.

        With `at_a_glance` it is to be closed at once, and stays as it is on disk.

        Raises:
            StoreError: If there is none, it is damaged, or a newer eqxviz wrote it.
        """
        path = folder / FILE_NAME
        if not path.exists():
            raise StoreError(f"{folder} holds no run: there is no {FILE_NAME} in it")
        mode = mode_to_glance(path) if at_a_glance else mode_to_read(path)
        try:
            with connected(path, mode, _BUSY_SECONDS) as connection:
                rows = dict(connection.execute("SELECT key, value FROM meta"))
                version = int(rows["format"])
                if version > FORMAT_VERSION:
                    raise StoreError(
                        f"{path} has format {version}; this eqxviz reads formats up to "
                        f"{FORMAT_VERSION}. Open it with the eqxviz that wrote it, or a newer one"
                    )
                if version < FORMAT_VERSION:
                    _bring_up_to_date(connection)
                argv = tuple(str(word) for word in json.loads(rows["argv"]))
                meta = RunMeta(
                    rows["script"], argv, rows["python"], float(rows["started"]), "copy" in rows
                )
        except sqlite3.Error as error:
            raise explained(path, "cannot be read", error) from error
        except (KeyError, ValueError) as error:
            raise StoreError(f"{path} is no run of eqxviz: its meta table lacks {error}") from error
        return cls(path, connection, meta)

    def metrics(self, first_sequence: int = 0) -> Iterator[MetricBatch]:
        """Yield the points from `first_sequence` on in the order they came, in batches.

        The first batch holds that point, and names every series met until then, so that a reader
        may begin anywhere.
        """
        named_up_to = -1
        with self._reading():
            for first, series, steps, seconds, values in kept_points.replayed(
                self._connection, first_sequence
            ):
                last = first + len(series) - 1
                new = tuple(self._series(named_up_to, last))
                batch = MetricBatch(first, new, series, steps, seconds, values)
                try:
                    batch.check()
                except ValueError as error:
                    raise ValueError(f"point {first}: {error}") from error
                named_up_to = last
                yield batch

    @contextlib.contextmanager
    def unchanging(self) -> Generator[None]:
        """Have all that is read in this context be of one moment, whatever is written meanwhile."""
        with self._reading():
            self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.rollback()

    def series(self) -> tuple[Series, ...]:
        """Return every series met so far, in the order of their ids."""
        return tuple(self._series(-1, 2**62))

    def outlines(
        self, series: int, first: int = 0, stop: int = 2**62
    ) -> Iterator[kept_points.Outline]:
        """Yield the outlines of what is in segments of the points `first:stop` of a curve."""
        with self._reading():
            yield from kept_points.outlines(self._connection, series, first, stop)

    def compacted_up_to(self) -> int:
        """Return the number of the first point of the run that is not in a segment."""
        with self._reading():
            return kept_points.compacted_up_to(self._connection)

    def counts(self) -> dict[int, int]:
        """Return how many points of each curve are in segments."""
        with self._reading():
            return kept_points.counts(self._connection)

    def points(self, series: int, first: int, stop: int) -> tuple[int, Points]:
        """Return the number of the first point, and the points `first:stop` of a curve.

        Only what is in segments is found; what is newer, `metrics` yields.
        """
        with self._reading():
            return kept_points.compacted(self._connection, series, first, stop)

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
        with self._reading():
            return kept_points.end(self._connection)

    def finals(self) -> tuple[tuple[str, float], ...]:
        """Return name and last value of every curve that is no state, in the order of their ids."""
        named = [series for series in self.series() if not series.is_state]
        with self._reading():
            found = kept_points.finals(self._connection, {series.id for series in named})
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
        with self._reading():
            yield from self._connection.execute(sql, values)

    @contextlib.contextmanager
    def _reading(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise explained(self.path, "cannot be read", error) from error
        except (ValueError, TypeError) as error:
            raise StoreError(f"{self.path} is damaged at {error}") from error


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Make segments of the batches; where the file cannot be written now, it is read as it is."""
    connection.execute("PRAGMA temp_store = MEMORY")
    try:
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            for statement in kept_points.SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(
                "UPDATE meta SET value = ? WHERE key = 'format'", (str(FORMAT_VERSION),)
            )
    except sqlite3.OperationalError:
        connection.executescript(kept_points.PASSING_SCHEMA)
        return
    with contextlib.suppress(sqlite3.OperationalError):
        segments.make_segments(connection)
