"""What a leaf of a PyTree is: its kind, how filtering sees it, its size and its text."""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import jax
import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.short_text import array_text, short_text
from eqxviz.records import NodeFlag, NodeKind

# As plain integers: making an enum member of each of a million leaves takes a second.
_WEAK, _NUMPY = int(NodeFlag.WEAK_TYPE), int(NodeFlag.NUMPY)
_DELETED, _ABSTRACT = int(NodeFlag.DELETED), int(NodeFlag.ABSTRACT)
_CALLABLE = int(NodeFlag.CALLABLE)
_MAX_STRING = 1000  # letters of a string that are told; views cut what is too long for them


class Leaf(NamedTuple):
    """A leaf, without its values."""

    kind: int
    flags: int
    dtype: str  # "" where it is no array
    shape: tuple[int, ...] | None
    n_params: int
    n_bytes: int
    sharding: str
    summary: str


def is_array(value: object) -> bool:
    """Whether `value` is traced by a filtered jit: a JAX or NumPy array, or one's description."""
    # By class: an object's own `__class__` may raise.
    cls = type(value)
    if issubclass(cls, (jax.Array, jax.ShapeDtypeStruct)) or compat.is_tracer(value):
        return True
    if not issubclass(cls, (np.ndarray, np.generic)):
        return False
    return compat.is_numeric_dtype(cast(Any, value).dtype)


def describe_leaf(value: object) -> Leaf:
    """Return what is known of a leaf without reading its values."""
    # One look-up by class for the million: isinstance with jax.Array costs three times as much.
    cls = type(value)
    describe = _DESCRIBERS.get(cls)
    if describe is None:
        describe = _DESCRIBERS[cls] = _describer(value)
    return describe(value)


def describe_static_field(value: Any) -> Leaf:
    """Return a field that is no part of the PyTree: its text, and whether it can be called."""
    flags = _CALLABLE if callable(value) else 0
    return Leaf(NodeKind.STATIC_FIELD, flags, "", None, 0, 0, "", _static_text(value))


def describe_array(value: Any) -> Leaf:
    """Return what is known of a JAX array that is no tracer."""
    flags = _DELETED if value.is_deleted() else 0
    if getattr(value, "weak_type", False):  # arrays of typed keys have none
        flags |= _WEAK
    return _array(value.dtype, value.shape, flags, _sharding_text(value.sharding))


def unreadable(value: object, is_field: bool = False) -> Leaf:
    """Return what is shown of a leaf or static field that cannot be read: its class."""
    kind = NodeKind.STATIC_FIELD if is_field else NodeKind.STATIC_LEAF
    flags = _CALLABLE if callable(value) else 0
    return Leaf(kind, flags, "", None, 0, 0, "", f"<{type(value).__name__}>")


def is_deleted(value: Any) -> bool:
    """Whether the buffer of an array was donated or deleted."""
    deleted = cast("Callable[[], bool] | None", getattr(value, "is_deleted", None))
    return deleted is not None and not compat.is_tracer(value) and deleted()


_DESCRIBERS: dict[type, Callable[[Any], Leaf]] = {}


def _describer(value: object) -> Callable[[Any], Leaf]:
    cls = type(value)
    if compat.is_tracer(value):
        return _of_tracer
    if issubclass(cls, jax.Array):
        return describe_array
    if issubclass(cls, jax.ShapeDtypeStruct):
        return _of_struct
    return _of_numpy if issubclass(cls, (np.ndarray, np.generic)) else _of_object


def _of_tracer(value: Any) -> Leaf:
    weak = _WEAK if getattr(value.aval, "weak_type", False) else 0
    return _array(value.dtype, value.shape, _ABSTRACT | weak, "")


def _of_struct(value: Any) -> Leaf:
    weak = _WEAK if getattr(value, "weak_type", False) else 0
    sharding = getattr(value, "sharding", None)
    text = "" if sharding is None else _sharding_text(sharding)
    return _array(value.dtype, value.shape, _ABSTRACT | weak, text)


def _of_numpy(value: Any) -> Leaf:
    if compat.is_numeric_dtype(value.dtype):
        return _array(value.dtype, value.shape, _NUMPY, "")
    return _of_object(value)._replace(flags=int(NodeFlag.REFUSED))


def _of_object(value: Any) -> Leaf:
    flags = _CALLABLE if callable(value) else 0
    return Leaf(NodeKind.STATIC_LEAF, flags, "", None, 0, 0, "", _static_text(value))


def _static_text(value: Any) -> str:
    # A name, a path or a setting is wanted whole: it is searched for, and other programs read it.
    return short_text(value, _MAX_STRING) if type(value) is str else short_text(value)


@functools.lru_cache(maxsize=65536)
def _array(dtype: Any, shape: tuple[Any, ...], flags: int, sharding: str) -> Leaf:
    flags |= NodeFlag.TRACED
    if compat.is_key_dtype(dtype):
        flags |= NodeFlag.PRNG_KEY
    if compat.is_inexact_dtype(dtype):
        flags |= NodeFlag.INEXACT
    is_known = all(isinstance(n, int) for n in shape)  # and not symbols, as in an exported model
    size = math.prod(shape) if is_known else 0
    summary = array_text(jax.ShapeDtypeStruct(shape, dtype))
    n_bytes = size * int(dtype.itemsize)
    known_shape = shape if is_known else None
    return Leaf(
        NodeKind.ARRAY, int(flags), str(dtype), known_shape, size, n_bytes, sharding, summary
    )


@functools.lru_cache(maxsize=1024)
def _sharding_text(sharding: Any) -> str:
    """Return where an array lives: `cpu:0`, `cpu:0-1 P('data', None)`."""
    devices = sorted(sharding.device_set, key=lambda d: d.id)
    ids = [d.id for d in devices]
    places = f"{devices[0].platform}:{ids[0]}"
    if len(ids) > 1:
        run = ids == list(range(ids[0], ids[-1] + 1))
        places += f"-{ids[-1]}" if run else "".join(f",{i}" for i in ids[1:])
    spec = getattr(sharding, "spec", None)
    if spec is not None:
        return short_text(f"{places} {spec}".replace("PartitionSpec", "P")).strip("'\"")
    return places if len(ids) == 1 else f"{places} {type(sharding).__name__}"
