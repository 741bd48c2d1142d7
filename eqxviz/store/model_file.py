"""`.eqxviz` files: what was seen of one model, for someone who has neither its code nor its arrays.

A line of text that says what it is and in which version, then the frames of `records.codec`: the
model, then questions and their answers in turn. Nothing is pickled, and nothing in it is run.
"""

import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from eqxviz.records import CodecError, ModelTree, NodeKind, OpenedModel, Record, ShareKind
from eqxviz.records.codec import PREFIX, VERSION, decode, decode_prefix, encode

_WORDS = b"eqxviz records "
_FIRST_LINE = _WORDS + str(VERSION).encode() + b"\n"
_MAX_FIRST_LINE = 32


class KeptFile(NamedTuple):
    """What a file holds."""

    model: OpenedModel
    answers: tuple[tuple[Record, Record], ...]


def write_model(
    path: Path, model: OpenedModel, answers: Iterable[tuple[Record, Record]] = ()
) -> None:
    """Write a model and what is known of it, in one step: a file that is there stays until then.

    Raises:
        OSError: If the file cannot be written.
    """
    frames = (model, *(record for pair in answers for record in pair))
    write_whole(path, _parts(frames))


def write_text(path: Path, parts: Iterable[str]) -> None:
    """Write `parts` as `write_whole` does, as UTF-8; half of a surrogate pair becomes "?"."""
    write_whole(path, (part.encode("utf-8", "replace") for part in parts))


def write_whole(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """Write `parts` to `path` in one step: either all of it is there, or what was there before.

    Raises:
        OSError: If it cannot be written: no such folder, no room, a folder of that name.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if path.exists() and not path.is_file():  # a pipe, or a device: it is no file to be replaced
        with open(path, "wb") as file:
            file.writelines(parts)
        return
    path = path.resolve()  # a link stays one
    fresh = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.new")
    try:
        with open(fresh, "xb") as file:
            file.writelines(parts)
        os.replace(fresh, path)
    except OSError as error:
        if error.filename == str(fresh):  # a name that the user has not heard of
            error.filename = str(path)
        raise
    finally:
        fresh.unlink(missing_ok=True)


def read_model(path: Path) -> KeptFile:
    """Return what `write_model` wrote.

    Raises:
        CodecError: If the file is none of this version, is damaged, or contradicts itself.
        OSError: If it cannot be read.
    """
    content = memoryview(path.read_bytes())
    _check_first_line(bytes(content[:_MAX_FIRST_LINE]))
    records = list(_records(content[len(_FIRST_LINE) :]))
    if not records or not isinstance(records[0], OpenedModel):
        raise CodecError("the file does not begin with a model")
    if len(records) % 2 == 0:
        raise CodecError("the last question in the file has no answer")
    _check_tree(records[0].tree)
    return KeptFile(records[0], tuple(zip(records[1::2], records[2::2], strict=True)))


def _parts(records: Iterable[Record]) -> Iterator[bytes | memoryview]:
    yield _FIRST_LINE
    for record in records:
        yield from encode(record)


def _check_first_line(start: bytes) -> None:
    if start.startswith(_FIRST_LINE):
        return
    line = start.partition(b"\n")[0]
    version = line.removeprefix(_WORDS)
    if line.startswith(_WORDS) and version.isdigit():
        age = "a newer" if int(version) > VERSION else "an older"
        raise CodecError(
            f"it was written by {age} eqxviz, in version {int(version)} of its records; this one "
            f"reads version {VERSION}"
        )
    raise CodecError("it is no file of eqxviz's records")


def _records(content: memoryview) -> Iterator[Record]:
    while len(content):
        if len(content) < PREFIX.size:
            raise CodecError("the file is cut off")
        n_header, n_payload = decode_prefix(bytes(content[: PREFIX.size]))
        header_end = PREFIX.size + n_header
        end = header_end + n_payload
        if end > len(content):
            raise CodecError(f"the file is cut off: {end - len(content):,} bytes are missing")
        yield decode(bytes(content[PREFIX.size : header_end]), content[header_end:end])[1]
        content = content[end:]


def _check_tree(tree: ModelTree) -> None:
    """Raise `CodecError` unless the children of each node are where the tree says they are.

    A worker's tree is made so; a stranger's file may say that a node is its own child.
    """
    n = len(tree)
    if not tree.is_complete:
        raise CodecError("the tree in the file is not whole")
    counts = np.bincount(tree.parent[1:], minlength=n)
    if np.any(counts != tree.n_children) or np.any(np.diff(tree.parent) < 0):
        raise CodecError("the nodes of the tree contradict their parents")
    inner = np.flatnonzero(counts)
    first = tree.first_child[inner]
    if np.any(first < 0) or np.any(first >= n) or np.any(tree.parent[first] != inner):
        raise CodecError("the nodes of the tree contradict their children")
    if np.any(tree.kind > max(NodeKind)) or np.any(tree.share_kind > max(ShareKind)):
        raise CodecError("a node of the tree is of a kind that there is not")
    if np.any(tree.share_members < 0) or np.any(tree.shapes.dims < 0):
        raise CodecError("a place or a shape in the tree is below zero")
