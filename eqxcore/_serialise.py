"""The leaves of a PyTree in a file: NumPy arrays, one after the other, with nothing around them."""

import contextlib
import io
import os
import pathlib
import re
import tokenize
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Protocol, cast, runtime_checkable

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
from jax.core import Tracer
from jaxtyping import PyTree
from numpy.lib import format as npy

from eqxcore._filters import prefix_pairs
from eqxcore._tree import path_name


@runtime_checkable
class SupportsWrite(Protocol):
    """A binary file open for writing."""

    def write(self, data: bytes, /) -> Any: ...


@runtime_checkable
class SupportsReadSeek(Protocol):
    """A binary file open for reading."""

    def read(self, size: int = -1, /) -> bytes: ...
    def seek(self, offset: int, whence: int = 0, /) -> Any: ...


SerialiseSpec = Callable[[Any, Any], Any]

_WHOLE = "Is the file whole, and was it written from a PyTree with the same structure?"
_AGAIN = "Copy the file again, or save it again."
_FOREIGN = "Give a file that `tree_serialise_leaves` wrote, and a `like` of the same structure."
#: What NumPy says of a file, what that means, and what to do. `\\1` is a group of the pattern.
_OF_FILES = (
    (r"EOF: reading magic string, expected \d+ bytes got 0$", "the file ends before it", _WHOLE),
    (
        r"EOF: reading .*, expected (\d+) bytes got (\d+)$",
        r"the file is cut off within it, with \2 of \1 bytes",
        _AGAIN,
    ),
    (r"magic string is not correct.* got b'PK.*", "the file is a zip archive there", _FOREIGN),
    (r"magic string is not correct.* got b'\\x80.*", "the file is a pickle there", _FOREIGN),
    (r"magic string is not correct.* got (b.*)", r"the file has \1 there, and no array", _FOREIGN),
    (
        r"we only support format version .* not \((\d+), (\d+)\)",
        r"the array is of format version \1.\2, which this NumPy cannot read",
        "Is the file damaged, or from a newer NumPy?",
    ),
    (r"[Hh]eader", "its header is damaged", _AGAIN),
)

_NUMBERS = (bool, int, float, complex)
_ARRAYS = (np.ndarray, jax.Array)


def default_serialise_filter_spec(f: SupportsWrite, x: Any) -> None:
    """Write `x` to `f` if it is an array or a number, else nothing."""
    if isinstance(x, (*_ARRAYS, np.generic, *_NUMBERS)):
        _refuse_key(x)
        if isinstance(x, Tracer):
            raise TypeError(
                "a traced array has no values yet. Save outside of `filter_jit` and other "
                "transformations"
            )
        array = np.asarray(x)
        if array.dtype.isbuiltin == 2 and array.dtype.kind != "V":
            # One such as float8_e5m2, for which NumPy writes a name that it cannot read.
            array = array.view(f"V{array.dtype.itemsize}")
        np.save(cast(BinaryIO, f), array, allow_pickle=False)


def default_deserialise_filter_spec(f: SupportsReadSeek, x: Any) -> Any:
    """Return what stands in `f` for the leaf `x` if it is an array or a number, else `x` itself.

    A `jax.ShapeDtypeStruct` stands for a JAX array. A number takes the type of `x`.
    """
    if isinstance(x, (jax.Array, jax.ShapeDtypeStruct)):
        _refuse_key(x)
        array = _read(f, x.dtype)
        # What JAX has no array for is left for the comparison with `x` to refuse.
        known = array.dtype.kind == "b" or jnp.issubdtype(array.dtype, jnp.number)
        return jnp.asarray(array) if known else array
    if isinstance(x, np.ndarray):
        return _read(f, x.dtype)
    if isinstance(x, (np.generic, *_NUMBERS)):
        return _as_number(_read(f, np.result_type(x)), type(x))
    return x


def _refuse_key(x: Any) -> None:
    if isinstance(x, jax.Array) and jnp.issubdtype(x.dtype, jax.dtypes.prng_key):
        raise TypeError(
            f"a typed PRNG key ({x.dtype}) has no form on disk. Keep `jax.random.key_data(key)` "
            "in its place, and turn it back with `jax.random.wrap_key_data`"
        )


