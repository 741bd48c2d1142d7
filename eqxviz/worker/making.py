"""Making a model that was chosen: with its arrays, with arrays from a file, or as shapes alone."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import jax.tree_util as jtu
from numpy.lib import format as npy

import eqxcore
from eqxviz.analysis.children import accessors
from eqxviz.analysis.leaves import is_array
from eqxviz.records import Problem, Severity
from eqxviz.worker import cards
from eqxviz.worker.leaves_file import read_leaf, written_shape

_NPY = b"\x93NUMPY"
_MAX_HEADER_BYTES = 1 << 20
_MAX_NAMED = 12


def shapes_of(make: Callable[[], Any]) -> Any:
    """Return what `make()` would return, with shapes where its arrays would be; none is made."""
    return eqxcore.filter_eval_shape(make)


def shapes_if_possible(make: Callable[[], Any]) -> Any:
    """Return the shapes of what `make()` returns, or itself where these cannot be found."""
    try:
        return shapes_of(make)
    except Exception:  # noqa: BLE001 - what cannot be traced may well be made; else that raises
        return make()


def made(
    make: Callable[[], Any], name: str, path: str, weights: str, shapes_only: bool
) -> tuple[Any, tuple[Problem, ...]]:
    """Return the model that `name` of the file `path` makes, and what is to be said of that.

    Raises:
        CardError: If making it raises, or the file `weights` does not hold its arrays.
    """
    if shapes_only:
        return called(lambda: shapes_of(make), name, path), ()
    if not weights:
        return called(make, name, path), ()
    found = called(lambda: with_weights(make, weights), name, path)
    value, n_arrays, n_bytes = found
    return value, (_left(n_arrays, n_bytes, weights),) if n_arrays or n_bytes else ()


def called(make: Callable[[], Any], name: str, path: str) -> Any:
    """Return what `make` returns; what it raises becomes a card that names `name`."""
    try:
        return make()
    except cards.CardError:
        raise
    except BaseException as error:  # the user's code may raise anything
        title = f"{name} raised {type(error).__name__}"
        raise cards.raised(error, "make-failed", title, path) from error


def hyperparameters(path: str) -> Mapping[str, Any]:
    """Return what the first line of an `.eqx` file says in JSON; nothing where there is none.

    Raises:
        CardError: If the file begins with neither an array nor a line of JSON.
    """
    with open(path, "rb") as file:
        start = _arrays_start(file, path)
        file.seek(0)
        said = json.loads(file.read(start)) if start else {}
    return said if isinstance(said, dict) else {}


def with_weights(make: Callable[[], Any], path: str) -> tuple[Any, int, int]:
    """Return the model that `make` makes, with its arrays and numbers read from an `.eqx` file.

    Where the shapes of the model can be found without making it, it is not made. Comes with the
    number of arrays that the file holds beyond the model's, and of bytes after these.

    Raises:
        CardError: If the file does not hold the arrays of that model.
    """
    like = shapes_if_possible(make)
    with open(path, "rb") as file:
        start = _arrays_start(file, path)
        file.seek(start)
        try:
            model = eqxcore.tree_deserialise_leaves(file, like, read_leaf)
        except RuntimeError as error:
            file.seek(start)
            raise _mismatch(like, file, path, str(error)) from error
        return model, _count(file), _n_left(file)


def _left(n_arrays: int, n_bytes: int, weights: str) -> Problem:
    said = [f"{n_arrays} of its arrays"] if n_arrays else []
    said += [f"{n_bytes:,} bytes at its end, which are no array"] if n_bytes else []
    what = " and ".join(said)
    return Problem(
        "weights-left", Severity.NOTE, f"{Path(weights).name} holds more than this model",
        f"{what} were not read; every leaf of the model was.",
        "If they belong to it, make the model as it was when the file was saved.", weights,
    )  # fmt: skip


def _arrays_start(file: BinaryIO, path: str) -> int:
    """Return the byte at which the arrays of an `.eqx` file begin: after a line of JSON, if any."""
    line = file.readline(_MAX_HEADER_BYTES)
    if line.startswith(_NPY):
        return 0
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        is_headed = False
    else:
        is_headed = file.read(len(_NPY)) in (_NPY, b"")
    if is_headed and line:
        return len(line)
    raise cards.error(
        "not-weights", f"{Path(path).name} holds no leaves of a PyTree",
        "It is empty." if not line else "It begins with neither an array nor a line of JSON "
        f"before one, but with {line[:24]!r}.",
        "Give a file that tree_serialise_leaves wrote.", path,
    )  # fmt: skip


def _mismatch(like: Any, file: BinaryIO, path: str, said: str) -> cards.CardError:
    """Return the card that names, by path, what the file holds instead of the leaves of `like`."""
    differences: list[str] = []
    pairs = jtu.tree_leaves_with_path(like)
    leaves = [(path, written_shape(leaf)) for path, leaf in pairs if _is_written(leaf)]
    n_read, is_cut = 0, False
    for place, leaf in leaves:
        found = _next_header(file)
        if found is None:
            is_cut = _n_left(file) > 0
            break
        n_read += 1
        expected = _kind(leaf)
        if found[0] != expected[0] or _differ(found[1], expected[1]):
            differences.append(
                f"model{accessors(place)}: {expected[1]}{list(expected[0])} is expected, the file "
                f"has {found[1]}{list(found[0])}"
            )
    fix = "Make the model as it was when the file was saved: the same hyperparameters and layers."
    if is_cut:
        where = f"model{accessors(leaves[n_read][0])}"
        if not differences:
            fix = "Save or copy the file again: it is cut off, or damaged."
        differences.append(f"the file ends within leaf {n_read + 1} of {len(leaves)}, {where}")
    elif n_read < len(leaves):
        differences.append(f"the file ends after {n_read} of the {len(leaves)} leaves")
    elif more := _count(file):
        differences.append(f"the file holds {more} arrays more than the model")
    shown = differences[:_MAX_NAMED]
    if len(differences) > _MAX_NAMED:
        shown.append(f"and {len(differences) - _MAX_NAMED} more")
    why = "; ".join(shown) + "." if shown else said
    if why.startswith("the file"):
        why = cards.sentence(why)
    return cards.error(
        "weights-mismatch", f"{Path(path).name} does not fit the model",
        why, fix, path, detail="" if is_cut else said,
    )  # fmt: skip


def _is_written(leaf: Any) -> bool:
    return is_array(leaf) or isinstance(leaf, (bool, int, float, complex))


def _kind(leaf: Any) -> tuple[tuple[int, ...], str]:
    return (tuple(leaf.shape), str(leaf.dtype)) if is_array(leaf) else ((), type(leaf).__name__)


def _differ(found: str, expected: str) -> bool:
    """Whether a dtype is not the one that is due. NumPy keeps those that it lacks as bytes."""
    if expected in ("bool", "int", "float", "complex"):
        return not found.startswith(expected)
    return found != expected and not found.startswith("|V")


def _next_header(file: BinaryIO) -> tuple[tuple[int, ...], str] | None:
    """Return shape and dtype of the next array, and go past it.

    None at the end, and in a ruin, before which it stays.
    """
    start = file.tell()
    try:
        version = npy.read_magic(file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = read(file)
    except Exception:  # noqa: BLE001 - NumPy parses it as Python, and says so in many ways
        file.seek(start)
        return None
    n_bytes = dtype.itemsize
    for n in shape:
        n_bytes *= n
    if n_bytes > _n_left(file):
        file.seek(start)
        return None
    file.seek(n_bytes, 1)
    return shape, str(dtype)


def _count(file: BinaryIO) -> int:
    n = 0
    while _next_header(file) is not None:
        n += 1
    return n


def _n_left(file: BinaryIO) -> int:
    """Return the number of bytes from where `file` is to its end."""
    at = file.tell()
    end = file.seek(0, os.SEEK_END)
    file.seek(at)
    return end - at
