"""`.eqxrun` files: whole runs for other people and machines, a zip with a folder for each run.

A run's folder holds its store, what it printed, and what was written on it. Only files of these
names are taken out; nothing in them is unpickled or run.
"""

import errno
import os
import re
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from eqxviz.store.connecting import StoreError, connected, explained, mode_to_read
from eqxviz.store.model_file import write_whole
from eqxviz.store.run_reader import FILE_NAME, RunReader
from eqxviz.store.summary import LABELS_FILE, RunSummary

_FILES = (FILE_NAME, "output.txt", LABELS_FILE)
_ID = re.compile(r"\w[\w.-]{0,199}")
_BLOCK = 1 << 20
_PAGES = 1 << 10  # of SQLite, copied between two looks whether to go on
_BUSY_SECONDS = 10.0
# What `zipfile` raises, of one that needs a password, too.
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


class KnownRunError(StoreError):
    """Raised when runs are to be taken in of which some are there already: `ids`."""

    def __init__(self, path: Path, ids: Sequence[str]) -> None:
        super().__init__(f"{path}: {', '.join(ids)} is among the runs already")
        self.ids = tuple(ids)


def write_archive(path: Path, runs: Sequence[RunSummary], go: Callable[[int], None]) -> None:
    """Write `runs` to `path` in one step; one that goes on is written as it is now.

    `go` is told how many points have been written; what it raises ends the writing.

    Raises:
        StoreError: If a run cannot be read.
        OSError: If the file cannot be written.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    with tempfile.TemporaryDirectory(prefix=".eqxviz-", dir=path.parent) as scratch:
        write_whole(path, _parts(runs, Path(scratch), go))


def take_in(path: Path, folder: Path) -> list[str]:
    """Put the runs of an archive into the folder of all runs, all or none; return their ids.

    Raises:
        KnownRunError: If one of its runs is there already.
        StoreError: If it is no archive of runs, is damaged or of a newer version.
        OSError: If it cannot be read, or the runs cannot be written.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = _checked(archive, path)
            ids = list(dict.fromkeys(id for id, _ in members))
            if there := [id for id in ids if (folder / id).exists()]:
                raise KnownRunError(path, there)
            n_bytes, free = sum(m.file_size for m in members.values()), _free(folder)
            if n_bytes > free:
                raise StoreError(f"{path} needs {n_bytes:,} bytes in {folder}; {free:,} are free")
            with tempfile.TemporaryDirectory(prefix=".eqxviz-", dir=folder) as scratch:
                for (id, name), member in members.items():
                    target = Path(scratch, id, name)
                    target.parent.mkdir(mode=0o700, exist_ok=True)
                    with archive.open(member) as read, open(target, "xb") as written:
                        shutil.copyfileobj(read, written, _BLOCK)
                for id in ids:
                    RunReader.open(Path(scratch, id)).close()  # or raises why it cannot be read
                for id in ids:
                    Path(scratch, id).rename(folder / id)
    except _DAMAGED as error:
        raise StoreError(f"{path} is no archive of runs, or is damaged: {error}") from error
    return ids


def _free(folder: Path) -> int:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return shutil.disk_usage(folder).free


def _checked(archive: zipfile.ZipFile, path: Path) -> dict[tuple[str, str], zipfile.ZipInfo]:
    """Return what is in an archive by run and file, if it is all of runs.

    Raises:
        StoreError: If anything else is in it: a path that leads elsewhere, for instance.
    """
    members: dict[tuple[str, str], zipfile.ZipInfo] = {}
    for member in archive.infolist():
        id, _, name = member.filename.partition("/")
        if _ID.fullmatch(id) is None or name not in _FILES or (id, name) in members:
            raise StoreError(
                f"{path} holds {member.filename!r}, which is no file of a run; nothing was taken "
                "out of it"
            )
        members[id, name] = member
    if not members or any((id, FILE_NAME) not in members for id, _ in members):
        raise StoreError(f"{path} holds no run, or one without its points")
    return members


def _parts(runs: Sequence[RunSummary], scratch: Path, go: Callable[[int], None]) -> Iterator[bytes]:
    sink, n_before = _Sink(), 0
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]  # it is only written to
        for run in runs:
            store = _snapshot(run, scratch, partial(go, n_before))
            n_read, n_bytes = 0, max(store.stat().st_size, 1)
            for name in _FILES:
                source = store if name == FILE_NAME else run.folder / name
                if not source.is_file():
                    continue
                member = zipfile.ZipInfo.from_file(
                    source, f"{run.id}/{name}", strict_timestamps=False
                )
                member.compress_type = zipfile.ZIP_DEFLATED
                with open(source, "rb") as read, archive.open(member, "w", force_zip64=True) as to:
                    while block := read.read(_BLOCK):
                        to.write(block)
                        yield sink.taken()
                        n_read += len(block) if source is store else 0
                        go(n_before + run.n_points * n_read // n_bytes)
            n_before += run.n_points
    yield sink.taken()


def _snapshot(run: RunSummary, scratch: Path, go: Callable[[], None]) -> Path:
    """Return a copy of a run's store as it is at one moment."""
    source, target = run.folder / FILE_NAME, scratch / FILE_NAME

    def look(_status: int, _n_left: int, _n_all: int) -> None:
        go()

    target.unlink(missing_ok=True)
    try:
        with (
            connected(source, mode_to_read(source), _BUSY_SECONDS) as read,
            connected(target, "rwc", _BUSY_SECONDS) as written,
        ):
            read.backup(written, pages=_PAGES, progress=look)
            read.close()
            # One file, and none beside it.
            written.execute("PRAGMA journal_mode = DELETE")
            if run.is_live:
                with written:
                    written.execute("INSERT OR REPLACE INTO meta VALUES ('copy', '1')")
            written.close()
    except sqlite3.Error as error:
        raise explained(source, "cannot be copied", error) from error
    return target


class _Sink:
    """What a zip is written to, piece by piece."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        self._waiting += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: what was written is taken when there is a need for it."""

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken
