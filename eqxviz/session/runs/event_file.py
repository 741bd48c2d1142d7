"""TensorBoard's event files: each point a record of its own, made thousands at a time.

A record is its length, a checksum of that, the event, and a checksum of the event. The event is a
protocol buffer: wall time (1, double), step (2, varint), summary (5) with one value (1), which has
a tag (1) and a number (2, float).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from eqxviz.session.runs.points import Stretch

_Bytes = NDArray[np.uint8]
_MASK_DELTA = np.uint32(0xA282EAD8)
_VERSION = b"brain.Event:2"
_FLUSHED = 65_536  # points of one curve


class EventWriter:
    """Turns stretches of curves into the bytes of one event file; `started` dates its points."""

    def __init__(self, started: float) -> None:
        self._started = started
        self._waiting: dict[str, list[Stretch]] = {}

    def head(self) -> bytes:
        """Return what a file begins with."""
        event = b"\x09" + np.float64(self._started).tobytes() + b"\x1a" + _sized(_VERSION)
        return _records(np.frombuffer(event, np.uint8)[None])

    def add(self, stretch: Stretch) -> Iterator[bytes]:
        """Take points in, and yield the bytes of those that are due."""
        waiting = self._waiting.setdefault(stretch.series.name, [])
        waiting.append(stretch)
        if sum(len(part.step) for part in waiting) >= _FLUSHED:
            yield from self._flush(stretch.series.name)

    def rest(self) -> Iterator[bytes]:
        """Yield the bytes of what still waits."""
        for name in list(self._waiting):
            yield from self._flush(name)

    def _flush(self, name: str) -> Iterator[bytes]:
        waiting = self._waiting.pop(name)
        step = np.concatenate([part.step for part in waiting])
        wall_time = np.concatenate([part.seconds for part in waiting]) + self._started
        value = np.concatenate([part.value for part in waiting])
        widths = varint_widths(step)
        # Records of one length are made together.
        ends = [*(np.flatnonzero(np.diff(widths)) + 1).tolist(), len(step)]
        first = 0
        for end in ends:
            part = slice(first, end)
            width = int(widths[first])
            yield _records(_events(name, step[part], wall_time[part], value[part], width))
            first = end


def varint_widths(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many bytes each number takes as a varint; below zero it is ten."""
    edges = np.array([1 << (7 * k) for k in range(1, 9)], np.int64)
    widths = np.searchsorted(edges, numbers, "right") + 1
    return np.where(numbers < 0, 10, widths)


def crc32c(rows: _Bytes) -> NDArray[np.uint32]:
    """Return the CRC-32C (Castagnoli) of each row."""
    crc = np.full(len(rows), 0xFFFFFFFF, np.uint32)
    for column in rows.T:
        crc = _TABLE[(crc ^ column) & np.uint32(0xFF)] ^ (crc >> np.uint32(8))
    return ~crc


def _events(
    name: str,
    step: NDArray[np.int64],
    wall_time: NDArray[np.float64],
    value: NDArray[np.float64],
    width: int,
) -> _Bytes:
    """Return an event a row; the steps take `width` bytes each."""
    head = b"\x0a" + _sized(name.encode()) + b"\x15"  # then four bytes of a float
    value_size = len(head) + 4
    before = b"\x0a" + _varint(value_size) + head
    summary = b"\x2a" + _varint(len(before) + 4) + before
    rows = np.empty((len(step), 9 + 1 + width + len(summary) + 4), np.uint8)
    rows[:, 0] = 0x09
    rows[:, 1:9] = _as_bytes(wall_time, "<f8")
    rows[:, 9] = 0x10
    left = step.astype(np.uint64)
    for at in range(width):
        more = 0x80 if at < width - 1 else 0
        rows[:, 10 + at] = (left & np.uint64(0x7F)).astype(np.uint8) | np.uint8(more)
        left = left >> np.uint64(7)
    rows[:, 10 + width : -4] = np.frombuffer(summary, np.uint8)
    with np.errstate(over="ignore"):  # beyond float32 it is infinite
        rows[:, -4:] = _as_bytes(value, "<f4")
    return rows


def _records(events: _Bytes) -> bytes:
    """Return the records of events of one length."""
    n, size = events.shape
    length = np.frombuffer(np.uint64(size).astype("<u8").tobytes(), np.uint8)
    rows = np.empty((n, 12 + size + 4), np.uint8)
    rows[:, :8] = length
    rows[:, 8:12] = _as_bytes(_masked(crc32c(length[None])), "<u4")
    rows[:, 12:-4] = events
    rows[:, -4:] = _as_bytes(_masked(crc32c(events)), "<u4")
    return rows.tobytes()


def _masked(crc: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return ((crc >> np.uint32(15)) | (crc << np.uint32(17))) + _MASK_DELTA


def _as_bytes(column: NDArray[np.generic], dtype: str) -> _Bytes:
    made = np.ascontiguousarray(column.astype(dtype))
    return made.view(np.uint8).reshape(len(column), -1)


def _sized(text: bytes) -> bytes:
    return _varint(len(text)) + text


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def _table() -> NDArray[np.uint32]:
    table = np.arange(256, dtype=np.uint32)
    for _bit in range(8):
        odd = (table & np.uint32(1)).astype(np.bool_)
        table = np.where(
            odd, (table >> np.uint32(1)) ^ np.uint32(0x82F63B78), table >> np.uint32(1)
        )
    return table


_TABLE = _table()
