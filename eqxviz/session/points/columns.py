"""Columns of numbered rows, which come at the end and may go at the start."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_LEAST_ROOM = 64


class Columns:
    """Columns of one length; `start` is the number of the first row that is held.

    One thread changes it. Others may read it meanwhile: what `rows` has returned stays as it is.
    """

    def __init__(self, dtypes: Sequence[DTypeLike], start: int = 0) -> None:
        empty = tuple(np.empty(_LEAST_ROOM, dtype) for dtype in dtypes)
        # The number of the first row, of rows, and the room: replaced together.
        self._state: tuple[int, int, tuple[NDArray[Any], ...]] = (start, 0, empty)

    @property
    def start(self) -> int:
        """The number of the first row that is held."""
        return self._state[0]

    @property
    def stop(self) -> int:
        """The number of the row that comes next."""
        return self._state[0] + self._state[1]

    def __len__(self) -> int:
        return self._state[1]

    def extend(self, columns: Sequence[NDArray[Any]]) -> None:
        """Append rows."""
        start, n_before, room = self._state
        n = n_before + len(columns[0])
        if n > len(room[0]):
            room = tuple(_grown(column, n_before, n) for column in room)
        for column, new in zip(room, columns, strict=True):
            column[n_before:n] = new
        self._state = start, n, room

    def drop_before(self, number: int) -> None:
        """Forget the rows before `number`."""
        start, n, room = self._state
        n_gone = min(max(number - start, 0), n)
        if n_gone:
            left = tuple(column[n_gone:n].copy() for column in room)
            self._state = start + n_gone, n - n_gone, left

    def rows(self, first: int, stop: int) -> tuple[NDArray[Any], ...]:
        """Return the rows from number `first` up to `stop`, as far as they are held; as views."""
        start, n, room = self._state
        part = slice(max(first - start, 0), max(min(stop - start, n), 0))
        return tuple(column[part] for column in room)


def _grown(column: NDArray[Any], n_before: int, n: int) -> NDArray[Any]:
    # By half: a doubled one would be empty for the most part while memory is to stay flat.
    room = np.empty(max(n, len(column) + len(column) // 2), column.dtype)
    room[:n_before] = column[:n_before]
    return room
