"""Reading the open model's file again when it is saved."""

from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal
from PySide6.QtGui import QAction

from eqxviz.gui.settings import RELOAD_WHEN_SAVED, Settings
from eqxviz.session.imports import files_behind
from eqxviz.session.session import Session

QUIET_MS = 150  # an editor that saves touches a file several times
_Stamp = tuple[int, int, int]  # when it was written, how large it is, which file it is


class FileWatch(QObject):
    """Watches the file that is open, its weights, and the modules beside it that it imports.

    An editor may write a file in place or put another one in its place: the folders are watched
    too, and what counts is whether a file differs from what it was when it was last read.

    Signals:
        watched: `files` are others.
    """

    watched = Signal()

    def __init__(self, session: Session, settings: Settings, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._settings = settings
        self._read: dict[str, _Stamp] = {}  # the files as they were when the model was made
        self._source: object = None
        self._is_reading = False
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(self._on_touched)
        self._watcher.directoryChanged.connect(self._on_touched)
        self._quiet = QTimer(self, singleShot=True, interval=QUIET_MS)
        self._quiet.timeout.connect(self._on_quiet)
        session.model_changed.connect(self._on_model_changed)

    @property
    def is_on(self) -> bool:
        """Whether files are read again when they are saved."""
        return self._settings[RELOAD_WHEN_SAVED]

    @property
    def files(self) -> tuple[str, ...]:
        """The files that are watched."""
        return tuple(self._read)

    def switch(self) -> None:
        """Read files again when they are saved from now on, or do not."""
        self._settings[RELOAD_WHEN_SAVED] = not self.is_on
        self._on_touched()

    def bind(self, action: QAction) -> None:
        """Let `action` show whether this is on."""
        action.setCheckable(True)
        action.setChecked(self.is_on)

    def close(self) -> None:
        """Watch nothing more."""
        self._session.model_changed.disconnect(self._on_model_changed, missing_ok=True)
        self._quiet.stop()
        self._watch({})

    def _on_model_changed(self) -> None:
        session = self._session
        is_reading = session.model_state == "working"
        source = session.source
        if source is None or source.kind != "file":
            self._watch({})
        elif is_reading and not self._is_reading:
            # Before the worker reads it: what is saved from now on is news.
            known = set(self._read) if source.path in self._read else set[str]()
            files = dict.fromkeys((source.path, source.weights, *sorted(known)))
            self._watch({path: _stamp(path) for path in files if path})
        elif self._is_reading and not is_reading:
            self._on_touched()  # it may have been saved meanwhile
            path = source.path
            session.in_background(lambda: files_behind(path), self._on_files_known)
        self._is_reading = is_reading

    def _on_files_known(self, files: tuple[str, ...]) -> None:
        source = self._session.source
        if source is not None and files and files[0] == source.path and self._read:
            whole = (*files, source.weights) if source.weights else files
            self._watch({path: self._read.get(path) or _stamp(path) for path in whole})

    def _watch(self, read: dict[str, _Stamp]) -> None:
        before, self._read = set(self._read), read
        wanted = {*read, *(str(Path(path).parent) for path in read)}
        watched = {*self._watcher.files(), *self._watcher.directories()}
        if gone := sorted(watched - wanted):
            self._watcher.removePaths(gone)
        if new := sorted(path for path in wanted - watched if Path(path).exists()):
            self._watcher.addPaths(new)
        if set(read) != before:
            self.watched.emit()

    def _on_touched(self) -> None:
        if self.is_on and self._read:
            self._quiet.start()

    def _on_quiet(self) -> None:
        if self._session.model_state == "working" or not self.is_on:
            return  # it is looked at again when the model is there
        self._watch(self._read)  # a file that was replaced is no longer watched
        changed = [path for path, stamp in self._read.items() if _stamp(path) != stamp]
        # A file that is not there just now is being replaced.
        if changed and all(_stamp(path)[2] for path in changed):
            self._session.reload()


def _stamp(path: str) -> _Stamp:
    """Return what tells a file from another version of it; zeros where there is none."""
    try:
        state = Path(path).stat()
    except OSError:
        return 0, 0, 0
    return state.st_mtime_ns, state.st_size, state.st_ino