def _read(f: SupportsReadSeek, dtype: Any) -> np.ndarray:
    """Return the next array of `f`, seen as of type `dtype` where the file could not say so."""
    # `np.load` would take a pickle or a zip archive too; this reads the one format there is.
    array = npy.read_array(cast(BinaryIO, f), allow_pickle=False)
    dtype = np.dtype(dtype)
    # The format has no name for the types that NumPy does not have itself, such as bfloat16, and
    # keeps them as plain bytes.
    nameless = array.dtype.kind == "V" and array.dtype.names is None
    if nameless and dtype.isbuiltin == 2 and dtype.itemsize == array.dtype.itemsize:
        return array.view(dtype)
    return array


def _as_number(array: np.ndarray, kind: type) -> Any:
    if array.shape != ():
        raise ValueError(f"a single `{kind.__name__}` was expected, the file holds {_kind(array)}")
    value = array.item() if kind in _NUMBERS else array[()]
    number = kind(value)
    if number != value and value == value:
        raise ValueError(
            f"the file holds {value!r}, which does not fit a `{kind.__name__}`: it would become "
            f"{number!r}. Give `like` a `{type(value).__name__}` there"
        )
    return number


def tree_serialise_leaves(
    path_or_file: str | pathlib.Path | SupportsWrite,
    pytree: PyTree,
    filter_spec: PyTree[SerialiseSpec] = default_serialise_filter_spec,
    is_leaf: Callable[[Any], bool] | None = None,
) -> None:
    """Write the leaves of `pytree` to a file.

    Args:
        path_or_file: Where to write; a path without a suffix gets `.eqx`. Several PyTrees may be
            written to one open file, and are then read in the same order.
        filter_spec: Called with the file and each leaf; writes it or does not. Or a PyTree of such
            functions that is a prefix of `pytree`. By default arrays and numbers are written.
        is_leaf: As in `jax.tree_util.tree_flatten`.

    Raises:
        RuntimeError: If a leaf cannot be written; names its path.
    """
    with _opened(path_or_file, "wb") as file:
        for path, spec, leaf in _governed(pytree, filter_spec, is_leaf):
            with _named("write", path, leaf):
                spec(file, leaf)


def tree_deserialise_leaves(
    path_or_file: str | pathlib.Path | SupportsReadSeek,
    like: PyTree,
    filter_spec: PyTree[SerialiseSpec] = default_deserialise_filter_spec,
    is_leaf: Callable[[Any], bool] | None = None,
) -> PyTree:
    """Return `like` with its leaves read from a file that `tree_serialise_leaves` wrote.

    Nothing in the file is ever run: pickled data is refused.

    Args:
        path_or_file: Where to read; a path without a suffix gets `.eqx`.
        like: A PyTree with the structure of what was written, and with leaves of the same shapes
            and types; a `jax.ShapeDtypeStruct` may stand for an array (see `filter_eval_shape`).
        filter_spec: Called with the file and each leaf of `like`; returns the leaf it read, or the
            one it was given. Or a PyTree of such functions that is a prefix of `like`.
        is_leaf: As in `jax.tree_util.tree_flatten`.

    Raises:
        RuntimeError: If a leaf cannot be read, or is not what `like` says; names its path.
    """
    structure = jtu.tree_structure(like, is_leaf=is_leaf)
    leaves = []
    with _opened(path_or_file, "rb") as file:
        for path, spec, leaf in _governed(like, filter_spec, is_leaf):
            with _named("read", path, leaf):
                loaded = spec(file, leaf)
            _check(path, leaf, loaded)
            leaves.append(loaded)
    return structure.unflatten(leaves)


@contextlib.contextmanager
def _opened(path_or_file: Any, mode: str) -> Iterator[Any]:
    if not isinstance(path_or_file, (str, os.PathLike)):
        needed = "write" if mode == "wb" else "read"
        if not callable(getattr(path_or_file, needed, None)):
            raise TypeError(
                "`path_or_file` must be a string, a `pathlib.Path` or an open binary file; it is "
                f"of type `{type(path_or_file).__name__}`. It comes first, and the PyTree second."
            )
        if isinstance(path_or_file, io.TextIOBase):
            raise RuntimeError(
                f"`path_or_file` is a file opened as text, {path_or_file!r}. Open it as bytes, by "
                f"`open(path, {mode!r})`, or give the path."
            )
        yield path_or_file
        return
    path = pathlib.Path(path_or_file)
    if path.suffix == "":
        path = path.with_suffix(".eqx")
    try:
        file = path.open(mode)
    except OSError as error:
        error.add_note(_advice(error, path_or_file, path))
        raise
    with file:
        yield file


