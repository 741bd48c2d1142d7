"""Files of named arrays: `.safetensors`, `.npz`, `.npy`. Nothing in them is ever run.

The arrays are views of the file, mapped into memory: a file of many gigabytes opens at once, and
the values that are looked at are read then. Only what is compressed is unpacked first, to a
nameless file on disk.
"""

import io
import json
import math
import shutil
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import ml_dtypes
import numpy as np
from numpy.lib import format as npy

_MAX_HEADER_BYTES = 100_000_000  # what the format of safetensors allows
_MAX_NPY_HEADER_BYTES = 65_536
_DTYPES = {
    "BOOL": np.bool_,
    "U8": np.uint8,
    "U16": np.uint16,
    "U32": np.uint32,
    "U64": np.uint64,
    "I8": np.int8,
    "I16": np.int16,
    "I32": np.int32,
    "I64": np.int64,
    "F16": np.float16,
    "F32": np.float32,
    "F64": np.float64,
    "C64": np.complex64,
    "BF16": ml_dtypes.bfloat16,
    "F8_E4M3": ml_dtypes.float8_e4m3fn,
    "F8_E5M2": ml_dtypes.float8_e5m2,
    "F8_E8M0": ml_dtypes.float8_e8m0fnu,
    "F8_E4M3FNUZ": ml_dtypes.float8_e4m3fnuz,
    "F8_E5M2FNUZ": ml_dtypes.float8_e5m2fnuz,
}
_PACKED_BITS = {"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}
_Bytes = np.ndarray[Any, np.dtype[np.uint8]]  # of a file, mapped into memory
_LOCAL_HEADER = struct.Struct("<4s22xHH")  # of a member of a zip archive


class ArrayFileError(ValueError):
    """Raised when a file is not what its name says, is damaged, or holds what must not be read.

    `fix` says what to do about it.
    """

    def __init__(self, message: str, fix: str = "Save or copy the file again.") -> None:
        super().__init__(message)
        self.fix = fix


class _ObjectsError(ArrayFileError):
    """Raised for an array of Python objects."""


def read_arrays(path: str) -> dict[str, Any]:
    """Return what the file holds by name, in its order; "" is the name of a `.npy` file's array.

    What is no array that NumPy could hold is a text that says what it is.

    Raises:
        ArrayFileError: If the file cannot be read as what its suffix says.
        OSError: If it cannot be read at all, or there is no room to unpack it.
    """
    read = READERS[Path(path).suffix]
    size = Path(path).stat().st_size
    if size == 0:
        raise ArrayFileError("the file is empty")
    try:
        return read(path, np.memmap(path, np.uint8, "r"))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
        raise ArrayFileError(str(error)) from error


def _read_safetensors(path: str, data: _Bytes) -> dict[str, Any]:
    if data.size < 8:
        raise ArrayFileError(f"it has {data.size} bytes, fewer than the length that it begins with")
    n_header = int.from_bytes(data[:8].tobytes(), "little")
    if n_header > min(_MAX_HEADER_BYTES, data.size - 8):
        raise ArrayFileError(f"its header claims {n_header:,} bytes; the file has {data.size:,}")
    try:
        header: Any = json.loads(data[8 : 8 + n_header].tobytes())
    except (ValueError, RecursionError) as error:
        raise ArrayFileError(f"its header is not JSON: {error}") from error
    if not isinstance(header, dict):
        raise ArrayFileError("its header is no JSON object")
    header.pop("__metadata__", None)
    body = data[8 + n_header :]
    return {name: _tensor(name, entry, body) for name, entry in header.items()}


def _tensor(name: str, entry: Any, body: _Bytes) -> Any:
    try:
        kind, (start, stop) = str(entry["dtype"]), entry["data_offsets"]
        shape = tuple(entry["shape"])
    except (TypeError, KeyError, ValueError) as error:
        raise ArrayFileError(f"the entry of {name} is damaged: {entry!r}"[:200]) from error
    if not all(type(n) is int and n >= 0 for n in (start, stop, *shape)):
        raise ArrayFileError(f"the entry of {name} has a size that is none: {entry!r}"[:200])
    if kind in _PACKED_BITS:
        return f"{kind}{list(shape)}, {_PACKED_BITS[kind]} bits each: no array type has them"
    if kind not in _DTYPES:
        raise ArrayFileError(f"{name!r} is of type {kind}, which is not known")
    return _view(name, body, start, np.dtype(_DTYPES[kind]), shape, stop=stop)


def _read_npz(path: str, data: _Bytes) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        packed = sum(m.file_size for m in members if m.compress_type != zipfile.ZIP_STORED)
        free = shutil.disk_usage(tempfile.gettempdir()).free
        if packed > free:
            raise ArrayFileError(
                f"it is compressed; {packed:,} bytes are needed to unpack it, and "
                f"{tempfile.gettempdir()} has {free:,} left",
                "Save it with np.savez, which does not compress.",
            )
        found: dict[str, Any] = {}
        refused: _ObjectsError | None = None
        for member in members:
            name = member.filename.removesuffix(".npy")
            try:
                found[name] = _member(archive, member, data)
            except _ObjectsError as error:
                found[name] = "Python objects, as pickles: not loaded, for that runs what they say"
                refused = error
        if refused is not None and all(isinstance(value, str) for value in found.values()):
            raise refused
        return found


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, data: _Bytes) -> Any:
    if not member.filename.endswith(".npy"):
        return f"{member.file_size:,} bytes that are no array"
    if member.compress_type != zipfile.ZIP_STORED:
        with archive.open(member) as stream:
            return _npy(member.filename, _unpacked(stream))
    at = member.header_offset
    magic, n_name, n_extra = _LOCAL_HEADER.unpack(_bytes(data, at, _LOCAL_HEADER.size))
    start = at + _LOCAL_HEADER.size + n_name + n_extra
    stop = start + member.file_size
    if magic != b"PK\x03\x04" or member.flag_bits & 1 or stop > data.size:
        raise ArrayFileError(f"{member.filename!r} in it is damaged, or encrypted")
    return _npy(member.filename, data[start:stop])


