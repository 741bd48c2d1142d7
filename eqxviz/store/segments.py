"""How batches become segments, in a thread of its own, while the run goes on."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eqxviz.records import MetricBatch
from eqxviz.store import points as kept_points
from eqxviz.store.blocks import BLOCK, Blocks, Points, Summary, little, starts_of
from eqxviz.store.connecting import connected

# Points of a segment, of all curves together. The more, the larger a chunk, and the more there is
# to read before a run that was killed is shown.
SEGMENT = 131_072
_BUSY_SECONDS = 2.0
_ROWS_AT_ONCE = 8  # so that who appends is not kept waiting
_INSERT_CHUNK = "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?)"
_INSERT_OUTLINE = "INSERT INTO outlines VALUES (?, ?, ?, ?, ?, ?)"
_Row = tuple[Any, ...]


class Compaction(threading.Thread):
    """Makes a segment of `batches`, which are in the file. `counts` is None if that failed.

    `n_by_series` says how many points of each curve are in segments before it, and `counts` after.
    Until its last step nothing that it writes counts, so that it may be killed at any moment.
    """

    def __init__(
        self, path: Path, batches: Sequence[MetricBatch], n_by_series: dict[int, int]
    ) -> None:
        super().__init__(name="eqxviz-segments", daemon=True)
        self.n_batches = len(batches)
        self.counts: dict[int, int] | None = None
        self._path = path
        self._batches = batches
        self._before = n_by_series

    def run(self) -> None:
        """Make the segment."""
        try:
            with connected(self._path, "rw", _BUSY_SECONDS) as connection:
                counts = make_segment(connection, self._batches, self._before)
                connection.close()
        except sqlite3.Error:  # there is no room, say: the batches stay as they are
            return
        self.counts = counts


def make_segment(
    connection: sqlite3.Connection, batches: Sequence[MetricBatch], n_by_series: dict[int, int]
) -> dict[int, int]:
    """Make a segment of the oldest batches in a file, and return the counts of points after it.

    Raises:
        sqlite3.Error: If it cannot be written; then the batches are as they were.
    """
    first_sequence, counts = batches[0].first_sequence, dict(n_by_series)
    keys, chunks = _chunks(batches, counts)
    with connection:  # what is left of an attempt that was cut off
        for table in ("chunks", "outlines"):
            connection.execute(f"DELETE FROM {table} WHERE segment >= ?", (first_sequence,))
    rows = [
        (sql, row)
        for id, first, points in chunks
        for sql, row in _rows(first_sequence, id, first, points)
    ]
    for at in range(0, len(rows), _ROWS_AT_ONCE):
        with connection:
            for sql, row in rows[at : at + _ROWS_AT_ONCE]:
                connection.execute(sql, row)
    n = len(keys)
    with connection:
        connection.execute(
            "INSERT INTO segments VALUES (?, ?, ?)",
            (first_sequence, n, kept_points.as_bytes(keys, keys.dtype)),
        )
        connection.execute("DELETE FROM metrics WHERE first_sequence < ?", (first_sequence + n,))
    return counts


def make_segments(connection: sqlite3.Connection) -> None:
    """Make segments of all batches in a file that nobody appends to, but for some last ones.

    Raises:
        sqlite3.Error: If it cannot be written; the batches that are left are as they were.
    """
    counts = kept_points.counts(connection)
    batches: list[MetricBatch] = []
    for first, *columns in kept_points.replayed(
        connection, kept_points.compacted_up_to(connection)
    ):
        batches.append(MetricBatch(first, (), *columns))
        if sum(len(batch.series) for batch in batches) >= SEGMENT:
            counts = make_segment(connection, batches, counts)
            batches = []


def _chunks(
    batches: Sequence[MetricBatch], counts: dict[int, int]
) -> tuple[np.ndarray[Any, Any], list[tuple[int, int, Points]]]:
    """Return which curve each point is of, and for each curve its first number and its points."""
    columns = zip(*(kept_points.columns_of(batch) for batch in batches), strict=True)
    series, steps, seconds, values = (np.concatenate(column) for column in columns)
    # Numbers of 16 bits are sorted by their digits: ten times as fast.
    keys = series.astype(np.uint16) if int(series.max()) < 1 << 16 else series.astype(np.uint32)
    order = np.argsort(keys, kind="stable")
    ids, starts = np.unique(keys[order], return_index=True)
    whole = Points._make(column[order] for column in (steps, seconds, values))
    chunks: list[tuple[int, int, Points]] = []
    for id, start, stop in zip(ids.tolist(), starts, [*starts, len(keys)][1:], strict=True):
        points = whole.part(start, stop)
        first = counts.get(id, 0)
        chunks.append((id, first, points))
        counts[id] = first + points.n
    return keys if int(keys.max()) >= 1 << 8 else keys.astype(np.uint8), chunks


def _rows(segment: int, series: int, first: int, points: Points) -> Iterator[tuple[str, _Row]]:
    blobs = (little(column).tobytes() for column in points)
    yield _INSERT_CHUNK, (segment, series, first, points.n, *blobs)
    blocks = Blocks.single(points).merged(starts_of(first, points.n, BLOCK))
    summary = kept_points.SUMMARY.pack(*Summary.of(points))
    yield _INSERT_OUTLINE, (segment, series, first, points.n, summary, blocks.to_bytes())
