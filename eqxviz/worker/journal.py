"""Everything a run has told, in order: committed to the store, then given to whoever follows."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from eqxviz.capturing.interrupts import interrupts_held
from eqxviz.records import REPLACED, MetricBatch, Problem, Record, Severity
from eqxviz.store import RunStore, StoreError

# What is kept in memory for those who keep up; the slow are served from the store.
_TAIL_BATCHES = 256
_TAIL_POINTS = 1 << 17
_TAIL_RECORDS = 1024
_TAIL_BYTES = 8 << 20  # of the arrays and texts in them
# After a store could not be written it is tried again so much later, and each time twice that.
_RETRY_SECONDS = 0.25
_MOST_RETRY_SECONDS = 5.0
_WRITTEN_AT_ONCE = 1000  # records, of those that had to wait


@dataclass
class Cursor:
    """How far one follower has read."""

    sequence: int  # the next metric point
    record: int = 0  # the id of the last record
    newest: dict[type[Record], int] = field(default_factory=dict)


class Journal:
    """The records of a run. Safe from several threads.

    When the store cannot be made or written, everything is kept in memory and it is tried again
    every few seconds; the run goes on, and a `Problem` tells of it once, and another of its end.
    """

    def __init__(self, folder: Path, make_store: Callable[[], RunStore]) -> None:
        self._folder = folder
        self._make_store = make_store
        self._store: RunStore | None = None
        self._forgotten: RunStore | None = None
        self._lock = threading.Lock()
        self._batches: deque[MetricBatch] = deque()
        self._n_tail_points = 0
        self._records: deque[tuple[int, Record]] = deque()
        self._sizes: deque[int] = deque()  # of those, in bytes
        self._n_tail_bytes = 0
        self._newest: dict[type[Record], tuple[int, Record]] = {}
        self._unstored: list[Record] = []
        self._n_records = 0
        self._n_newest = 0
        self._retry: threading.Timer | None = None  # while the store cannot be written
        self._retry_seconds = _RETRY_SECONDS
        self._is_closed = False
        self._listeners: list[Callable[[], None]] = []
        self.append([])  # who follows, or lists runs, finds a store

    def append(self, records: Sequence[Record]) -> None:
        """Commit `records`, then tell the followers."""
        with interrupts_held():
            with self._lock:
                self._remember(records)
                if self._retry is None:
                    self._commit()
            self._tell()

    def listen(self, tell: Callable[[], None]) -> None:
        """Call `tell` after each append. It must not block."""
        with self._lock:
            self._listeners.append(tell)

    def unlisten(self, tell: Callable[[], None]) -> None:
        """Call `tell` no more."""
        with self._lock:
            if tell in self._listeners:
                self._listeners.remove(tell)

    def after(self, cursor: Cursor) -> Iterator[Record]:
        """Yield what `cursor` has not seen yet, and move it along."""
        with self._lock:
            is_far_back = self._is_far_back(cursor)
        if is_far_back:
            yield from self._stored_after(cursor)
        with self._lock:
            fresh = self._kept_after(cursor)
        yield from fresh

    def forget(self) -> None:
        """Write no more, in a child after a fork.

        The store stays open here: closing it would meddle with the parent's.
        """
        self._forgotten, self._store = self._store, None
        self._is_closed = True
        self._listeners.clear()

    def close(self) -> None:
        """Write what could not be written before, if that goes now, and close the store."""
        with self._lock:
            if self._retry is not None:
                self._retry.cancel()
                self._commit()
            self._is_closed = True
            if self._retry is not None:
                self._retry.cancel()
            if self._store is not None:
                self._store.close()
                self._store = None

    def _tell(self) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for tell in listeners:
            tell()

    def _remember(self, records: Sequence[Record]) -> None:
        for record in records:
            if isinstance(record, MetricBatch):
                self._batches.append(record)
                self._n_tail_points += len(record.series)
            elif isinstance(record, REPLACED):
                self._n_newest += 1
                self._newest[type(record)] = self._n_newest, record
            else:
                self._n_records += 1
                self._records.append((self._n_records, record))
                self._sizes.append(_n_bytes(record))
                self._n_tail_bytes += self._sizes[-1]
        self._unstored += records

    def _commit(self) -> None:
        """Write what is not written yet; where that fails, see to it that it is tried again."""
        if self._is_closed:
            return
        try:
            if self._store is None:
                self._store = self._make_store()
            while self._unstored:
                self._store.append(*self._unstored[:_WRITTEN_AT_ONCE])
                del self._unstored[:_WRITTEN_AT_ONCE]
        except StoreError as error:
            if self._retry is None:
                self._remember([_unwritable(error)])
            self._retry = threading.Timer(self._retry_seconds, self._try_again)
            self._retry.daemon = True
            self._retry.start()
            self._retry_seconds = min(2 * self._retry_seconds, _MOST_RETRY_SECONDS)
            return
        if self._retry is not None:
            self._retry, self._retry_seconds = None, _RETRY_SECONDS
            self._remember([_written_again()])
            self._commit()
        self._drop_tail()

    def _try_again(self) -> None:
        with self._lock:
            if self._retry is not None:
                self._commit()
        self._tell()

    def _drop_tail(self) -> None:
        """Forget what is in the store and old: also where one is as large as many."""
        batches = self._batches
        while len(batches) > _TAIL_BATCHES or (
            self._n_tail_points > _TAIL_POINTS and len(batches) > 1
        ):
            self._n_tail_points -= len(batches.popleft().series)
        while len(self._records) > _TAIL_RECORDS or (
            self._n_tail_bytes > _TAIL_BYTES and len(self._records) > 1
        ):
            self._records.popleft()
            self._n_tail_bytes -= self._sizes.popleft()

    def _is_far_back(self, cursor: Cursor) -> bool:
        """Whether something that `cursor` wants is in the store only."""
        n_kept = len(self._records)
        lacks_records = cursor.record < self._n_records - n_kept
        first_kept = self._batches[0].first_sequence if self._batches else 0
        return lacks_records or cursor.sequence < first_kept

    def _stored_after(self, cursor: Cursor) -> Iterator[Record]:
        # A connection of its own: SQLite's belong to one thread.
        with RunStore.open(self._folder) as store:
            for id, record in store.records_after(cursor.record):
                cursor.record = id
                yield record
            for batch in store.metrics(cursor.sequence):
                cursor.sequence = batch.first_sequence + len(batch.series)
                yield batch

    def _kept_after(self, cursor: Cursor) -> list[Record]:
        fresh = [record for id, record in self._records if id > cursor.record]
        cursor.record = self._n_records
        for batch in self._batches:
            stop = batch.first_sequence + len(batch.series)
            if stop > cursor.sequence:
                fresh.append(batch)
                cursor.sequence = stop
        # In the order that they were told: what goes with the end of a run comes before it.
        for kind, (version, record) in sorted(self._newest.items(), key=lambda item: item[1][0]):
            if cursor.newest.get(kind, 0) < version:
                cursor.newest[kind] = version
                fresh.append(record)
        return fresh


def _n_bytes(value: object) -> int:
    """Return what the arrays and texts in `value`, a record or a part of one, take."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, (str, bytes)):
        return len(value)
    if isinstance(value, tuple):
        return sum(map(_n_bytes, value))
    if isinstance(value, Record):
        return sum(map(_n_bytes, vars(value).values()))
    return 0


def _unwritable(error: StoreError) -> Problem:
    return Problem(
        "store-failed",
        Severity.WARNING,
        "The run is not being kept on disk",
        str(error),
        "The run goes on, and its curves are kept in memory until the store can be written again.",
    )


def _written_again() -> Problem:
    return Problem(
        "store-works",
        Severity.NOTE,
        "The run is being kept on disk again",
        "What was kept in memory meanwhile has been written; nothing is missing.",
        "There is nothing to do.",
    )