def _unpacked(stream: IO[bytes]) -> _Bytes:
    """Return the bytes of `stream`, in a file that has no name and goes with them."""
    with tempfile.TemporaryFile(prefix="eqxviz-") as file:
        shutil.copyfileobj(stream, file, 1 << 20)
        file.flush()
        return np.memmap(file, np.uint8, "r")


def _read_npy(path: str, data: _Bytes) -> dict[str, Any]:
    return {"": _npy(Path(path).name, data)}


def _npy(name: str, data: _Bytes) -> Any:
    """Return the array of `data`, which is what `np.save` wrote."""
    head = io.BytesIO(data[:_MAX_NPY_HEADER_BYTES].tobytes())
    try:
        version = npy.read_magic(head)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, is_fortran, dtype = read(head)
    except Exception as error:  # NumPy parses it as Python, and says so in many ways
        raise ArrayFileError(f"{name!r} has no header of an array: {error}"[:300]) from error
    if dtype.hasobject:
        raise _ObjectsError(
            f"{name!r} holds Python objects, as pickles: to load one runs what it says",
            "Save plain arrays: numbers, each with a dtype other than object.",
        )
    if dtype == np.dtype("V2"):  # how NumPy names the one type of two bytes that is not its own
        dtype = np.dtype(ml_dtypes.bfloat16)
    order = "F" if is_fortran else "C"
    return _view(name, data, head.tell(), dtype, shape, order=order)


def _view(
    name: str,
    data: _Bytes,
    start: int,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    *,
    stop: int = -1,
    order: Any = "C",
) -> np.ndarray:
    """Return the array of that type and shape which begins at byte `start` of `data`."""
    n_bytes = math.prod(shape) * dtype.itemsize
    if start + n_bytes > data.size or stop not in (-1, start + n_bytes):
        raise ArrayFileError(
            f"{name!r} should take {n_bytes:,} bytes from byte {start:,} on; the file is cut off, "
            "or says otherwise"
        )
    return np.ndarray(shape, dtype, data, start, order=order)


def _bytes(data: _Bytes, start: int, n: int) -> bytes:
    if start + n > data.size:
        raise ArrayFileError("it is cut off")
    return data[start : start + n].tobytes()


READERS: dict[str, Callable[[str, _Bytes], dict[str, Any]]] = {
    ".safetensors": _read_safetensors,
    ".npz": _read_npz,
    ".npy": _read_npy,
}
