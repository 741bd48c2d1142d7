"""The copy, kept here, of a run that goes on elsewhere."""

import fcntl
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from eqxviz.records import REPLACED, MetricBatch, Problem, Record, Severity, Watch
from eqxviz.store import RunStore, StoreError
from eqxviz.store.run_reader import FILE_NAME
from eqxviz.store.summary import Labels

_LEAVING_SECONDS = 1.0


class Mirror:
    """Keeps each record before it is shown, and knows what is still missing.

    Connections may end anywhere: what comes twice is dropped, and nothing is left out. When it
    cannot be written, what comes is shown all the same, and a `Problem` tells of it once. Of
    several processes that watch the same run, the first one keeps it.
    """

    def __init__(self, folder: Path, script: str, python: str, name: str = "") -> None:
        self.folder = folder
        self._script = script
        self._python = python
        self._name = name
        self._store: RunStore | None = None
        self._lock = -1  # the folder, held against others while it is open
        self._next_sequence = 0
        self._n_records = 0

    def kept(self) -> Iterator[Record]:
        """Yield what earlier connections have left; to be called first."""
        is_ours = self._take()
        try:
            if is_ours and not (self.folder / FILE_NAME).exists():
                self._store = RunStore.create(
                    self.folder, self._script, (), self._python, is_copy=True
                )
                Labels(name=self._name).write(self.folder)
                return
            self._store = RunStore.open(self.folder)
            for _, record in self._store.records_after(0):
                self._n_records += 1
                yield record
            for batch in self._store.metrics():
                self._next_sequence = batch.first_sequence + len(batch.series)
                yield batch
            yield from self._store.newest()
            if not is_ours:
                self.close()
                yield _kept_by_another()
        except StoreError as error:
            self._store = None
            yield self._unkept(error)

    def watch(self) -> Watch:
        """Return the request for all that is missing."""
        return Watch(self._next_sequence, self._n_records)

    def keep(self, record: Record) -> Iterator[Record]:
        """Keep `record`, and yield what of it is news."""
        if isinstance(record, MetricBatch):
            record = self._fresh(record)
            if not len(record.series):
                return
        try:
            if self._store is not None:
                self._store.append(record)
        except StoreError as error:
            self._store = None  # a gap would take the order from what follows
            yield self._unkept(error)
        if isinstance(record, MetricBatch):
            self._next_sequence = record.first_sequence + len(record.series)
        elif not isinstance(record, REPLACED):
            self._n_records += 1
        yield record

    def close(self) -> None:
        """Keep no more."""
        if self._store is not None:
            self._store.close()
            self._store = None
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _take(self) -> bool:
        """Return whether it is for this one to keep the run: no other does.

        One that has just been left is waited for.
        """
        deadline = time.monotonic() + _LEAVING_SECONDS
        while True:
            try:
                if self._lock < 0:
                    self._lock = os.open(self.folder, os.O_RDONLY)
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(0.02)
            except OSError:
                return True  # no folder, as the store will tell; or a file system without locks
            else:
                return True

    def _fresh(self, batch: MetricBatch) -> MetricBatch:
        """Return the part of `batch` that has not come before."""
        n_known = self._next_sequence - batch.first_sequence
        if n_known <= 0:
            return batch
        rows = slice(n_known, None)
        return replace(
            batch,
            first_sequence=batch.first_sequence + min(n_known, len(batch.series)),
            series=batch.series[rows],
            step=batch.step[rows],
            seconds=batch.seconds[rows],
            value=batch.value[rows],
        )

    def _unkept(self, error: StoreError) -> Problem:
        return Problem(
            "store-failed",
            Severity.WARNING,
            "The run is not being kept on this machine",
            str(error),
            "It is kept where it runs. Attach again when there is room, and the rest is fetched.",
        )


def _kept_by_another() -> Problem:
    return Problem(
        "kept-by-another",
        Severity.NOTE,
        "The run is kept by another window",
        "That one has attached to it before, from this machine.",
        "If it is closed before the run has ended, attach here again: then the rest is kept, too.",
    )
