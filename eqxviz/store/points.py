"""The points of a run in its store: as they came while they are new, then a curve at a time.

Batches hold the points of all curves as they came. Once there are enough of them, they become a
segment: a chunk for each curve, with the outlines of its blocks beside it, so that a curve of any
length is opened by reading its outlines, and seen closely by reading a chunk or two.
"""

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import MetricBatch
from eqxviz.store.blocks import BLOCK, Blocks, Points, Summary, starts_of

_REPLAYED = 32_768  # points of a batch that is read out of a segment

_METRICS = """
CREATE TABLE IF NOT EXISTS metrics (
    first_sequence INTEGER PRIMARY KEY, n INTEGER NOT NULL,
    series BLOB NOT NULL, step BLOB NOT NULL, seconds BLOB NOT NULL, value BLOB NOT NULL
);
"""
_SEGMENTS = """
CREATE TABLE IF NOT EXISTS segments (
    first_sequence INTEGER PRIMARY KEY, n INTEGER NOT NULL, series BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS chunks (
    segment INTEGER NOT NULL, series INTEGER NOT NULL, first INTEGER NOT NULL, n INTEGER NOT NULL,
    step BLOB NOT NULL, seconds BLOB NOT NULL, value BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS outlines (
    segment INTEGER NOT NULL, series INTEGER NOT NULL, first INTEGER NOT NULL, n INTEGER NOT NULL,
    summary BLOB NOT NULL, blocks BLOB NOT NULL
);
"""
SCHEMA = f"""{_METRICS}{_SEGMENTS}
CREATE INDEX IF NOT EXISTS chunks_by_series ON chunks (series, first, n, segment);
CREATE INDEX IF NOT EXISTS chunks_by_segment ON chunks (segment, series);
CREATE INDEX IF NOT EXISTS outlines_by_series ON outlines (series, first, n, segment);
CREATE INDEX IF NOT EXISTS outlines_by_segment ON outlines (segment);
"""
# For a file that has none of them and cannot be written.
PASSING_SCHEMA = _SEGMENTS.replace("CREATE TABLE", "CREATE TEMP TABLE")
SUMMARY = struct.Struct("<qdqdqqqqqqqdd??")


class Database(Protocol):
    """What carries out SQL; of `sqlite3.Connection`, what is needed here."""

    def execute(self, sql: str, parameters: tuple[Any, ...] = ..., /) -> Any: ...
    def executemany(self, sql: str, parameters: Any, /) -> Any: ...


class Outline(NamedTuple):
    """What a store keeps of one chunk of a curve: its points from number `first` on."""

    first: int
    n: int
    summary: Summary
    blocks: Blocks


def insert(database: Database, batch: MetricBatch) -> None:
    """Append a batch as it came."""
    database.execute(
        "INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)",
        (
            batch.first_sequence,
            len(batch.series),
            *(as_bytes(c, t) for c, t in zip(columns_of(batch), _TYPES, strict=True)),
        ),
    )


def columns_of(batch: MetricBatch) -> tuple[NDArray[Any], ...]:
    """Return the columns of a batch as they are kept: series, steps, seconds, values."""
    return batch.series, batch.step, batch.seconds, batch.value


def as_bytes(column: NDArray[Any], dtype: Any) -> bytes:
    """Return a column as it is kept: little-endian."""
    return np.ascontiguousarray(column, np.dtype(dtype).newbyteorder("<")).tobytes()


def counts(database: Database) -> dict[int, int]:
    """Return how many points of each curve are in segments."""
    rows = database.execute(
        f"SELECT series, MAX(first + n) FROM outlines WHERE {_COUNTS} GROUP BY series"
    )
    return {int(series): int(n) for series, n in rows}


def end(database: Database) -> int:
    """Return the number of points in all, of all curves together."""
    for table in ("metrics", "segments"):
        last = f"SELECT first_sequence + n FROM {table} ORDER BY first_sequence DESC LIMIT 1"
        if (row := database.execute(last).fetchone()) is not None:
            return int(row[0])
    return 0


def compacted_up_to(database: Database) -> int:
    """Return the number of the first point, of all curves together, that is in no segment."""
    last = "SELECT first_sequence + n FROM segments ORDER BY first_sequence DESC LIMIT 1"
    row = database.execute(last).fetchone()
    return int(row[0]) if row is not None else 0


def finals(database: Database, wanted: set[int]) -> dict[int, float]:
    """Return the last value of each of the curves `wanted` that has a point."""
    found: dict[int, float] = {}
    cursor = database.execute("SELECT series, value FROM metrics ORDER BY first_sequence DESC")
    while len(found) < len(wanted) and (row := cursor.fetchone()) is not None:
        ids, values = np.frombuffer(row[0], _TYPES[0]), np.frombuffer(row[1], _TYPES[3])
        last = dict(zip(ids.tolist(), values.tolist(), strict=True))
        found |= {id: last[id] for id in wanted - found.keys() if id in last}
    cursor.close()
    for id in wanted - found.keys():
        newest = (
            f"SELECT value FROM chunks WHERE series = ? AND {_COUNTS} ORDER BY first DESC LIMIT 1"
        )
        if (row := database.execute(newest, (id,)).fetchone()) is not None:
            found[id] = float(np.frombuffer(row[0], _TYPES[3])[-1])
    return found


