"""A matrix divided into blocks, and what each of them holds."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Cells(NamedTuple):
    """What the blocks of a matrix hold, row by row; `total`, `low` and `high` of finite ones."""

    total: NDArray[np.float64]
    n: NDArray[np.int64]
    low: NDArray[Any]
    high: NDArray[Any]
    n_nan: NDArray[np.int64]
    n_inf: NDArray[np.int64]


def as_matrix(window: Any, row_axis: int, column_axis: int) -> Any:
    """Return an array that is of length 1 along all but two axes as rows and columns.

    An axis of -1 is none: there is one row, or one column, then.
    """
    shape = window.shape
    if row_axis > column_axis >= 0:
        others = [axis for axis in range(len(shape)) if axis not in (row_axis, column_axis)]
        window = window.transpose([row_axis, column_axis, *others])
    n_rows = shape[row_axis] if row_axis >= 0 else 1
    n_columns = shape[column_axis] if column_axis >= 0 else 1
    return window.reshape(n_rows, n_columns)


def cells_of(values: NDArray[Any], offset: tuple[int, int], block: tuple[int, int]) -> Cells:
    """Return the cells of a matrix of float32 or float64.

    Blocks are of `block` rows and columns; `offset` elements of the first ones lie before `values`.
    """
    starts = [
        [0, *range(size - before, n, size)]
        for before, n, size in zip(offset, values.shape, block, strict=True)
    ]

    def blocks(kind: np.ufunc, elements: NDArray[Any], dtype: Any = None) -> NDArray[Any]:
        # Down first, over whole rows, which is quick; what is left is small.
        down = _reduced(kind, elements, starts[0], block[0], dtype)
        return down if block[1] == 1 else kind.reduceat(down, starts[1], axis=1, dtype=dtype)

    heights = np.diff(starts[0], append=len(values))
    sizes = np.outer(heights, np.diff(starts[1], append=values.shape[1]))
    total = blocks(np.add, values)
    if np.isfinite(total).all():
        none = np.zeros_like(sizes)
        low, high = blocks(np.minimum, values), blocks(np.maximum, values)
        return Cells(total, sizes, low, high, none, none)
    # NaN, infinities, or sums that are too large for float32.
    finite = np.isfinite(values)
    n_finite = blocks(np.add, finite, np.int64)
    n_nan = blocks(np.add, np.isnan(values), np.int64)
    return Cells(
        blocks(np.add, np.where(finite, values, 0), np.float64),
        n_finite,
        blocks(np.minimum, np.where(finite, values, np.inf)),
        blocks(np.maximum, np.where(finite, values, -np.inf)),
        n_nan,
        sizes - n_finite - n_nan,
    )


def _reduced(
    kind: np.ufunc, elements: NDArray[Any], starts: list[int], block: int, dtype: Any
) -> NDArray[Any]:
    """Return `elements` with the rows of each block, which begin at `starts`, made one."""
    if block == 1:
        return elements if dtype is None else elements.astype(dtype)
    if len(starts) == 1:
        return kind.reduce(elements, axis=0, dtype=dtype)[None]
    if len(starts) * block == len(elements):  # which NumPy does several times faster
        stacked = elements.reshape(len(starts), block, elements.shape[1])
        return kind.reduce(stacked, axis=1, dtype=dtype)
    return kind.reduceat(elements, starts, axis=0, dtype=dtype)
