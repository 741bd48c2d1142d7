"""How the values of two leaves differ: element by element for arrays, as a whole for others."""

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast

import jax
import numpy as np
from numpy.typing import NDArray

from eqxviz.analysis import compat
from eqxviz.analysis.alike import is_alike
from eqxviz.analysis.array_data import Part, parts_of, readable, why_unreadable
from eqxviz.analysis.cancelled import CancelledError
from eqxviz.analysis.device_difference import device_piece
from eqxviz.analysis.leaves import is_array
from eqxviz.analysis.short_text import short_text
from eqxviz.records import ValueState

# Elements read at a time. On the host, copies of them as float64 stay below 128 KiB, beyond which
# each allocation is one of the system's; on a device, many kernels' worth.
_HOST_PIECE = 1 << 13
_DEVICE_PIECE = 1 << 26
_MOST_MAPPED = 1 << 28  # elements
_MAX_CELLS = 64


class Difference(NamedTuple):
    """How two leaves differ: a row of `ValueDifferences`, which defines the measures."""

    state: ValueState
    n_different: int = 0
    n_nan_both: int = 0
    n_nan_one: int = 0
    max_abs: float = math.nan
    max_relative: float = math.nan
    norm: float = math.nan
    reason: str = ""


def difference(before: Any, after: Any) -> Difference:
    """Return how two leaves differ. Arrays of different shape are not compared.

    Large arrays on an accelerator are read there, in their own precision; all others on the host,
    in float64.
    """
    *_, found = difference_steps(before, after)
    assert found is not None  # the last step is the difference
    return found


def difference_steps(before: Any, after: Any) -> Iterator[Difference | None]:
    """Yield None after each piece of two large arrays, then how they differ."""
    if not (is_array(before) and is_array(after)):
        yield _static_difference(before, after)
        return
    reason = why_unreadable(before) or why_unreadable(after)
    if not reason and before.shape != after.shape:
        reason = "the shapes differ."
    if reason:
        yield Difference(ValueState.UNKNOWN, reason=reason)
        return
    if any(compat.is_key_dtype(array.dtype) for array in (before, after)):
        yield _key_difference(before, after)
        return
    total = _Total()
    for a, b in _pairs_of_parts(before, after):
        for piece in _pieces(a, b):
            total.add(piece)
            yield None
    yield total.difference(before.dtype == after.dtype)


