"""Columns of texts and shapes: many small values in two arrays."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.codec import CodecError, Record, record


def check_offsets(offsets: NDArray[np.uint32], n_items: int, name: str) -> None:
    """Raise `CodecError` unless `offsets` rises from 0 to `n_items`."""
    if offsets.ndim != 1 or len(offsets) == 0 or offsets[0] != 0 or offsets[-1] != n_items:
        raise CodecError(f"{name}.offsets must run from 0 to {n_items}")
    if np.any(offsets[1:] < offsets[:-1]):
        raise CodecError(f"{name}.offsets must never fall")


def check_ids(ids: NDArray[np.int32], n_items: int, name: str) -> None:
    """Raise `CodecError` unless every id lies in `-1 .. n_items - 1`."""
    if ids.ndim != 1:
        raise CodecError(f"{name} must be one column, not of shape {ids.shape}")
    if len(ids) and (int(ids.min()) < -1 or int(ids.max()) >= n_items):
        raise CodecError(f"{name} holds an id outside -1 .. {n_items - 1}")


def check_lengths(columns: dict[str, int], name: str) -> None:
    """Raise `CodecError` unless all of `columns` (name to length) have one length."""
    if len(set(columns.values())) > 1:
        raise CodecError(f"the columns of {name} differ in length: {columns}")


@record
class Strings(Record):
    """A column of texts, UTF-8."""

    data: NDArray[np.uint8]
    offsets: NDArray[np.uint32]

    @staticmethod
    def of(texts: Iterable[str]) -> "Strings":
        """Return the column of `texts`, in order."""
        encoded = [t.encode("utf-8", "replace") for t in texts]
        offsets = np.zeros(len(encoded) + 1, np.uint32)
        np.cumsum([len(e) for e in encoded], out=offsets[1:]) if encoded else None
        return Strings(np.frombuffer(b"".join(encoded), np.uint8), offsets)

    def check(self) -> None:
        check_offsets(self.offsets, len(self.data), "Strings")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def after(self, n: int) -> "Strings":
        """Return the texts but for the first `n`."""
        return Strings(*_after(self.data, self.offsets, n))

    def __getitem__(self, index: int) -> str:
        """Return text `index`; "" for -1, which means none."""
        if index < 0:
            return ""
        start, stop = int(self.offsets[index]), int(self.offsets[index + 1])
        return self.data[start:stop].tobytes().decode("utf-8", "replace")


@record
class Shapes(Record):
    """A column of array shapes."""

    dims: NDArray[np.int64]
    offsets: NDArray[np.uint32]

    @staticmethod
    def of(shapes: Sequence[Sequence[int]]) -> "Shapes":
        """Return the column of `shapes`, in order."""
        offsets = np.zeros(len(shapes) + 1, np.uint32)
        np.cumsum([len(s) for s in shapes], out=offsets[1:]) if shapes else None
        return Shapes(np.array([n for s in shapes for n in s], np.int64), offsets)

    def check(self) -> None:
        check_offsets(self.offsets, len(self.dims), "Shapes")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def after(self, n: int) -> "Shapes":
        """Return the shapes but for the first `n`."""
        return Shapes(*_after(self.dims, self.offsets, n))

    def __getitem__(self, index: int) -> tuple[int, ...]:
        start, stop = int(self.offsets[index]), int(self.offsets[index + 1])
        return tuple(int(n) for n in self.dims[start:stop])


def _after(
    items: NDArray[Any], offsets: NDArray[np.uint32], n: int
) -> tuple[NDArray[Any], NDArray[np.uint32]]:
    return items[int(offsets[n]) :], offsets[n:] - offsets[n]


class Column:
    """A column that only grows. Views of it stay valid, and cost nothing.

    When its room is used up, it becomes so many times as large.
    """

    def __init__(self, start: NDArray[Any], times_as_large: float = 2.0) -> None:
        self._data = start  # never written to: what is added makes new room
        self._n = len(start)
        self._times_as_large = times_as_large

    def __len__(self) -> int:
        return self._n

    def extend(self, more: NDArray[Any]) -> None:
        """Append `more`, converted to the column's dtype."""
        if not len(more):
            return
        n = self._n + len(more)
        if n > len(self._data):
            # Memory beyond the rows is not touched, hence not taken.
            room = max(n, int(self._times_as_large * len(self._data)), 1024)
            data = np.empty(room, self._data.dtype)
            data[: self._n] = self._data[: self._n]
            self._data = data
        self._data[self._n : n] = more
        self._n = n

    def view(self) -> NDArray[Any]:
        """Return the rows that there are now, read-only."""
        view = self._data[: self._n]
        view.flags.writeable = False
        return view


class Interner:
    """Collects texts once each, and gives their ids; `strings()` is the column."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        """Return the id of `text`."""
        return self._ids.setdefault(text, len(self._ids))

    def texts(self) -> list[str]:
        """Return all texts so far, by id."""
        return list(self._ids)

    def strings(self) -> Strings:
        """Return the column of all texts so far, by id."""
        return Strings.of(self._ids)
