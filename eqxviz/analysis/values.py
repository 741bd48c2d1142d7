"""The values of one node: printed, counted, and drawn small."""

import itertools
import math
from collections.abc import Iterator
from typing import Any, cast

import jax
import numpy as np
from numpy.typing import NDArray

from eqxviz.analysis import compat
from eqxviz.analysis.leaves import is_array, is_deleted
from eqxviz.analysis.short_text import array_text, short_text
from eqxviz.records import ValueSummary

MAX_TEXT = 2000
_MAX_PRINTED = 500
MAX_BINS = 64
MAX_TILE = 64
# Read at a time, so that a huge array never has a float64 copy: 4 MiB each.
_CHUNK = 1 << 19


def value_summary(obj: Any, revision: int, node: int) -> ValueSummary:
    """Return the statistics of an array, or the text of any other object.

    An array is read once from its device. What cannot be read (a donated array, a tracer, a
    description without values) is answered by a text that says so.
    """
    if isinstance(obj, float) or (isinstance(obj, int) and abs(obj) < 1 << 1000):
        return _of_numbers(np.asarray(float(obj)), repr(obj), revision, node)
    if not is_array(obj):
        return _text_only(_object_text(obj), 0, revision, node)
    array = cast(Any, obj)
    size = math.prod(array.shape)
    reason = _unreadable(array)
    if reason:
        return _text_only(f"{array_text(obj)}: {reason}", size, revision, node)
    if isinstance(obj, jax.Array) and compat.is_key_dtype(obj.dtype):
        data = np.asarray(jax.random.key_data(obj))
        text = f"{array_text(obj)}, PRNG keys. Their data:\n{_array_text(data)}"
        return _text_only(text, size, revision, node)
    values = np.asarray(obj)
    return _of_numbers(values, _array_text(values), revision, node)


def _unreadable(obj: Any) -> str:
    """Return why the values of an array cannot be read, "" if they can."""
    if isinstance(obj, jax.ShapeDtypeStruct):
        return "a description of an array; it has no values."
    if compat.is_tracer(obj):
        return "traced; it has no values while its function is being traced."
    if is_deleted(obj):
        return (
            "the array was donated to a jitted call, or deleted; its values are gone. "
            "Look at what the call returned instead."
        )
    if isinstance(obj, jax.Array) and not obj.is_fully_addressable:
        return "a part of the array lives in another process; its values cannot be read here."
    return ""


def _text_only(text: str, size: int, revision: int, node: int) -> ValueSummary:
    nan = math.nan
    return ValueSummary(
        revision=revision,
        node=node,
        text=text[:MAX_TEXT],
        size=size,
        n_nan=0,
        n_inf=0,
        n_zero=0,
        minimum=nan,
        maximum=nan,
        mean=nan,
        std=nan,
        histogram=np.zeros(0, np.int64),
        edges=np.zeros(0, np.float64),
        tile=np.zeros((0, 0), np.float32),
    )


def _of_numbers(values: NDArray[Any], text: str, revision: int, node: int) -> ValueSummary:
    flat = values.reshape(-1)
    counts = _Moments()
    for chunk in _chunks(flat):
        counts.add(chunk)
    histogram, edges = _histogram(flat, counts)
    return ValueSummary(
        revision=revision,
        node=node,
        text=text[:MAX_TEXT],
        size=int(values.size),
        n_nan=counts.n_nan,
        n_inf=counts.n_inf,
        n_zero=counts.n_zero,
        minimum=counts.minimum if counts.n else math.nan,
        maximum=counts.maximum if counts.n else math.nan,
        mean=counts.mean if counts.n else math.nan,
        std=math.sqrt(counts.squares / counts.n) if counts.n else math.nan,
        histogram=histogram,
        edges=edges,
        tile=_tile(values),
    )