def difference_map(
    before: Any, after: Any, is_cancelled: Callable[[], bool] = lambda: False
) -> tuple[NDArray[np.float32], int, int]:
    """Return the largest |a - b| in each cell of two arrays of one shape, and the matrix's sides.

    The axes are split into rows and columns where the matrix comes nearest to a square; there are
    at most 64 x 64 cells. A cell with a NaN on one side only is infinite.

    Raises:
        ValueError: If they cannot be compared so.
        CancelledError: Once `is_cancelled` says so.
    """
    arrays = is_array(before) and is_array(after)
    reason = (
        "they are no arrays." if not arrays else why_unreadable(before) or why_unreadable(after)
    )
    if not reason and before.shape != after.shape:
        reason = "the shapes differ."
    if not reason and any(compat.is_key_dtype(array.dtype) for array in (before, after)):
        reason = "keys are no numbers."
    if reason:
        raise ValueError(reason)
    shape, size = before.shape, math.prod(before.shape)
    if size > _MOST_MAPPED:
        raise ValueError(f"they have {size:,} elements; at most {_MOST_MAPPED:,} are drawn.")
    if size == 0:
        return np.zeros((0, 0), np.float32), 0, 0
    splits = range(len(shape)) if len(shape) > 1 else (0,)
    sides = [(math.prod(shape[:k]), math.prod(shape[k:])) for k in splits]
    rows, columns = min(sides, key=lambda side: abs(math.log(side[0] / side[1])))
    a, b = (np.asarray(array).reshape(rows, columns) for array in (before, after))
    row_starts, column_starts = _cell_starts(rows), _cell_starts(columns)
    cells = np.zeros((len(row_starts), len(column_starts)), np.float32)
    step = max(1, _HOST_PIECE // columns)
    for i, (start, stop) in enumerate(zip(row_starts, [*row_starts[1:], rows], strict=True)):
        for at in range(start, stop, step):
            if is_cancelled():
                raise CancelledError
            block = slice(at, min(at + step, stop))
            highest = _highest_of_cells(a[block], b[block], column_starts)
            np.maximum(cells[i], highest, out=cells[i])
    return cells, rows, columns


def _highest_of_cells(
    a: NDArray[Any], b: NDArray[Any], column_starts: list[int]
) -> NDArray[np.float64]:
    """Return the largest difference in each block of columns, of some rows or of one long row."""
    n_columns = a.shape[1]
    if n_columns <= _HOST_PIECE:
        gap: NDArray[np.float64] = _gap_or_infinity(a, b).max(axis=0)
        return np.maximum.reduceat(gap, column_starts)
    highest = np.zeros(len(column_starts))
    ends = [*column_starts[1:], n_columns]
    for j, (start, stop) in enumerate(zip(column_starts, ends, strict=True)):
        for at in range(start, stop, _HOST_PIECE):
            part = slice(at, min(at + _HOST_PIECE, stop))
            highest[j] = max(highest[j], float(_gap_or_infinity(a[:, part], b[:, part]).max()))
    return highest


def _gap_or_infinity(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float64]:
    x, y = _wide(_native(a), _native(b))
    if x.dtype.kind in "iu":
        return _gap(x, y)
    with np.errstate(over="ignore", invalid="ignore"):
        gap = np.where(x == y, 0.0, np.abs(x - y))
    nan_x, nan_y = np.isnan(x), np.isnan(y)
    return np.where(nan_x & nan_y, 0.0, np.where(nan_x ^ nan_y, math.inf, gap))


def _cell_starts(length: int) -> list[int]:
    n = min(length, _MAX_CELLS)
    return [length * i // n for i in range(n)]


class _Piece(NamedTuple):
    """What is found of some of the elements."""

    same_bits: bool
    n_different: int
    n_nan_both: int
    n_nan_one: int
    max_abs: float
    max_relative: float
    norm: float


class _Total:
    """What is found of all pieces so far."""

    def __init__(self) -> None:
        self._same_bits = True
        self._different = self._nan_both = self._nan_one = 0
        self._max_abs = self._max_relative = self._norm = 0.0

    def add(self, piece: _Piece) -> None:
        """Take in one more piece."""
        self._same_bits &= piece.same_bits
        self._different += piece.n_different
        self._nan_both += piece.n_nan_both
        self._nan_one += piece.n_nan_one
        self._max_abs = max(self._max_abs, piece.max_abs)
        self._max_relative = max(self._max_relative, piece.max_relative)
        self._norm = math.hypot(self._norm, piece.norm)

    def difference(self, same_dtype: bool) -> Difference:
        """Return the row of all that was added."""
        is_same = self._same_bits and same_dtype
        state = ValueState.SAME_BITS if is_same else ValueState.EQUAL
        if self._different:
            state = ValueState.DIFFERENT
        return Difference(
            *(state, self._different, self._nan_both, self._nan_one),
            *(self._max_abs, self._max_relative, self._norm),
        )


def _pairs_of_parts(before: Any, after: Any) -> Iterator[tuple[Part, Part]]:
    """Yield the blocks of two arrays of one shape, as they lie on their devices."""
    ours, others = parts_of(before), parts_of(after)
    places = [[(part.start, part.data.shape) for part in parts] for parts in (ours, others)]
    if places[0] == places[1]:
        yield from zip(ours, others, strict=True)
        return
    origin = (0,) * len(before.shape)  # they are cut up otherwise: put together on the host
    yield Part(np.asarray(before), origin), Part(np.asarray(after), origin)


def _pieces(a: Part, b: Part) -> Iterator[_Piece]:
    if not (a.is_on_host or b.is_on_host) and a.data.devices() == b.data.devices():
        same_dtype = a.data.dtype == b.data.dtype
        can_index = math.prod(a.data.shape) < 1 << 31  # in 32 bits, as JAX does by default
        if same_dtype and can_index and not compat.is_below_byte(a.data.dtype):
            yield from _device_pieces(a.data, b.data)
            return
    for x, y in _host_pieces(np.asarray(a.data), np.asarray(b.data)):
        yield host_piece(x, y)


def _host_pieces(a: NDArray[Any], b: NDArray[Any]) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Yield the elements of two arrays of one shape side by side, as flat arrays."""
    if a.flags.c_contiguous and b.flags.c_contiguous:
        x, y = a.reshape(-1), b.reshape(-1)
        for start in range(0, len(x), _HOST_PIECE):
            yield x[start : start + _HOST_PIECE], y[start : start + _HOST_PIECE]
        return
    nditer = cast(Any, np.nditer)  # its annotations do not know that flags may be combined
    flags = ["external_loop", "buffered", "zerosize_ok"]
    for x, y in nditer([a, b], flags=flags, order="K", buffersize=_HOST_PIECE):
        yield np.array(x, ndmin=1), np.array(y, ndmin=1)


def host_piece(a: NDArray[Any], b: NDArray[Any]) -> _Piece:
    """Return how two flat arrays of one length differ, in float64 (integers exactly)."""
    a, b = _native(a), _native(b)
    is_exact = _kind(a.dtype) in "biu" and _kind(b.dtype) in "biu"
    if a.dtype == b.dtype and np.array_equal(_bits(a), _bits(b)):
        n_both = 0 if is_exact else int(np.count_nonzero(np.isnan(a)))
        return _Piece(True, 0, n_both, 0, 0.0, 0.0, 0.0)
    x, y = _wide(a, b)
    with np.errstate(over="ignore", invalid="ignore"):
        gap = _gap(x, y)
        highest = float(gap.max())
        n_both = n_one = 0
        if not math.isfinite(highest):  # NaN or infinities, on either side
            nan_x, nan_y = np.isnan(x), np.isnan(y)
            n_both = int(np.count_nonzero(nan_x & nan_y))
            n_one = int(np.count_nonzero(nan_x ^ nan_y))
            is_different = (x != y) & ~nan_x & ~nan_y
            x, y, gap = x[is_different], y[is_different], gap[is_different]
            highest = float(gap.max(initial=0.0))
        n_different = int(np.count_nonzero(gap))
        relative = _largest_relative(x, y, gap) if n_different else 0.0
    return _Piece(False, n_different + n_one, n_both, n_one, highest, relative, _norm(gap, highest))


def _norm(gap: NDArray[np.float64], highest: float) -> float:
    """Return the root of the sum of squares, of which no square is lost or overflows."""
    if not 1e-100 < highest < 1e100:
        if highest == 0 or not math.isfinite(highest):
            return highest
        gap = gap / highest
        return highest * math.sqrt(float(gap @ gap))
    return math.sqrt(float(gap @ gap))


def _gap(x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64]:
    """Return |x - y|. That of integers is exact until it becomes a float64."""
    if x.dtype.kind not in "iu":
        return np.abs(x - y)
    high, low = np.maximum(x, y), np.minimum(x, y)
    return (high.astype(np.uint64) - low.astype(np.uint64)).astype(np.float64)


def _largest_relative(x: NDArray[Any], y: NDArray[Any], gap: NDArray[np.float64]) -> float:
    """Return the largest |x - y| / max(|x|, |y|), 0 where both are zero; none is NaN."""
    exact = x.dtype.kind in "iu"
    sizes = [np.abs(v.astype(np.float64) if exact else v) for v in (x, y)]
    size = np.maximum(*sizes)
    relative = np.divide(gap, size, out=np.zeros_like(gap), where=size > 0)
    if not math.isfinite(float(gap.max())):
        infinite = np.isinf(size)
        # The difference itself may have overflowed.
        relative = np.where(np.isinf(gap), np.abs(x / size - y / size), relative)
        opposite = np.isinf(sizes[0]) & np.isinf(sizes[1])
        relative = np.where(infinite, np.where(opposite, 2.0, 1.0), relative)
    return min(float(relative.max()), 2.0)


def _wide(a: NDArray[Any], b: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return both as one type that holds them: int64, uint64, float64 or complex128."""
    kinds = {_kind(a.dtype), _kind(b.dtype)}
    if "c" in kinds:
        wide = np.complex128
    elif "f" in kinds:
        wide = np.float64
    elif not {np.dtype(np.uint64)} & {a.dtype, b.dtype}:
        wide = np.int64
    else:
        wide = np.uint64 if kinds == {"u"} else np.float64
    return a.astype(wide), b.astype(wide)


def _kind(dtype: Any) -> str:
    """Return b, i, u, f or c; NumPy itself takes what ml_dtypes adds for raw bytes."""
    if dtype.kind in "biufc":
        return str(dtype.kind)
    return "f" if compat.is_inexact_dtype(dtype) else "i"


def _bits(values: NDArray[Any]) -> NDArray[Any]:
    size = values.dtype.itemsize
    return values.view(f"u{size}" if size in (1, 2, 4, 8) else np.uint8)


def _native(values: NDArray[Any]) -> NDArray[Any]:
    """Return `values` in this machine's byte order."""
    native = values.dtype.isnative
    return values if native else values.astype(values.dtype.newbyteorder("="))


def _device_pieces(a: Any, b: Any) -> Iterator[_Piece]:
    """Yield how two large arrays of one dtype differ, piece by piece, computed where they are."""
    size = math.prod(a.shape)
    length = min(size, _DEVICE_PIECE)
    for start in range(0, size, length):
        # The last piece begins earlier, so that one program serves all; what it shares with the
        # one before is left out by its place.
        first = min(start, size - length)
        found = device_piece(a, b, first, start - first, length=length)
        same, *counts, highest, relative, norm = jax.device_get(found)
        numbers = [float(x) for x in (highest, relative, norm)]
        yield _Piece(bool(same), *map(int, counts), *numbers)


def _key_difference(before: Any, after: Any) -> Difference:
    """Return how many keys differ; a key equals another of its kind with the same data."""
    if before.dtype != after.dtype:
        return Difference(ValueState.UNKNOWN, reason="they are keys of different kinds.")
    a, b = np.asarray(readable(before)), np.asarray(readable(after))
    is_different = np.any(a != b, axis=tuple(range(before.ndim, a.ndim)))
    n_different = int(np.count_nonzero(is_different))
    return Difference(ValueState.DIFFERENT if n_different else ValueState.SAME_BITS, n_different)


def _static_difference(before: Any, after: Any) -> Difference:
    """Return whether two leaves that are no arrays differ; UNKNOWN where they cannot be told."""
    try:
        is_same = before is after or is_alike(before, after)
    except Exception as error:  # noqa: BLE001 - the user's __eq__ or __repr__ may raise anything
        reason = f"comparing them raised {type(error).__name__}: {short_text(str(error))}"
        return Difference(ValueState.UNKNOWN, reason=reason)
    return Difference(ValueState.SAME_BITS) if is_same else Difference(ValueState.DIFFERENT, 1)
