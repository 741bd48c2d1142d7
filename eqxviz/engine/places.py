"""Where workers and runs are kept on disk, and which runs are still going on."""

import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM
from socket import socket as Socket  # noqa: N812 - `Place.socket` is a path
from typing import Any

from eqxviz.engine.launch import Launch
from eqxviz.engine.process import is_listened_to, private_folder, stamp, write_private
from eqxviz.engine.recent import from_text, to_text

# The kernel's limit of a socket's path, less what comes after the folder and the zero at its end.
_MAX_SOCKET_FOLDER = 107 - len("/inspector-01234567/0123456789ab.sock")
_INSPECTOR, _SHOWN, _CHECK = "inspector-", "shown-", "check-"
_YOUNG_SECONDS = 120.0  # a worker that is just being started does not listen yet
_RUN_FILE = "run.json"


@dataclass(frozen=True)
class Place:
    """Where one worker can be met. The token is what it asks of whoever connects."""

    folder: Path  # holds output.txt; of a run, its store too
    socket: Path
    token_file: Path

    @property
    def output(self) -> Path:
        """The file that both its streams go to."""
        return self.folder / "output.txt"

    def connect(self) -> Socket:
        """Return a connection to the worker.

        Raises:
            OSError: If nobody listens.
        """
        sock = Socket(AF_UNIX, SOCK_STREAM)
        try:
            sock.connect(str(self.socket))
        except OSError:
            sock.close()
            raise
        return sock

    def token(self) -> str:
        """Return what the worker asks of whoever connects.

        Raises:
            OSError: If the worker is gone.
        """
        return self.token_file.read_text().strip()

    def remove_socket(self) -> None:
        """Take away what is of no use once the worker is gone."""
        self.socket.unlink(missing_ok=True)
        self.token_file.unlink(missing_ok=True)