def _chunks(flat: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
    for start in range(0, len(flat), _CHUNK):
        yield _real(flat[start : start + _CHUNK])


def _real(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return numbers of any dtype as float64: complex ones by their size."""
    if values.dtype.kind == "c":
        return np.abs(values).astype(np.float64)
    return values.astype(np.float64)


class _Moments:
    """Counts, extremes, mean and sum of squared deviations of the finite elements so far."""

    def __init__(self) -> None:
        self.n = self.n_nan = self.n_inf = self.n_zero = 0
        self.minimum, self.maximum = math.inf, -math.inf
        self.mean = self.squares = 0.0

    def add(self, values: NDArray[np.float64]) -> None:
        """Take in one chunk (Chan's formula, which adds no rounding of its own)."""
        finite = values[np.isfinite(values)]
        n_nan = int(np.count_nonzero(np.isnan(values)))
        self.n_nan += n_nan
        self.n_inf += len(values) - len(finite) - n_nan
        self.n_zero += int(np.count_nonzero(values == 0))
        n = len(finite)
        if n == 0:
            return
        self.minimum = min(self.minimum, float(finite.min()))
        self.maximum = max(self.maximum, float(finite.max()))
        with np.errstate(over="ignore", invalid="ignore"):  # near the largest float64
            mean = float(finite.mean())
            squares = float(np.square(finite - mean).sum())
        step, total = mean - self.mean, self.n + n
        self.squares += squares + step * step * self.n * n / total
        self.mean += step * n / total
        self.n = total


def _histogram(
    flat: NDArray[Any], counts: _Moments
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the histogram of the finite elements, and its edges."""
    if counts.n == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.float64)
    edges = _edges(flat.dtype, counts)
    histogram = np.zeros(len(edges) - 1, np.int64)
    for chunk in _chunks(flat):
        histogram += np.histogram(chunk[np.isfinite(chunk)], edges)[0]
    return histogram, edges


def _edges(dtype: np.dtype[Any], counts: _Moments) -> NDArray[np.float64]:
    low, high = counts.minimum, counts.maximum
    exact = max(abs(low), abs(high)) < 1 << 52
    if dtype.kind in "biu" and exact and high - low < MAX_BINS:  # a bin for each whole number
        return np.arange(low - 0.5, high + 1.0)
    n_bins = min(MAX_BINS, max(1, math.ceil(2 * counts.n ** (1 / 3))))
    share = np.linspace(0.0, 1.0, n_bins + 1)
    edges = low * (1 - share) + high * share  # `high - low` might overflow
    if np.all(np.diff(edges) > 0):
        return edges
    # All elements are equal, or too near for their size: one bin that holds them.
    margin = max(abs(low), abs(high)) * 1e-6 or 0.5
    return np.array([low - margin, high + margin])


def _tile(values: NDArray[Any]) -> NDArray[np.float32]:
    """Return the array as a matrix of cells, each the mean of its block; NaN shows in its cell.

    Axes are split into rows and columns where the matrix comes nearest to a square.
    """
    if values.size == 0:
        return np.zeros((0, 0), np.float32)
    splits = range(values.ndim) if values.ndim > 1 else (0,)
    sides = [(math.prod(values.shape[:k]), math.prod(values.shape[k:])) for k in splits]
    rows, columns = min(sides, key=lambda side: abs(math.log(side[0] / side[1])))
    matrix = values.reshape(rows, columns)
    row_starts, column_starts = _block_starts(rows), _block_starts(columns)
    n_columns = np.diff([*column_starts, columns])
    tile = np.empty((len(row_starts), len(column_starts)), np.float32)
    with np.errstate(invalid="ignore", over="ignore"):
        for i, (start, stop) in enumerate(zip(row_starts, [*row_starts[1:], rows], strict=True)):
            step = max(1, _CHUNK // columns)
            total = np.zeros(len(column_starts), np.float64)
            for at in range(start, stop, step):
                block = _column_sums(matrix[at : min(at + step, stop)], column_starts)
                total += block
            tile[i] = total / (n_columns * (stop - start))
    return tile


def _column_sums(rows: NDArray[Any], column_starts: list[int]) -> NDArray[np.float64]:
    """Return the sum of each block of columns over all of `rows`."""
    n_columns = rows.shape[1]
    if rows.size <= _CHUNK:
        return np.add.reduceat(_real(rows).sum(axis=0), column_starts)
    bounds = [*column_starts, n_columns]  # one row larger than a chunk: block by block
    pairs = itertools.pairwise(bounds)
    sums = [sum(float(c.sum()) for c in _chunks(rows[:, a:b].reshape(-1))) for a, b in pairs]
    return np.array(sums)


def _block_starts(length: int) -> list[int]:
    """Return where at most `MAX_TILE` nearly equal blocks of `length` elements start."""
    n = min(length, MAX_TILE)
    return [length * i // n for i in range(n)]


def _array_text(values: NDArray[Any]) -> str:
    header = array_text(values)
    body = np.array2string(values, threshold=200, edgeitems=3, max_line_width=100)
    return f"{header}\n{body}"


def _object_text(obj: Any) -> str:
    """Return an object that is no array as text: whole if it is a string, else bounded."""
    if isinstance(obj, str):
        return repr(obj[:MAX_TEXT])
    if _is_small_tree(obj):
        import eqxcore  # here, since a script that uses none of it should not load it

        try:
            return eqxcore.tree_pformat(obj)
        except Exception:  # noqa: BLE001 - the __repr__ of a leaf may raise anything
            return short_text(obj, MAX_TEXT)
    doc = cast(Any, obj).__doc__ if callable(obj) else None
    first_line = doc.strip().split("\n", 1)[0] if isinstance(doc, str) and doc.strip() else ""
    text = short_text(obj, MAX_TEXT)
    return f"{text}\n{first_line}" if first_line else text


def _is_small_tree(obj: Any) -> bool:
    """Whether `obj` is a PyTree node with few nodes below it, so that all can be printed."""
    waiting = [obj]
    for node in waiting:  # grows while it is read
        try:
            children = compat.one_level(node)
        except (TypeError, ValueError):  # it cannot be flattened
            return False
        if node is obj and children is None:
            return False
        waiting.extend(child for _, child in children or ())
        if len(waiting) > _MAX_PRINTED:
            return False
    return True
