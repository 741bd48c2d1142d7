"""All runs of this user: listed, labelled, deleted, opened."""

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from eqxviz.store.connecting import StoreError
from eqxviz.store.index import Files, Index
from eqxviz.store.run_store import RunStore
from eqxviz.store.summary import Labels, RunSummary, read_summary


class Library:
    """The runs under one folder, each in a folder of its own, whose name is the run's id.

    Any number of processes may use the same folder at once. `is_live` tells whether the process of
    the run in a folder is still there.
    """

    def __init__(self, folder: Path, is_live: Callable[[Path], bool]) -> None:
        self.folder = folder
        self._is_live = is_live
        self._index = Index(folder)

    def runs(self) -> list[RunSummary]:
        """Return all runs, the newest first. A run that cannot be read says so in its summary.

        Raises:
            StoreError: If the folder of all runs cannot be read.
        """
        kept = self._index.read()
        found: list[RunSummary] = []
        fresh: list[tuple[RunSummary, str]] = []
        for id in self._ids():
            files = Files.of(self.folder / id)
            if files is None:
                continue
            run = self._index.summary(id, files, kept.get(id))
            if run is None:
                run = self._summary(id, files)
                now = Files.of(run.folder) if not run.is_live and not run.problem else None
                if now is not None:
                    run = replace(run, n_bytes=now.n_bytes)
                    # Else it was written meanwhile, or reading tidied up behind a run that was
                    # killed: the next time tells.
                    if now.stamp == files.stamp:
                        fresh.append((run, now.stamp))
            found.append(run)
        self._index.write(fresh, kept.keys() - {run.id for run in found})
        return sorted(found, key=lambda run: (-run.started, run.id))

    def run(self, id: str) -> RunSummary:
        """Return the summary of one run.

        Raises:
            StoreError: If there is no such run.
        """
        files = Files.of(self._folder_of(id))
        if files is None:
            raise StoreError(f"there is no run {id} in {self.folder}; it may have been deleted")
        return self._summary(id, files)

    def tag(self, id: str, tags: Iterable[str]) -> None:
        """Give a run these tags in place of those it has.

        Raises:
            StoreError: If there is no such run, or its folder cannot be written.
        """
        kept = dict.fromkeys(word for tag in tags if (word := tag.strip()))
        self._label(id, tags=tuple(kept))

    def rename(self, id: str, name: str) -> None:
        """Call a run `name`; "" calls it as its script again.

        Raises:
            StoreError: If there is no such run, or its folder cannot be written.
        """
        self._label(id, name=name.strip())

    def note(self, id: str, text: str) -> None:
        """Write a note on a run, in place of the one it has.

        Raises:
            StoreError: If there is no such run, or its folder cannot be written.
        """
        self._label(id, note=text)

    def delete(self, ids: Sequence[str]) -> None:
        """Delete runs with all their files.

        Raises:
            StoreError: If one of them is still going on: then none is deleted. Or if a folder
                cannot be deleted.
        """
        folders = [self._folder_of(id) for id in ids]
        live = [id for id in ids if self._goes_on(id)]
        if live:
            raise StoreError(f"{', '.join(live)} cannot be deleted while it goes on; stop it first")
        for folder in folders:
            try:
                shutil.rmtree(folder)
            except FileNotFoundError:
                continue  # another process was first
            except OSError as error:
                raise StoreError(
                    f"{folder} cannot be deleted: {error}; check its permissions"
                ) from error

    def take_in(self, path: Path) -> list[str]:
        """Put the runs of an archive among these; return their ids. Raises as `archive.take_in`."""
        from eqxviz.store.archive import take_in  # a worker has no need for it

        return take_in(path, self.folder)

    def open(self, id: str) -> RunStore:
        """Return the store of a run, for reading.

        Raises:
            StoreError: If there is no such run, or it cannot be read.
        """
        return RunStore.open(self._folder_of(id))

    def _folder_of(self, id: str) -> Path:
        if id in ("", ".", "..") or Path(id).name != id:
            raise StoreError(f"{id!r} is no run: the name of its folder is meant")
        return self.folder / id

    def _label(self, id: str, **changes: str | tuple[str, ...]) -> None:
        folder = self._folder_of(id)
        replace(Labels.read(folder), **changes).write(folder)

    def _goes_on(self, id: str) -> bool:
        """Return whether a run has a process and no end; after that the process only answers."""
        if not self._is_live(self.folder / id):
            return False
        files = Files.of(self.folder / id)
        return files is None or self._summary(id, files).is_live

    def _summary(self, id: str, files: Files) -> RunSummary:
        folder = self.folder / id
        return read_summary(folder, files.n_bytes, self._is_live(folder))

    def _ids(self) -> list[str]:
        try:
            with os.scandir(self.folder) as entries:
                return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        except FileNotFoundError:
            return []  # there was no run yet
        except OSError as error:
            raise StoreError(
                f"{self.folder} cannot be read: {error}; check its permissions"
            ) from error
