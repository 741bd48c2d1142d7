"""Frames: how one record travels between two processes.

A frame is a fixed prefix, a msgpack header and raw little-endian C-order buffers:

    magic 4 bytes | header length u32 | payload length u64 | header | buffers

The header is `{"v": version, "r": request id, "b": [[dtype, shape], ...], "x": record}`. A record
is a map of its fields with its type's name under `"$"`; an array is an ExtType that names its
buffer. Nothing is pickled, and a decoded record has passed every check of its type.

A field that is added to a record has a default, which stands for it in the frames and stores of
before. Whatever else changes is another version.
"""

import dataclasses
import enum
import importlib
import struct
import types
import typing
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast, dataclass_transform

import numpy as np
from numpy.typing import NDArray

VERSION = 2
PREFIX = struct.Struct("<4sIQ")
MAGIC = b"EQXV"
# A header is names, numbers and short texts; a payload is columns.
MAX_HEADER_BYTES = 1 << 28
MAX_PAYLOAD_BYTES = 1 << 34

_BUFFER = 1
_ANY_TEXT = "surrogatepass"  # the names of files need not be UTF-8
# msgpack ships no types: imported by name, so that a strict checker takes it as Any.
_msgpack: Any = importlib.import_module("msgpack")
_DTYPES = {np.dtype(code).str: np.dtype(code) for code in "?bBhHiIqQfd"}
_RECORDS: dict[str, type["Record"]] = {}
_R = TypeVar("_R", bound="Record")
_Array = np.ndarray[Any, np.dtype[Any]]
# The hint NDArray[uint8] is ndarray[shape, dtype[uint8]] up to NumPy 2.4, and itself after that.
_NDARRAY = typing.get_origin(NDArray[np.uint8])


class CodecError(ValueError):
    """Raised when bytes are not a frame of this version, or a record breaks its own rules."""


class Record:
    """A typed, immutable value that may cross between processes."""

    __slots__ = ()

    def check(self) -> None:
        """Raise `CodecError` when the columns contradict one another. Called on arrival."""

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(_same(getattr(self, f.name), getattr(other, f.name)) for f in _fields(self))

    def __hash__(self) -> int:
        return id(self)


@dataclass_transform(frozen_default=True)
def record(cls: type[_R]) -> type[_R]:
    """Return `cls` as a frozen dataclass that the codec knows by its name."""
    made = dataclasses.dataclass(frozen=True, eq=False)(cls)
    if made.__name__ in _RECORDS:
        raise TypeError(
            f"two records are named {made.__name__!r}; the name is their type on the wire"
        )
    _RECORDS[made.__name__] = made
    return made


def encode(value: Record, request: int = -1) -> list[bytes | memoryview]:
    """Return the parts of the frame of `value`, to be written one after the other.

    `request` is the id of the request that this answers (or makes); -1 for an event of its own.
    """
    buffers: list[_Array] = []
    body = _pack(value, buffers)
    header: bytes = _msgpack.packb(
        {
            "v": VERSION,
            "r": request,
            "b": [[b.dtype.str, list(b.shape)] for b in buffers],
            "x": body,
        },
        unicode_errors=_ANY_TEXT,
    )
    parts = [b.reshape(-1).view(np.uint8).data for b in buffers if b.nbytes]
    n_payload = sum(p.nbytes for p in parts)
    return [PREFIX.pack(MAGIC, len(header), n_payload), header, *parts]


def decode_prefix(prefix: bytes) -> tuple[int, int]:
    """Return `(header length, payload length)` in bytes of the frame that `prefix` begins."""
    magic, n_header, n_payload = PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise CodecError(f"not an eqxviz frame: it begins with {magic!r} where {MAGIC!r} is due")
    if n_header > MAX_HEADER_BYTES or n_payload > MAX_PAYLOAD_BYTES:
        raise CodecError(f"frame too large: header {n_header} bytes, payload {n_payload} bytes")
    return n_header, n_payload


