"""Where the time and the memory of a run are, looked at about once a second."""

import math
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from eqxviz.analysis import compat
from eqxviz.capturing.observer import Observer
from eqxviz.capturing.waiting import Waits
from eqxviz.records import DeviceMemory, Record, SystemSample

# Listing the live arrays takes some microseconds for each, with Python held up meanwhile: it is
# done so rarely that it takes no larger share of the time than this.
_LISTING_SHARE = 0.001
_MOST_GROUPS = 64


class _Live(NamedTuple):
    """The live arrays, as they were when they were last listed."""

    aval: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    n_bytes: tuple[int, ...] = ()
    n: int = 0
    n_bytes_in_all: int = 0


class System:
    """Takes samples, in the recorder's thread. No backend comes to be by that."""

    def __init__(self, observer: Observer, waits: Waits | None) -> None:
        self._observer = observer
        self._waits = waits
        self._live = _Live()
        self._listing_due = 0.0

    def sample(self) -> list[Record]:
        """Return a sample, or nothing before the first call has come to its end."""
        observer = self._observer
        if not observer.device:
            return []  # whether there is a backend is not known
        rows = list(observer.functions)
        self._list_live()
        live = self._live
        return [
            SystemSample(
                observer.gate.clock.elapsed(),
                observer.step,
                sum(row.seconds for row in rows),
                observer.compile_seconds,
                self._waits.seconds if self._waits is not None else math.nan,
                resident_bytes(),
                tuple(_memories(jax.local_devices())),
                live.aval,
                np.array(live.counts, np.int64),
                np.array(live.n_bytes, np.int64),
                live.n,
                live.n_bytes_in_all,
                observer.first_call_seconds,
            )
        ]

    def _list_live(self) -> None:
        start = time.perf_counter()
        if start < self._listing_due:
            return
        self._live = _grouped(jax.live_arrays())
        stop = time.perf_counter()
        self._listing_due = stop + (stop - start) / _LISTING_SHARE


def resident_bytes() -> int:
    """Return the memory that this process takes up, -1 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_bytes().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return -1


def _memories(devices: Iterable[Any]) -> Iterable[DeviceMemory]:
    """Yield the memory of each device that tells of it: those of a CPU do not."""
    for device in devices:
        try:
            stats = device.memory_stats()
        except (RuntimeError, NotImplementedError):  # as jaxlib has it for what a backend lacks
            stats = None
        if stats:
            sizes = (stats.get(k, -1) for k in ("bytes_in_use", "peak_bytes_in_use", "bytes_limit"))
            yield DeviceMemory(f"{device.platform}:{device.id}", *map(int, sizes))


def _grouped(arrays: Iterable[Any]) -> _Live:
    """Return the arrays by shape and dtype, those first that take up most."""
    counts: dict[Any, int] = {}
    for each in arrays:
        aval = each.aval
        counts[aval] = counts.get(aval, 0) + 1
    groups: dict[str, tuple[int, int]] = {}  # some types differ in what is not seen
    for aval, n in counts.items():
        size = compat.extent_of(aval).n_bytes
        text = compat.aval_text(aval)
        before, n_bytes = groups.get(text, (0, 0))
        groups[text] = before + n, n_bytes + (int(n * size) if math.isfinite(size) else 0)
    largest = sorted(groups.items(), key=lambda group: -group[1][1])
    shown = largest[:_MOST_GROUPS]
    return _Live(
        tuple(text for text, _ in shown),
        tuple(n for _, (n, _) in shown),
        tuple(n_bytes for _, (_, n_bytes) in shown),
        sum(n for n, _ in groups.values()),
        sum(n_bytes for _, n_bytes in groups.values()),
    )
