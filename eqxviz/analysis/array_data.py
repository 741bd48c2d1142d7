"""Where the elements of an array are, and how they are read without a copy of them all."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import jax
import numpy as np
from numpy.typing import NDArray

from eqxviz.analysis import compat
from eqxviz.analysis.leaves import is_deleted

# What is not larger is copied from its device; beyond that, the device itself reads.
MAX_COPIED_BYTES = 1 << 24


@dataclass(frozen=True)
class Part:
    """A block of an array that lies on one device: all of it, or a shard."""

    data: Any  # a NumPy array, or a jax.Array on a single device
    start: tuple[int, ...]  # its place in the array

    @property
    def is_on_host(self) -> bool:
        """Whether `host_view` is possible: at no cost, or at that of a small copy."""
        if isinstance(self.data, np.ndarray):
            return True
        size = math.prod(self.data.shape)
        if size * max(self.data.dtype.itemsize, 1) <= MAX_COPIED_BYTES:
            return True
        # Elements of less than a byte are unpacked into a copy.
        on_cpu = next(iter(self.data.devices())).platform == "cpu"
        return on_cpu and not compat.is_below_byte(self.data.dtype)

    def host_view(self) -> NDArray[Any]:
        """Return the elements as a NumPy array, which may be a view of the device's own memory.

        Let go of it before anything of the user's runs: a live view silently turns the donation of
        the array into a copy.
        """
        return np.asarray(self.data)


def parts_of(array: Any) -> list[Part]:
    """Return the blocks that make up `array`, each element in one of them."""
    if not isinstance(array, jax.Array):
        host = np.asarray(array)
        return [Part(host, (0,) * host.ndim)]
    device, *others = array.devices()
    if not others and device.platform == "cpu":  # sooner said than by its shards
        return [Part(array, (0,) * array.ndim)]
    parts: list[Part] = []
    # Of other devices' arrays the shards are read, which are made anew each time: an array keeps
    # the copy in the host's memory that was made of it once.
    for shard in cast(Any, array).addressable_shards:
        if shard.replica_id == 0:
            start = tuple(s.start or 0 for s in shard.index)
            parts.append(Part(shard.data, start))
    return parts


def readable(obj: Any) -> Any:
    """Return the array of numbers that stands for the array `obj`: itself, or the data of keys."""
    if isinstance(obj, jax.Array) and compat.is_key_dtype(obj.dtype):
        return jax.random.key_data(obj)
    return obj


def why_unreadable(obj: Any) -> str:
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


def flat_pieces(values: NDArray[Any], length: int) -> Iterator[NDArray[Any]]:
    """Yield all elements of `values` in some order, at most `length` at a time, as flat arrays.

    Elements that lie one after the other are not copied.
    """
    if values.flags.c_contiguous or values.flags.f_contiguous:
        flat = values.reshape(-1, order="C" if values.flags.c_contiguous else "F")
        for start in range(0, len(flat), length):
            yield _native(flat[start : start + length])
        return
    buffers = np.nditer(
        values, flags=["external_loop", "buffered", "zerosize_ok"], order="K", buffersize=length
    )
    for piece in buffers:
        yield _native(np.array(piece, ndmin=1))


def real_numbers(values: NDArray[Any]) -> NDArray[Any]:
    """Return numbers of any dtype as float32 where that holds them all, else as float64.

    Complex ones are given by their magnitude.
    """
    kind, size = values.dtype.kind, values.dtype.itemsize
    if kind == "c":
        return np.abs(values.astype(np.complex128))
    if kind == "f" and size in (4, 8):
        return values
    if kind == "f" and size > 8:
        return values.astype(np.float64)
    if kind in "iu":
        return values.astype(np.float32 if size <= 2 else np.float64)
    return values.astype(np.float32)  # bool, float16, and what ml_dtypes adds


def _native(values: NDArray[Any]) -> NDArray[Any]:
    """Return `values` in this machine's byte order."""
    if values.dtype.isnative:
        return values
    return values.astype(values.dtype.newbyteorder("="))
