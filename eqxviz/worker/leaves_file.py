"""Writing the leaves of a PyTree to a file of Equinox's format, whole or not at all."""

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import jax
import numpy as np

import eqxcore
from eqxviz.analysis import compat
from eqxviz.analysis.cancelled import CancelledError
from eqxviz.analysis.leaves import is_array
from eqxviz.records import FILE_EXISTS, Saved
from eqxviz.worker import cards, half_written

_SUFFIX = ".eqx"
_WRITTEN = (bool, int, float, complex, np.generic)
_FIXES = {
    errno.ENOSPC: "Make room on that disk, or save to another one.",
    errno.EDQUOT: "Make room within your quota, or save elsewhere.",
    errno.EACCES: "Save to a folder that you may write to.",
    errno.EPERM: "Save to a folder that you may write to.",
    errno.EROFS: "Save to a folder that you may write to.",
    errno.ENOENT: "Make the folder first, or save to another one.",
    errno.EISDIR: "Name a file, not a folder.",
}


def write_leaves(
    tree: Any,
    path: str,
    *,
    replaces: bool = False,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Saved:
    """Write `tree` to `path`, which gets the suffix .eqx if it has none.

    Until all of it is written it has another name, so that whoever finds the file finds it whole.
    A typed PRNG key, for which the format has no form, is written as its data.

    Raises:
        CardError: If nothing can be written: says why.
        CancelledError: When `is_cancelled`.
    """
    start = time.monotonic()
    file = Path(path)
    file = file if file.suffix else file.with_suffix(_SUFFIX)
    _refuse_shapes(tree, file)
    if file.exists() and not replaces:
        raise cards.error(
            FILE_EXISTS, f"There is a {file.name} already", f"{file} would be lost.",
            "Replace it, or choose another name.", str(file),
        )  # fmt: skip
    n_leaves, n_keys = 0, 0

    def write(stream: Any, leaf: Any) -> None:
        nonlocal n_leaves, n_keys
        if is_cancelled():
            raise CancelledError
        if _is_key(leaf):
            n_keys += 1
            leaf = _key_data(leaf)
        n_leaves += is_array(leaf) or isinstance(leaf, _WRITTEN)
        eqxcore.default_serialise_filter_spec(stream, leaf)

    try:
        with _written_whole(file) as stream:
            eqxcore.tree_serialise_leaves(stream, tree, write)
            if not n_leaves:
                raise _nothing(file)
            n_bytes = stream.tell()
    except OSError as error:
        raise _not_written(error, file) from error
    except RuntimeError as error:
        if isinstance(error.__cause__, CancelledError):
            raise error.__cause__ from None
        if isinstance(error.__cause__, OSError):
            raise _not_written(error.__cause__, file) from error
        raise cards.error(
            "not-saved", f"{file.name} was not written", str(error),
            "Save a part of the tree that has its values.", str(file),
        ) from error  # fmt: skip
    return Saved(str(file), n_leaves, n_bytes, n_keys, time.monotonic() - start)


def read_leaf(stream: Any, like: Any) -> Any:
    """Return what stands in `stream` for the leaf `like`; a typed PRNG key is made of its data."""
    if not _is_key(like):
        return eqxcore.default_deserialise_filter_spec(stream, like)
    impl: list[Any] = []
    # Traced, for a mere shape of a key does not tell its implementation otherwise.
    jax.eval_shape(lambda key: impl.append(jax.random.key_impl(key)), like)
    data = eqxcore.default_deserialise_filter_spec(stream, key_data_shape(like))
    return jax.random.wrap_key_data(data, impl=impl[0])


def written_shape(leaf: Any) -> Any:
    """Return `leaf`, or the shape of what is written in the place of a typed PRNG key."""
    return key_data_shape(leaf) if _is_key(leaf) else leaf


def key_data_shape(key: Any) -> Any:
    """Return the shape and dtype of the data of a typed PRNG key, or of its shape."""
    return jax.eval_shape(jax.random.key_data, key)


def on_host(tree: Any) -> Any:
    """Return `tree` with copies of its arrays in the host's memory, keys as their data.

    All copies are begun before one of them is waited for.
    """
    leaves, structure = jax.tree_util.tree_flatten(tree)
    leaves = [_key_data(leaf) if _is_key(leaf) else leaf for leaf in leaves]
    for leaf in leaves:
        if isinstance(leaf, jax.Array) and leaf.is_fully_addressable:
            leaf.copy_to_host_async()
    is_copied = (np.ndarray, jax.Array)
    return structure.unflatten(
        [np.array(leaf, copy=True) if isinstance(leaf, is_copied) else leaf for leaf in leaves]
    )


def _is_key(leaf: Any) -> bool:
    return is_array(leaf) and compat.is_key_dtype(leaf.dtype)


def _key_data(key: Any) -> Any:
    return np.asarray(jax.random.key_data(key))


@contextlib.contextmanager
def _written_whole(file: Path) -> "Iterator[_Plain]":
    """Open a file to be written, which is `file` once all is written, and else is gone."""
    handle, name = half_written.begin(file)
    try:
        stream: BinaryIO
        with open(handle, "wb") as stream:
            yield _Plain(stream)
            stream.flush()
            os.fsync(stream.fileno())
        if not file.exists():
            os.chmod(name, 0o666 & ~_umask())  # a temporary file is readable by its owner alone
        else:
            os.chmod(name, file.stat().st_mode & 0o777)
        os.replace(name, file)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


class _Plain:
    """What is written to, and no file to NumPy: that writes to files past Python.

    Then it cannot say why it fails.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.write, self.tell = stream.write, stream.tell


def _umask() -> int:
    # The process's own can be read only by setting it, which other threads would notice.
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0o077
    return int(status.partition("Umask:")[2].split()[0], 8)


def _refuse_shapes(tree: Any, file: Path) -> None:
    if any(isinstance(leaf, jax.ShapeDtypeStruct) for leaf in jax.tree_util.tree_leaves(tree)):
        raise cards.error(
            "not-saved", f"{file.name} was not written",
            "The model was opened as shapes: its arrays have no values.",
            "Open it with its arrays, and save it then.", str(file),
        )  # fmt: skip


def _nothing(file: Path) -> cards.CardError:
    return cards.error(
        "not-saved", f"{file.name} was not written",
        "There is neither an array nor a number in this part of the tree.",
        "Save a part that holds arrays.", str(file),
    )  # fmt: skip


def _not_written(error: OSError, file: Path) -> cards.CardError:
    why = error.strerror or str(error)
    if error.errno == errno.ENOENT:
        why = f"The folder {file.parent} does not exist"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        why = f"{why}: {file.parent} cannot be written to"
    fix = _FIXES.get(error.errno or 0, "Save elsewhere.")
    title = f"{file.name} was not written"
    return cards.error("not-saved", title, cards.sentence(why), fix, str(file))
