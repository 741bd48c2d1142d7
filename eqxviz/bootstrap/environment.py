"""The virtual environment of a checkout: made on first use, kept, mended, and entered.

One environment serves one checkout and one Python. A stamp inside says what it holds; where the
stamp says that work on the environment never ended, it is made again from nothing.
"""

import contextlib
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from eqxviz.bootstrap import machine
from eqxviz.bootstrap.progress import SetupError, run_quietly, say

_STAMP = "eqxviz-environment.json"
_NEEDED_BYTES = 2_500_000_000


def enter_environment(root: Path, extras: Iterable[str] = ()) -> None:
    """Return once the project's dependencies can be imported.

    Where this interpreter has them not, the same command starts again inside an environment that
    has: the call then does not return. A virtual environment that the user activated and filled is
    taken as it is.

    Raises:
        SystemExit: If the machine cannot be set up; what is missing is printed.
    """
    wanted = frozenset(extras)
    try:
        if sys.platform == "win32":
            raise SetupError("Windows is not supported yet; it runs on Linux, and inside WSL 2.")
        environment = Environment(root, _environment_path(root))
        if environment.is_running() and environment.holds(wanted):
            return
        if _is_users_own() and not environment.absent_here(wanted):
            machine.provide(machine.missing_for_qt(), (), log=_log_path(environment.path))
            return
        environment.prepare(wanted)
        environment.restart_inside()
    except SetupError as error:
        sys.exit(f"eqxviz: {error}")
    except KeyboardInterrupt:
        sys.exit("eqxviz: stopped before the set-up was done; the same command starts it again.")


class Environment:
    """A virtual environment at `path` for the checkout at `root`."""

    def __init__(self, root: Path, path: Path) -> None:
        self.root = root
        self.path = path
        self.python = path / "bin" / "python"
        self._project = _read_project(root)

    def is_running(self) -> bool:
        """Return whether this very process runs inside the environment."""
        return Path(sys.prefix).resolve() == self.path.resolve()

    def holds(self, extras: frozenset[str]) -> bool:
        """Return whether the environment is whole and made from the project as it is now."""
        stamp = self._stamp()
        return (
            stamp.get("complete") is True
            and stamp.get("fingerprint") == self._fingerprint()
            and extras <= set(stamp.get("extras", ()))
            and self.python.exists()
        )

    def absent_here(self, extras: frozenset[str]) -> set[str]:
        """Return the names of the project's requirements that this interpreter lacks."""
        return {name for name in self._requirements(extras) if not _is_installed(name)}

    def prepare(self, extras: frozenset[str]) -> None:
        """Make the environment, or bring it up to date; system libraries come first.

        Raises:
            SetupError: If something is missing that cannot be installed from here.
        """
        self._make_parent()
        with _only_one_at_a_time(self.path):
            log = _log_path(self.path)
            if self.holds(extras):
                machine.provide(machine.missing_for_qt(), (), log=log)
                return
            stamp = self._stamp()
            is_new = not stamp.get("complete") or not self.python.exists()
            missing = machine.missing_for_qt()
            if is_new:
                self._refuse_foreign()
                missing += machine.missing_for_environment()
            machine.provide(missing, machine.missing_comforts(), log=log)
            if is_new:
                self._create(log)
            self._install(extras | set(stamp.get("extras", ())), log)

    def restart_inside(self) -> None:
        """Replace this process by the same command under the environment's interpreter."""
        sys.stdout.flush()
        os.execv(self.python, [str(self.python), *sys.orig_argv[1:]])

    def _make_parent(self) -> None:
        parent = self.path.parent
        try:
            parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SetupError(
                f"the folder {parent} for the environment cannot be made ({error.strerror}). "
                "Set EQXVIZ_VENV to a folder that can be written."
            ) from error

    def _refuse_foreign(self) -> None:
        if self._stamp() or not self.path.exists() or not any(self.path.iterdir()):
            return
        raise SetupError(
            f"{self.path} exists and was not made by this command, so it is left as it is. "
            "Set EQXVIZ_VENV to a new or empty folder."
        )

    def _create(self, log: Path) -> None:
        free = shutil.disk_usage(self.path.parent).free
        if free < _NEEDED_BYTES:
            raise SetupError(
                f"{self.path.parent} has {free / 1e9:.1f} GB free; the environment needs "
                f"{_NEEDED_BYTES / 1e9:.1f} GB. Make room, or set EQXVIZ_VENV to a folder on "
                "another disk."
            )
        say(f"making a virtual environment in {self.path}")
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir()
        self._write_stamp(complete=False)
        failure = f"Python could not make a virtual environment in {self.path}. Its last lines:"
        run_quietly([sys.executable, "-m", "venv", self.path], log=log, failure=failure)

    def _install(self, extras: frozenset[str], log: Path) -> None:
        count = len(self._requirements(extras))
        say(f"installing {count} packages and what they need (a few minutes the first time)")
        self._write_stamp(complete=False)
        target = f"{self.root}[{','.join(sorted(extras))}]" if extras else str(self.root)
        command = [self.python, "-m", "pip", "install", "--no-input", "--progress-bar", "off"]
        failure = (
            "pip could not install the packages. It needs a way to PyPI, or to an index named in "
            "PIP_INDEX_URL, and space on the disk. Its last lines:"
        )
        run_quietly([*command, "--editable", target], log=log, failure=failure)
        self._write_stamp(complete=True, extras=sorted(extras), fingerprint=self._fingerprint())
        say("ready")

    def _requirements(self, extras: frozenset[str]) -> set[str]:
        optional = self._project["optional-dependencies"]
        wanted = [
            *self._project["dependencies"],
            *(each for name in extras for each in optional[name]),
        ]
        return {re.split(r"[^\w.-]", requirement, maxsplit=1)[0] for requirement in wanted}

    def _fingerprint(self) -> str:
        return _digest(json.dumps(self._project, sort_keys=True))

    def _stamp(self) -> dict[str, Any]:
        try:
            return json.loads((self.path / _STAMP).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError:
            return {"complete": False}

    def _write_stamp(self, **entries: object) -> None:
        (self.path / _STAMP).write_text(json.dumps(entries), encoding="utf-8")


def _read_project(root: Path) -> dict[str, Any]:
    """Return the parts of pyproject.toml that decide what an environment must hold."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {key: project[key] for key in ("dependencies", "optional-dependencies", "scripts")}


def _is_users_own() -> bool:
    """Return whether this interpreter is a virtual environment that the user chose to be in."""
    return sys.prefix != sys.base_prefix and not os.environ.get("EQXVIZ_VENV")


def _is_installed(distribution: str) -> bool:
    try:
        importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _environment_path(root: Path) -> Path:
    chosen = os.environ.get("EQXVIZ_VENV")
    if chosen:
        return Path(chosen).expanduser().absolute()
    # An environment holds the path of its checkout and of its Python, so each pair has its own.
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    pair = _digest(os.pathsep.join((str(root), sys.base_prefix)))
    return _cache_folder() / f"venv-{version}-{pair[:10]}"


def _cache_folder() -> Path:
    if sys.platform == "darwin":
        return Path("~/Library/Caches/eqxviz").expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "eqxviz"


def _log_path(environment: Path) -> Path:
    return environment.with_name(environment.name + ".log")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@contextlib.contextmanager
def _only_one_at_a_time(path: Path) -> Iterator[None]:
    import fcntl  # not on Windows, where the caller has given up before

    with path.with_name(path.name + ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another command that sets up {path}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
