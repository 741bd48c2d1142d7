"""The command lines that workers and windows are started with, and the environment for them."""

import importlib.util
import os
import site
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from eqxviz.engine.launch import Launch
from eqxviz.engine.places import Place

if TYPE_CHECKING:
    from eqxviz.records import Record

_ROOT = Path(__file__).resolve().parents[2]
_WORKER = _ROOT / "eqxviz" / "worker" / "__main__.py"
# What the worker's side imports that a user's environment with JAX in it may lack.
LENT_PACKAGES = ("executing", "jaxtyping", "msgpack", "wadler_lindig")
_ADDED = "EQXVIZ_IMPORT_PATH"


def inspector_command(place: Place) -> list[str]:
    """Return the command line of a worker that opens models and draws them."""
    return [*_worker(sys.executable, "serve"), *_meeting(place)]


def run_command(
    place: Place,
    launch: Launch,
    python: str,
    bequest: Sequence[int] = (),
    asked: "Sequence[Record]" = (),
) -> list[str]:
    """Return the command line of a worker that runs what `launch` names, under capture.

    Before the script starts it obeys what is `asked`, after what `launch` itself asks.

    With a `bequest`, that of its `Streams`, the script reads and writes what the worker is given:
    no terminal is made.
    """
    options = ["--folder", str(place.folder)]
    options += ["--hold"] if launch.hold else []
    options += ["--module"] if launch.is_module else []
    options += ["--keep-streams", ",".join(map(str, bequest))] if bequest else []
    options += ["--cores", str(launch.cores)] if launch.cores is not None else []
    options += ["--file", launch.file] if launch.file else []
    options += _wishes(launch, asked)
    script = launch.script if launch.is_module or not launch.folder else launch.file
    words = [*_worker(python, "run"), *_meeting(place), *options]
    return [*words, "--", script, *launch.argv]


def _wishes(launch: Launch, asked: "Sequence[Record]") -> list[str]:
    """Return the options by which the worker is asked for things before the script starts."""
    wanted = (launch.stops, launch.keep_calls, launch.dynamics_every)
    if not any((*wanted, launch.save_every, launch.save_at_end, asked)):
        return []  # most launches: nothing is imported for them
    from eqxviz.engine.wishes import requests_of, to_word

    # In one word each: what is encoded may begin with a dash.
    return [f"--ask={to_word(request)}" for request in (*requests_of(launch), *asked)]


def window_command(folder: Path, command: str) -> list[str]:
    """Return the command line of a window on what the process shows that is met in `folder`.

    `command` is "open" for an object, "graph" for a call.
    """
    # -P: what lies in the working directory is not to stand for a module of Python's.
    return [sys.executable, "-P", "-m", "eqxviz", command, "--process", str(folder)]


def window_environment() -> dict[str, str]:
    """Return this process's environment with what lets a window import eqxviz."""
    installed = {Path(p).resolve() for p in (*site.getsitepackages(), site.getusersitepackages())}
    made = dict(os.environ)
    if _ROOT not in installed:
        before = made.get("PYTHONPATH", "")
        made["PYTHONPATH"] = os.pathsep.join(p for p in (before, str(_ROOT)) if p)
        made[_ADDED] = str(_ROOT)
    return made


def worker_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return `environment` as a worker finds it: without what let a window import eqxviz.

    A worker is started by its file, so that what the script starts finds what it would find
    without eqxviz.
    """
    made = dict(environment)
    added = made.pop(_ADDED, "")
    if added:
        before = made.pop("PYTHONPATH", "").removesuffix(added).removesuffix(os.pathsep)
        if before:
            made["PYTHONPATH"] = before
    return made


def _worker(python: str, kind: str) -> list[str]:
    # With the fault handler a crash in native code leaves the Python lines that led to it.
    words = [python, "-X", "faulthandler", str(_WORKER)]
    if python == sys.executable:
        return [*words, kind, "--own"]
    return [*words, kind, *(f"--lend={folder}" for folder in _lent_folders())]


def _lent_folders() -> list[str]:
    """Return where the lent packages are installed here."""
    found: dict[str, None] = {}
    for package in LENT_PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            found[str(Path(spec.origin).parents[1])] = None
    return list(found)


def _meeting(place: Place) -> list[str]:
    return ["--socket", str(place.socket), "--token-file", str(place.token_file)]
