"""Which Python a script runs in: what there is to choose from, and what each of them has."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from eqxviz.engine.launch import OWN_PYTHON, Fault, Launch, LaunchError

MINIMUM_PYTHON = (3, 11)
_SECONDS = 20.0
_MOST_SAID = 120  # characters of what an interpreter that is none has to say
_FOLDERS = (".venv", "venv", "env")
_QUESTION = """
import sys
sys.path[:] = [p for p in sys.path if p]
found = {"version": list(sys.version_info[:3]), "prefix": sys.prefix, "jax": ""}
try:
    import json
    from importlib.util import find_spec
    found["pip"] = find_spec("pip") is not None
    from importlib import metadata
    found["jax"] = metadata.version("jax")
except Exception:
    pass
print("\\n" + json.dumps(found))
"""


class Origin(StrEnum):
    """Why an interpreter is among those to choose from."""

    CHOSEN = "chosen by you"
    ACTIVE = "the active environment"
    CONDA = "the active conda environment"
    PROJECT = "the environment of the project"
    PATH = "python3 on the PATH"
    OWN = "eqxviz's own"


@dataclass(frozen=True)
class Interpreter:
    """A Python that a script could run in."""

    path: str
    origin: Origin
    version: tuple[int, ...]
    jax: str  # its version; "" where there is none
    has_pip: bool = True

    @property
    def is_own(self) -> bool:
        """Whether eqxviz itself runs in it."""
        return self.path == sys.executable

    @property
    def words(self) -> str:
        """Return "Python 3.12.1, JAX 0.10.2, the environment of the project"."""
        version = ".".join(map(str, self.version))
        return f"Python {version}, {f'JAX {self.jax}' if self.jax else 'no JAX'}, {self.origin}"


def own_interpreter() -> Interpreter:
    """Return the interpreter of this process; JAX is looked up, not imported."""
    from importlib import metadata

    try:
        jax = metadata.version("jax")
    except metadata.PackageNotFoundError:
        jax = ""
    return Interpreter(sys.executable, Origin.OWN, tuple(sys.version_info[:3]), jax)


def interpreters(launch: Launch, environment: Mapping[str, str] = os.environ) -> list[Interpreter]:
    """Return the Pythons there are for `launch`, the one that `choose` would take first.

    Blocks while they are asked: some 100 ms each.
    """
    if _is_bundled(launch.file):
        return [own_interpreter()]
    candidates = dict(_candidates(launch, environment))
    on_path = shutil.which("python3", path=environment.get("PATH", ""))
    if on_path is not None:
        candidates.setdefault(on_path, Origin.PATH)
    found: list[Interpreter] = []
    for path, origin in candidates.items():
        try:
            found.append(ask(path, origin))
        except LaunchError:
            continue  # a remnant of one that was removed
    own = own_interpreter()
    usable = [python for python in found if _why_unusable(python) is None]
    first = next((python for python in usable if python.origin is not Origin.PATH), own)
    return list({python.path: python for python in (first, *usable, own, *found)}.values())


def choose(launch: Launch, environment: Mapping[str, str] = os.environ) -> Interpreter:
    """Return the interpreter that `launch` runs in: the one that it names, or else the one that
    `python` would be, if it has JAX; or else the one of the project; or else eqxviz's own.

    Raises:
        LaunchError: If the one that it names cannot run the script.
    """
    if launch.python:
        return named(launch.python)
    if _is_bundled(launch.file):
        return own_interpreter()
    for path, origin in _candidates(launch, environment):
        try:
            found = ask(path, origin)
        except LaunchError:
            continue
        if _why_unusable(found) is None:
            return found
    return own_interpreter()


def named(python: str) -> Interpreter:
    """Return the interpreter that a user means by a path, a folder or a name.

    Raises:
        LaunchError: If there is none, or it cannot run a script under eqxviz.
    """
    if python == OWN_PYTHON:
        return own_interpreter()
    found = ask(_executable(python), Origin.CHOSEN)
    fault = _why_unusable(found)
    if fault is not None:
        raise LaunchError(fault)
    return found


def ask(path: str, origin: Origin) -> Interpreter:
    """Return what the interpreter at `path` has.

    Raises:
        LaunchError: If it is no Python that answers.
    """
    if path == sys.executable:
        return own_interpreter()
    try:
        answer = subprocess.run(
            [path, "-"],  # what is no Python does not repeat the question, as it would an option
            input=_QUESTION,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
        found = json.loads(answer.stdout.splitlines()[-1])
        version, jax = tuple(map(int, found["version"])), str(found["jax"])
        has_pip = bool(found.get("pip", True))
    except subprocess.CalledProcessError as error:
        said = _said(error.stderr) or f"exit code {error.returncode}"
        raise _no_python(path, said) from error
    except subprocess.TimeoutExpired as error:
        raise _no_python(path, f"it did not answer within {_SECONDS:.0f} s") from error
    except OSError as error:
        raise _no_python(path, str(error.strerror)) from error
    except (ValueError, LookupError, TypeError) as error:
        raise _no_python(path, "it answers as no Python does") from error
    return Interpreter(path, origin, version, jax, has_pip)


def _said(stderr: str) -> str:
    """Return the line that tells most: of a traceback the last, else the first."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()] or [""]
    said = lines[-1 if lines[0].startswith("Traceback") else 0]
    return said if len(said) <= _MOST_SAID else f"{said[:_MOST_SAID]}…"