@dataclass(frozen=True)
class RunInfo:
    """A run as its folder tells it to other windows, or a process that shows something."""

    folder: str
    pid: int
    stamp: str  # of the process: the same pid can come again
    socket: str
    token_file: str
    script: str
    argv: tuple[str, ...]
    started: float  # seconds since 1970
    name: str = ""  # what the user calls it
    is_captured: bool = False  # the user's own process: it is never ended from a window
    origin: str = ""  # of a copy: the run that goes on elsewhere, as its `Welcome.run` says
    launch: str = ""  # as `recent.to_text` writes it; "" if it was not launched by eqxviz

    @property
    def title(self) -> str:
        """What it is called in a list."""
        from eqxviz.records.naming import script_name

        return self.name or script_name(self.script) or "Python session"

    @property
    def place(self) -> Place:
        """Where its worker can be met."""
        return Place(Path(self.folder), Path(self.socket), Path(self.token_file))

    @property
    def is_live(self) -> bool:
        """Whether its process is still there."""
        return bool(self.stamp) and stamp(self.pid) == self.stamp

    @property
    def launched_as(self) -> Launch | None:
        """How it was launched, but for values of variables that are secret; None: not by eqxviz."""
        recent = from_text(self.launch)
        return recent.launch if recent is not None else None

    @staticmethod
    def of(
        place: Place,
        pid: int,
        stamp: str,
        script: str,
        argv: Sequence[str],
        name: str = "",
        *,
        is_captured: bool = False,
        launch: Launch | None = None,
    ) -> "RunInfo":
        """Return the run of a process that was started now."""
        return RunInfo(
            folder=str(place.folder),
            pid=pid,
            stamp=stamp,
            socket=str(place.socket),
            token_file=str(place.token_file),
            script=script,
            argv=tuple(argv),
            started=time.time(),
            name=name,
            is_captured=is_captured,
            launch=to_text(launch.anchored()) if launch is not None else "",
        )

    @staticmethod
    def read(folder: Path) -> "RunInfo | None":
        """Return what `write` kept in `folder`; None if there is nothing that can be read."""
        try:
            kept: dict[str, Any] = json.loads((folder / _RUN_FILE).read_text())
            return replace(RunInfo(**kept), argv=tuple(kept["argv"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None  # half written by a window that was killed, or by another version

    def write(self) -> None:
        """Keep it in its folder."""
        write_private(Path(self.folder) / _RUN_FILE, json.dumps(asdict(self), indent=1))


class Places:
    """Makes places for workers, under one folder for runs and one for sockets."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._runs: Path | None = None  # once it was looked whether it can be written
        self.why_elsewhere = ""  # why runs are kept among temporary files

    def of_run(self, script: str | Path) -> Place:
        """Return a fresh place for a run of `script`; its folder stays after the run."""
        from eqxviz.records.naming import script_name

        return place_in(self.fresh_folder(Path(script_name(str(script))).stem))

    def fresh_folder(self, name: str) -> Path:
        """Return the new folder of a run that is called `name`."""
        stem = "".join(c if c.isalnum() or c in "._-" else "-" for c in name)[:40]
        unique = f"{time.strftime('%Y%m%d-%H%M%S')}-{stem}-{secrets.token_hex(2)}"
        return private_folder(self.runs_folder() / unique)

    def of_copy(self, origin: str, script: str, name: str) -> Path:
        """Return the folder of the copy of a run that goes on elsewhere, a fresh one at first.

        `origin` tells that run from all others.
        """
        read = (RunInfo.read(path.parent) for path in self.runs_folder().glob(f"*/{_RUN_FILE}"))
        for run in read:
            if run is not None and run.origin == origin:
                return Path(run.folder)
        folder = self.fresh_folder(name or Path(script).stem)
        nobody = Place(folder, Path(), Path())
        replace(RunInfo.of(nobody, -1, "", script, (), name), origin=origin).write()
        return folder

    def of_inspector(self) -> Place:
        """Return a fresh place for a worker that runs nothing; its folder is to be removed."""
        return _passing_place(_INSPECTOR)

    def of_check(self) -> Place:
        """Return a fresh place for a run that is not kept; its folder is to be removed."""
        return _passing_place(_CHECK)

    def live_runs(self) -> list[RunInfo]:
        """Return the runs whose process is still there, newest first; clean up after the others."""
        read = (RunInfo.read(path.parent) for path in self.runs_folder().glob(f"*/{_RUN_FILE}"))
        found = [run for run in read if run is not None]
        for run in found:
            if run.stamp and not run.is_live:
                end_run(Path(run.folder))
        live = [run for run in found if run.is_live]
        return sorted(live, key=lambda run: -run.started)

    def runs_folder(self) -> Path:
        """Return the folder that holds a folder for each run.

        Where the user's own cannot be written, in a home that can only be read for instance, it is
        one among the temporary files, and `why_elsewhere` tells why.

        Raises:
            OSError: If the folder that was asked for cannot be written.
        """
        if self._runs is not None:
            return private_folder(self._runs)
        if self._folder is not None:
            self._runs = private_folder(self._folder / "runs")
            return self._runs
        from platformdirs import user_state_path  # 20 ms, and not needed to open a window

        runs = user_state_path("eqxviz", appauthor=False) / "runs"
        try:
            private_folder(runs)
            if not os.access(runs, os.W_OK | os.X_OK):
                raise PermissionError(f"{runs} cannot be written")
        except OSError as error:
            self.why_elsewhere = f"{runs}: {error.strerror or error}"
            runs = private_folder(private_folder(_own_temporary_folder()) / "runs")
        self._runs = runs
        return runs


def is_live_run(folder: Path) -> bool:
    """Return whether the process of the run in `folder` is still there."""
    run = RunInfo.read(folder)
    return run is not None and run.is_live


def place_in(folder: Path) -> Place:
    """Return a fresh place for a process whose run is kept in `folder`."""
    return _place(folder, socket_folder())


def place_to_show() -> Place:
    """Return a fresh place for a process that shows something; its folder is to be removed."""
    return _passing_place(_SHOWN)


def end_run(folder: Path) -> None:
    """Keep in the folder of a run that nobody can be met there any more."""
    run = RunInfo.read(folder)
    if run is not None and run.stamp:
        run.place.remove_socket()
        replace(run, pid=-1, stamp="", socket="", token_file="").write()


def remove_abandoned() -> None:
    """Take away what inspectors left behind whose window was killed, and processes that were."""
    found = socket_folder()
    kinds = (_INSPECTOR, _SHOWN, _CHECK)
    for folder in (folder for kind in kinds for folder in found.glob(f"{kind}*")):
        if _is_abandoned(folder, *folder.glob("*.sock")):
            shutil.rmtree(folder, ignore_errors=True)
    for token in found.glob("*.token"):
        sock = token.with_suffix(".sock")
        if _is_abandoned(token, sock):
            sock.unlink(missing_ok=True)
            token.unlink(missing_ok=True)


def _is_abandoned(path: Path, *sockets: Path) -> bool:
    """Return whether what stands at `path` is not new, and nobody is met at its sockets."""
    try:
        age = time.time() - path.stat().st_mtime
    except FileNotFoundError:  # its own process, or another window, took it away meanwhile
        return False
    return age > _YOUNG_SECONDS and not any(map(is_listened_to, sockets))


def remove_folder(place: Place) -> None:
    """Take away a place with all that it holds."""
    place.remove_socket()
    shutil.rmtree(place.folder, ignore_errors=True)


def socket_folder() -> Path:
    """Return this user's private folder for sockets, whose path is short enough for them."""
    fallback = _own_temporary_folder()
    session = os.environ.get("XDG_RUNTIME_DIR", "")
    folder = Path(session) / "eqxviz"
    if not session or len(os.fsencode(folder)) > _MAX_SOCKET_FOLDER:
        return private_folder(fallback)
    try:
        return private_folder(folder)
    except OSError:  # it was named, but does not exist: `su`, or a container
        return private_folder(fallback)


def _own_temporary_folder() -> Path:
    return Path("/tmp") / f"eqxviz-{os.getuid()}"


def _passing_place(prefix: str) -> Place:
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=socket_folder()))
    return _place(folder, folder)


def _place(folder: Path, sockets: Path) -> Place:
    stem = secrets.token_hex(6)
    place = Place(folder, sockets / f"{stem}.sock", sockets / f"{stem}.token")
    write_private(place.token_file, secrets.token_hex(32))
    return place