def decode(header: bytes, payload: bytes | bytearray | memoryview) -> tuple[int, Record]:
    """Return `(request id, record)` of a frame. Its arrays are read-only views of `payload`.

    Raises:
        CodecError: If the version differs, a field is missing, of the wrong type, or a check fails.
    """
    try:
        message: Any = _msgpack.unpackb(header, strict_map_key=False, unicode_errors=_ANY_TEXT)
    except Exception as error:
        raise CodecError(f"the frame's header is not msgpack: {error}") from error
    fields = cast(dict[str, Any], message) if isinstance(message, dict) else {}
    if fields.get("v") != VERSION:
        found = fields.get("v")
        raise CodecError(
            f"it is written in version {found} of the records; this eqxviz reads version {VERSION}"
        )
    buffers = list(_split(fields.get("b"), memoryview(payload)))
    value = _unpack_record(fields.get("x"), buffers, "frame")
    request = fields.get("r")
    if not isinstance(request, int):
        raise CodecError(f"the request id is {request!r}; an integer is due")
    return request, value


def _fields(value: Record) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(cast(Any, value))


def _same(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        x, y = cast(_Array, a), cast(_Array, b)
        same_type = x.dtype == y.dtype and x.shape == y.shape
        return same_type and bool(np.array_equal(x, y, equal_nan=x.dtype.kind in "fc"))
    if isinstance(a, tuple):
        xs, ys = cast(tuple[Any, ...], a), cast(tuple[Any, ...], b)
        return len(xs) == len(ys) and all(map(_same, xs, ys))
    return bool(a == b) or (isinstance(a, float) and a != a and b != b)


def _pack(value: Any, buffers: list[_Array]) -> Any:
    if isinstance(value, Record):
        packed = {f.name: _pack(getattr(value, f.name), buffers) for f in _fields(value)}
        packed["$"] = type(value).__name__
        return packed
    if isinstance(value, np.ndarray):
        array = cast(_Array, value)
        buffers.append(np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")))
        return _msgpack.ExtType(_BUFFER, struct.pack("<I", len(buffers) - 1))
    if isinstance(value, (tuple, list)):
        return [_pack(v, buffers) for v in cast(tuple[Any, ...], value)]
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, np.generic):
        return cast(Any, value).item()
    return value


def _split(described: Any, payload: memoryview) -> Iterator[_Array]:
    """Yield the arrays that `described` cuts `payload` into."""
    at = 0
    if not isinstance(described, list):
        raise CodecError("the frame describes no buffers")
    for entry in cast(list[Any], described):
        try:
            dtype, shape = _DTYPES[entry[0]], tuple(int(n) for n in entry[1])
        except (TypeError, ValueError, IndexError, KeyError) as error:
            raise CodecError(f"a buffer is described as {entry!r}: {error!r}") from error
        if any(n < 0 for n in shape):
            raise CodecError(f"a buffer is described as {entry!r}: a length below zero")
        n_bytes = dtype.itemsize
        for n in shape:
            n_bytes *= n
        if at + n_bytes > payload.nbytes:
            raise CodecError(
                f"a buffer of {n_bytes} bytes starts at {at}, past the payload of {payload.nbytes}"
            )
        array = np.frombuffer(payload[at : at + n_bytes], dtype).reshape(shape)
        array.flags.writeable = False
        yield array
        at += n_bytes
    if at != payload.nbytes:
        raise CodecError(f"the payload has {payload.nbytes} bytes, its buffers need {at}")


def _unpack_record(body: Any, buffers: list[_Array], where: str) -> Record:
    if not isinstance(body, dict):
        raise CodecError(f"{where}: {body!r} is not a record")
    name = cast(dict[str, Any], body).get("$")
    cls = _RECORDS.get(name) if isinstance(name, str) else None
    if cls is None:
        raise CodecError(f"{where}: no record is named {name!r}; a newer eqxviz may have one")
    values: dict[str, Any] = {}
    for field, unpack, has_default in _plan(cls):
        if field in body:
            values[field] = unpack(body[field], buffers, f"{name}.{field}")
        elif not has_default:
            raise CodecError(f"{name}.{field} is missing")
    made = cls(**values)
    made.check()
    return made


_Unpack = Callable[[Any, list[_Array], str], Any]
_PLANS: dict[type[Record], list[tuple[str, _Unpack, bool]]] = {}


def _plan(cls: type[Record]) -> list[tuple[str, _Unpack, bool]]:
    """Return name, rule and whether there is a default, of each field."""
    plan = _PLANS.get(cls)
    if plan is None:
        hints = typing.get_type_hints(cls)
        plan = [
            (field.name, _unpacker(hints[field.name]), _has_default(field))
            for field in dataclasses.fields(cast(Any, cls))
        ]
        _PLANS[cls] = plan
    return plan


def _has_default(field: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return field.default is not missing or field.default_factory is not missing


def _unpacker(hint: Any) -> _Unpack:
    """Return the function that checks and rebuilds a value of type `hint`."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _unpack_union([_unpacker(a) for a in args], hint)
    if origin is _NDARRAY:
        return _unpack_array(np.dtype(typing.get_args(args[-1])[0] if len(args) == 2 else args[0]))
    if origin is tuple:
        if len(args) == 2 and args[1] is Ellipsis:
            return _unpack_row(_unpacker(args[0]), None)
        return _unpack_row(None, [_unpacker(a) for a in args])
    if isinstance(hint, type) and issubclass(hint, Record):
        return _unpack_nested(hint)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _unpack_enum(hint)
    if hint in (int, float, str, bool, type(None)):
        return _unpack_plain(hint)
    raise TypeError(f"the codec has no rule for {hint!r}")


def _unpack_plain(hint: Any) -> _Unpack:
    def unpack(value: Any, buffers: list[_Array], where: str) -> Any:
        if hint is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if type(value) is not hint:
            raise CodecError(f"{where} is {value!r}; {hint.__name__} is due")
        return value

    return unpack


def _unpack_enum(hint: type[enum.Enum]) -> _Unpack:
    def unpack(value: Any, buffers: list[_Array], where: str) -> Any:
        try:
            return hint(value)
        except ValueError as error:
            raise CodecError(f"{where}: {error}") from error

    return unpack


def _unpack_array(dtype: np.dtype[Any]) -> _Unpack:
    def unpack(value: Any, buffers: list[_Array], where: str) -> Any:
        if type(value) is not _msgpack.ExtType or value.code != _BUFFER or len(value.data) != 4:
            raise CodecError(f"{where} is {value!r}; an array is due")
        (index,) = struct.unpack("<I", value.data)
        if index >= len(buffers):
            raise CodecError(f"{where} names buffer {index} of {len(buffers)}")
        if buffers[index].dtype != dtype:
            raise CodecError(f"{where} has dtype {buffers[index].dtype}; {dtype} is due")
        return buffers[index]

    return unpack


def _unpack_nested(hint: type[Record]) -> _Unpack:
    def unpack(value: Any, buffers: list[_Array], where: str) -> Any:
        made = _unpack_record(value, buffers, where)
        if not isinstance(made, hint):
            raise CodecError(f"{where} is a {type(made).__name__}; {hint.__name__} is due")
        return made

    return unpack


def _unpack_row(each: _Unpack | None, fixed: list[_Unpack] | None) -> _Unpack:
    def unpack(value: Any, buffers: list[_Array], where: str) -> Any:
        if not isinstance(value, list):
            raise CodecError(f"{where} is {value!r}; a sequence is due")
        row = cast(list[Any], value)
        rules = [cast(_Unpack, each)] * len(row) if fixed is None else fixed
        if len(rules) != len(row):
            raise CodecError(f"{where} has {len(row)} items; {len(rules)} are due")
        return tuple(
            rule(v, buffers, f"{where}[{i}]")
            for i, (rule, v) in enumerate(zip(rules, row, strict=True))
        )

    return unpack


def _unpack_union(choices: list[_Unpack], hint: Any) -> _Unpack:
    def unpack(value: Any, buffers: list[_Array], where: str) -> Any:
        errors: list[str] = []
        for choice in choices:
            try:
                return choice(value, buffers, where)
            except CodecError as error:
                errors.append(str(error))
        raise CodecError("; ".join(errors))

    return unpack