def replayed(database: Database, first_sequence: int) -> Iterator[tuple[Any, ...]]:
    """Yield `(first_sequence, series, steps, seconds, values)`, the points in the order they came.

    It begins with that point, or the batch that holds it, and ends with what was last by then.

    Raises:
        ValueError: If what is there contradicts itself.
    """
    at, stop = first_sequence, end(database)
    while at < stop:
        # While a run is written, batches become a segment between two queries, but within none: so
        # each time it is asked anew for whatever holds the next point.
        segment = database.execute(_SEGMENT_AT, (at, at)).fetchone()
        if segment is not None:
            start, n, blob = segment
            yield from _unfolded(database, start, n, blob, at)
            at = start + n
            continue
        batch = database.execute(_BATCH_AT, (at, at)).fetchone()
        if batch is not None:
            first, n, *blobs = batch
            try:
                yield first, *(_column(b, t, n) for b, t in zip(blobs, _TYPES, strict=True))
            except ValueError as error:
                raise ValueError(f"point {first}: {error}") from error
            at = first + n
        elif database.execute(_SEGMENT_AT, (at, at)).fetchone() is None:
            return


def outlines(database: Database, series: int, first: int, stop: int) -> Iterator[Outline]:
    """Yield the outlines of the chunks that hold points `first:stop` of a curve, in order."""
    for at, n, summary, blob in database.execute(
        "SELECT first, n, summary, blocks FROM outlines WHERE series = ? AND first + n > ? "
        f"AND first < ? AND {_COUNTS} ORDER BY first",
        (series, first, stop),
    ):
        n_blocks = len(starts_of(at, n, BLOCK))
        try:
            told = Summary(*SUMMARY.unpack(summary))
            yield Outline(at, n, told, Blocks.from_bytes(blob, n_blocks))
        except (ValueError, struct.error) as error:
            raise ValueError(f"the outline of curve {series} at {at}: {error}") from error


def compacted(database: Database, series: int, first: int, stop: int) -> tuple[int, Points]:
    """Return the number of the first point, and the points `first:stop` that are in segments."""
    parts: list[Points] = []
    start = first
    for at, n, *blobs in database.execute(
        "SELECT first, n, step, seconds, value FROM chunks "
        f"WHERE series = ? AND first < ? AND first + n > ? AND {_COUNTS} ORDER BY first",
        (series, stop, first),
    ):
        try:
            points = Points(*(_column(b, t, n) for b, t in zip(blobs, _TYPES[1:], strict=True)))
        except ValueError as error:
            raise ValueError(f"curve {series} at {at}: {error}") from error
        if not parts:
            start = max(first, at)
        parts.append(points.part(max(first - at, 0), stop - at))
    return start, Points.joined(parts)


_BATCHES = "SELECT first_sequence, n, series, step, seconds, value FROM metrics"
_BATCH_AT = (
    f"{_BATCHES} WHERE first_sequence >= IFNULL((SELECT MAX(first_sequence) FROM metrics "
    "WHERE first_sequence <= ?), 0) AND first_sequence + n > ? ORDER BY first_sequence LIMIT 1"
)
# Of a segment that is being made, or whose writer was killed, there are rows that do not count yet.
_COUNTS = "segment <= IFNULL((SELECT MAX(first_sequence) FROM segments), -1)"
_SEGMENT_AT = (
    "SELECT first_sequence, n, series FROM segments WHERE first_sequence = (SELECT "
    "MAX(first_sequence) FROM segments WHERE first_sequence <= ?) AND first_sequence + n > ?"
)
_TYPES = tuple(np.dtype(code) for code in ("<i4", "<i8", "<f8", "<f8"))


def _unfolded(
    database: Database, first_sequence: int, n: int, blob: bytes, begin: int
) -> Iterator[tuple[Any, ...]]:
    """Yield the points of a segment from point `begin` of the run on, in the order they came."""
    if len(blob) not in (n, 2 * n, 4 * n):
        raise ValueError(f"point {first_sequence}: {len(blob)} bytes name the curves of {n} points")
    series = np.frombuffer(blob, f"<u{len(blob) // n}").astype(np.int32)
    columns = [np.empty(n, dtype) for dtype in _TYPES[1:]]
    order = np.argsort(series, kind="stable")
    at = 0
    for n_chunk, *blobs in database.execute(
        "SELECT n, step, seconds, value FROM chunks WHERE segment = ? ORDER BY series",
        (first_sequence,),
    ):
        rows = order[at : at + n_chunk]
        for column, blob, dtype in zip(columns, blobs, _TYPES[1:], strict=True):
            column[rows] = _column(blob, dtype, n_chunk)
        at += n_chunk
    if at != n:
        raise ValueError(f"point {first_sequence}: a segment of {n} points has chunks of {at}")
    for start in range(begin - first_sequence, n, _REPLAYED):
        part = slice(start, start + _REPLAYED)
        yield first_sequence + start, series[part], *(column[part] for column in columns)


def _column(blob: bytes, dtype: np.dtype[Any], n: int) -> NDArray[Any]:
    if len(blob) != n * dtype.itemsize:
        raise ValueError(f"a column has {len(blob)} bytes where {n * dtype.itemsize} are due")
    return np.frombuffer(blob, dtype)