def _advice(error: OSError, given: Any, path: pathlib.Path) -> str:
    """Return what to do if `path`, made of what was given, cannot be opened."""
    note = f"`path_or_file` is {str(given)!r}"
    if str(given) != str(path):
        note += f", and has no suffix, so that {path.suffix!r} is added"
    if path.is_dir():
        return f"{note}. It is a folder: give the path of a file."
    if not path.parent.exists():
        return f"{note}. Make its folder, by `path.parent.mkdir(parents=True)`."
    if isinstance(error, FileNotFoundError):
        files = sorted(each.name for each in path.parent.glob(f"*{path.suffix}"))[:5]
        there = ", ".join(map(repr, files)) or f"no file with suffix {path.suffix!r}"
        return f"{note}. In that folder there is {there}."
    return f"{note}. Check who may read or write it."


def _governed(
    pytree: PyTree, filter_spec: PyTree[SerialiseSpec], is_leaf: Callable[[Any], bool] | None
) -> Iterator[tuple[str, SerialiseSpec, Any]]:
    """Yield the path of each leaf, the function that is to handle it, and the leaf."""
    prefixes = jtu.tree_leaves_with_path(filter_spec)
    pairs, _ = prefix_pairs("filter_spec", filter_spec, pytree)
    for (prefix, _), (spec, subtree) in zip(prefixes, pairs, strict=True):
        for path, leaf in jtu.tree_leaves_with_path(subtree, is_leaf=is_leaf):
            yield path_name((*prefix, *path)), spec, leaf


@contextlib.contextmanager
def _named(verb: str, path: str, leaf: Any) -> Iterator[None]:
    """Turn any error inside into one that names the leaf: user code may raise anything."""
    try:
        yield
    except Exception as error:
        what = f"{type(error).__name__}: {str(error).rstrip('.')}"
        if verb == "read":
            what, advice = _of_file(error) or (what, _WHOLE)
        else:
            advice = "Give `filter_spec` a function that skips this leaf, or writes it otherwise."
        raise RuntimeError(
            f"Could not {verb} the leaf at {path} ({_kind(leaf)} in "
            f"`{'like' if verb == 'read' else 'pytree'}`): {what}. {advice}"
        ) from error


def _of_file(error: Exception) -> tuple[str, str] | None:
    """Return what is wrong with a file, and what to do, if NumPy's error tells."""
    # A header is written as Python, and not every fault in one is caught by NumPy.
    damaged = isinstance(error, (tokenize.TokenError, SyntaxError))
    for pattern, what, advice in _OF_FILES:
        match = re.search(pattern, "header" if damaged else str(error))
        if match:
            return match.expand(what), advice
    return None


def _kind(leaf: Any) -> str:
    if isinstance(leaf, (*_ARRAYS, jax.ShapeDtypeStruct)):
        return f"an array of shape {tuple(leaf.shape)} and dtype {leaf.dtype}"
    return f"of type `{type(leaf).__name__}`"


def _check(path: str, like: Any, loaded: Any) -> None:
    """Raise `RuntimeError` unless `loaded` is what `like` stands for."""
    if loaded is like:
        return
    start = f"Deserialised leaf at {path} has changed"
    advice = (
        "Make `like` as the PyTree was when it was saved: the same hyperparameters, and the same "
        "order of leaves."
    )
    arrays = (*_ARRAYS, jax.ShapeDtypeStruct)
    both_arrays = isinstance(like, arrays) and isinstance(loaded, arrays)
    if both_arrays:
        for what in ("shape", "dtype"):
            was, now = getattr(like, what), getattr(loaded, what)
            if was != now:
                raise RuntimeError(
                    f"{start} {what} from {was} in `like` to {now} on disk. {advice}"
                )
    same_kind = both_arrays and isinstance(like, np.ndarray) is isinstance(loaded, np.ndarray)
    if not same_kind and type(loaded) is not type(like):
        raise RuntimeError(
            f"{start} type from `{type(like).__name__}` in `like` to `{type(loaded).__name__}` on "
            f"disk. {advice}"
        )
