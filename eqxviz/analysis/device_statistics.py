"""Statistics of a piece of an array, computed on the device where the array lives."""

import functools
import math
from typing import Any, Literal, NamedTuple

import jax
import numpy as np
from numpy.typing import NDArray

from eqxviz.analysis import compat

# JAX is annotated in part only.
_jax: Any = jax
jnp, lax = _jax.numpy, _jax.lax

# So much at a time: enough to keep a device busy, little enough that a copy of it does not matter.
PIECE = 1 << 24
N_BUCKETS = 1 << 16

Counting = Literal["nothing", "patterns", "buckets"]


class Piece(NamedTuple):
    """What there is in a piece; see `Moments`, `Patterns` and `Buckets` for what is meant."""

    size: int
    n: int
    n_nan: int
    n_inf: int
    n_negative_inf: int
    n_zero: int
    minimum: float
    maximum: float
    mean: float
    squares: float
    extremes: tuple[int, int] | None
    parts: NDArray[np.float64] | None
    counts: NDArray[np.int64] | None


def read_piece(data: Any, start: int, counting: Counting) -> Piece:
    """Return the statistics of the next `PIECE` elements of `data` from `start` on.

    `data` lies on one device; what is computed takes room for a piece there, never for all of it.
    """
    total = math.prod(data.shape)
    length = min(PIECE, total)
    # All pieces are of one length, so that one program reads them: the last overlaps another.
    first = min(start, total - length)
    with compat.own_settings(x64=True):
        found = _program(length, counting)(data, np.int64(first), np.int64(start - first))
        found = {name: np.asarray(value) for name, value in found.items()}
    size = length - (start - first)
    extremes = parts = None
    if "low" in found:
        extremes = int(found["low"]), int(found["high"])
    if "parts" in found:
        parts = found["parts"]
    counts = found["counts"].astype(np.int64) if "counts" in found else None
    return Piece(
        size=size,
        n=int(found["n"]),
        n_nan=int(found["n_nan"]),
        n_inf=int(found["n_inf"]),
        n_negative_inf=int(found["n_negative_inf"]),
        n_zero=int(found["n_zero"]),
        minimum=float(found["minimum"]),
        maximum=float(found["maximum"]),
        mean=float(found["mean"]),
        squares=float(found["squares"]),
        extremes=extremes,
        parts=parts,
        counts=counts,
    )


@functools.lru_cache(maxsize=64)
def _program(length: int, counting: Counting) -> Any:
    def piece(data: Any, first: Any, skipped: Any) -> dict[str, Any]:
        elements = lax.dynamic_slice(data.reshape(-1), (first,), (length,))
        return _statistics(elements, jnp.arange(length) >= skipped, counting)

    return _jax.jit(piece)


def as_real(elements: Any) -> Any:
    """Return numbers of any dtype as float32 where that holds them all, else as float64.

    Complex ones are given by their magnitude.
    """
    dtype = np.dtype(elements.dtype)
    if dtype.kind == "c":
        return jnp.abs(elements.astype(jnp.complex128))
    is_wide = dtype.itemsize > 4 or (dtype.kind in "iu" and dtype.itemsize == 4)
    return elements.astype(jnp.float64 if is_wide else jnp.float32)


def _statistics(elements: Any, is_new: Any, counting: Counting) -> dict[str, Any]:
    values = as_real(elements)
    finite = jnp.isfinite(values) & is_new
    n = finite.sum()
    total = jnp.where(finite, values, 0).astype(jnp.float64).sum()
    mean = total / jnp.maximum(n, 1)
    found = {
        "n": n,
        "n_nan": (jnp.isnan(values) & is_new).sum(),
        "n_inf": (jnp.isposinf(values) & is_new).sum(),
        "n_negative_inf": (jnp.isneginf(values) & is_new).sum(),
        "n_zero": ((values == 0) & is_new).sum(),
        "minimum": jnp.where(finite, values, jnp.inf).min(),
        "maximum": jnp.where(finite, values, -jnp.inf).max(),
        "mean": mean,
        "squares": jnp.where(finite, jnp.square(values.astype(jnp.float64) - mean), 0).sum(),
    }
    dtype = np.dtype(elements.dtype)
    if dtype.kind in "iu" and dtype.itemsize >= 4:
        ends = np.iinfo(dtype)
        found["low"] = jnp.where(is_new, elements, dtype.type(ends.max)).min()
        found["high"] = jnp.where(is_new, elements, dtype.type(ends.min)).max()
    if dtype.kind == "c":
        found["parts"] = jnp.stack(
            [
                pick(jnp.where(finite, part, far)).astype(jnp.float64)
                for part in (elements.real, elements.imag)
                for pick, far in ((jnp.min, jnp.inf), (jnp.max, -jnp.inf))
            ]
        )
    if counting != "nothing":
        bits = _patterns(elements) if counting == "patterns" else _upper_half(values)
        n_counts = 1 << (8 * dtype.itemsize) if counting == "patterns" else N_BUCKETS
        zeros = jnp.zeros(n_counts, jnp.int32)
        found["counts"] = zeros.at[bits].add(is_new.astype(jnp.int32))
    return found


def _patterns(elements: Any) -> Any:
    dtype = np.dtype(elements.dtype)
    if dtype.kind == "b":
        return elements.astype(jnp.int32)
    if compat.is_below_byte(dtype):
        # One byte each, as NumPy keeps them: whole numbers are widened with their sign.
        wide = elements.astype(jnp.int8) if dtype.name.startswith("int") else elements
        wide = wide.astype(jnp.uint8) if wide.dtype != jnp.int8 else wide
        return lax.bitcast_convert_type(wide, jnp.uint8).astype(jnp.int32)
    bits = jnp.uint8 if dtype.itemsize == 1 else jnp.uint16
    return lax.bitcast_convert_type(elements, bits).astype(jnp.int32)


def _upper_half(values: Any) -> Any:
    wide = lax.bitcast_convert_type(values.astype(jnp.float32), jnp.uint32)
    return (wide >> np.uint32(16)).astype(jnp.int32)