def _no_python(path: str, why: str) -> LaunchError:
    fix = "Name an interpreter (.venv/bin/python), or the folder of an environment"
    return LaunchError(Fault("python", f"{path} is no Python: {why}", fix))


def _why_unusable(python: Interpreter) -> Fault | None:
    """Return why a script cannot run in `python` under eqxviz, None if it can.

    Too old a JAX is no reason: the script runs, and is told that it is not observed.
    """
    version = ".".join(map(str, python.version))
    if python.version < MINIMUM_PYTHON:
        wanted = ".".join(map(str, MINIMUM_PYTHON))
        what = f"{python.path} is Python {version}"
        return Fault("python", what, f"eqxviz needs Python {wanted} or newer: choose another one")
    if not python.jax:
        what = f"{python.path} (Python {version}) has no JAX"
        from eqxviz.records.installing import install_command

        command = install_command("jax", python.path, has_pip=python.has_pip)
        fix = f"Install it there: {command}; or choose another Python"
        return Fault("python", what, fix)
    return None


def _executable(named: str) -> str:
    """Return the interpreter that a user means by a path, a folder or a name on the PATH.

    Raises:
        LaunchError: If there is none.
    """
    path = Path(named).expanduser()
    if path.is_dir():
        inside = path / "bin" / "python"
        if inside.exists():
            return str(inside.absolute())
        what = f"{path} is no environment: there is no bin/python in it"
        raise LaunchError(Fault("python", what, "Name an interpreter, or the folder of one"))
    if path.exists():
        return str(path.absolute())
    on_path = shutil.which(named) if os.sep not in named else None
    if on_path is None:
        what = f"there is no interpreter {named}"
        raise LaunchError(Fault("python", what, "Check its name; .venv/bin/python is usual"))
    return on_path


def _is_bundled(file: str) -> bool:
    """Whether `file` is an example of eqxviz: what it imports is installed with that."""
    return Path(file).resolve().is_relative_to(Path(__file__).resolve().parents[1])


def _candidates(launch: Launch, environment: Mapping[str, str]) -> list[tuple[str, Origin]]:
    """Return the interpreters that the user may have meant, the likeliest first."""
    found: dict[str, Origin] = {}
    for name, origin in (("VIRTUAL_ENV", Origin.ACTIVE), ("CONDA_PREFIX", Origin.CONDA)):
        if environment.get(name):
            _add(found, Path(environment[name]), origin)
    start = Path(launch.file).parent if launch.file else launch.working_folder
    for folder in (start, *start.parents):
        for name in _FOLDERS:
            if (folder / name / "pyvenv.cfg").is_file():
                _add(found, folder / name, Origin.PROJECT)
        if (folder / ".git").exists() or folder == Path.home():
            break  # above that it is another project's
    return list(found.items())


def _add(found: dict[str, Origin], environment: Path, origin: Origin) -> None:
    path = environment / "bin" / "python"
    if not path.exists():
        return
    # The interpreters of environments are links to one: they are told apart by their folders.
    is_own = environment.resolve() == Path(sys.prefix).resolve()
    found.setdefault(sys.executable if is_own else str(path.absolute()), origin)
