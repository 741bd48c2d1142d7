"""The command lines and environments that workers are started with."""

import os
import site
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from eqxviz.engine.places import Place

_ROOT = Path(__file__).resolve().parents[2]


def inspector_command(place: Place) -> list[str]:
    """Return the command line of a worker that opens models and draws them."""
    return [*_worker("serve"), *_meeting(place)]


def run_command(place: Place, script: Path, argv: Sequence[str], hold: bool) -> list[str]:
    """Return the command line of a worker that runs `script` under capture."""
    held = ["--hold"] if hold else []
    folder = ["--folder", str(place.folder)]
    return [*_worker("run"), *_meeting(place), *folder, *held, "--", str(script), *argv]


def window_command(folder: Path, command: str) -> list[str]:
    """Return the command line of a window on what the process shows that is met in `folder`.

    `command` is "open" for an object, "graph" for a call.
    """
    # -P: what lies in the working directory is not to stand for a module of Python's.
    return [sys.executable, "-P", "-m", "eqxviz", command, "--process", str(folder)]


def environment(device: str | None) -> dict[str, str]:
    """Return the environment of a worker on `device`.

    `device` is "cpu", "gpu", "cuda:1"; None leaves the choice to JAX.

    Raises:
        ValueError: If `device` is something else.
    """
    made = dict(os.environ)
    made.update(_import_path(made))
    made.update(_device(device, made))
    return made


def _worker(kind: str) -> list[str]:
    # With the fault handler a crash in native code leaves the Python lines that led to it.
    return [sys.executable, "-X", "faulthandler", "-m", "eqxviz.worker", kind]


def _meeting(place: Place) -> list[str]:
    return ["--socket", str(place.socket), "--token-file", str(place.token_file)]


def _import_path(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what lets a worker import eqxviz, and tells it what to take away again.

    Nothing if it is installed.
    """
    installed = {Path(p).resolve() for p in (*site.getsitepackages(), site.getusersitepackages())}
    if _ROOT in installed:
        return {}
    before = environment.get("PYTHONPATH", "")
    path = os.pathsep.join(p for p in (before, str(_ROOT)) if p)
    return {"PYTHONPATH": path, "EQXVIZ_IMPORT_PATH": str(_ROOT)}


def _device(device: str | None, environment: Mapping[str, str]) -> dict[str, str]:
    if device is None:
        return {}
    kind, _, index = device.partition(":")
    if kind == "cpu" and not index:
        return {"JAX_PLATFORMS": "cpu"}
    if kind not in ("gpu", "cuda") or (index and not index.isdecimal()):
        raise ValueError(f'no device is called {device!r}; give "cpu", "gpu" or "cuda:1"')
    chosen = {"JAX_PLATFORMS": "cuda,cpu"}
    if index:
        visible = [v for v in environment.get("CUDA_VISIBLE_DEVICES", "").split(",") if v]
        if visible and int(index) >= len(visible):
            raise ValueError(
                f"{device} does not exist: CUDA_VISIBLE_DEVICES={','.join(visible)} leaves "
                f"{len(visible)} devices, numbered from 0"
            )
        chosen["CUDA_VISIBLE_DEVICES"] = visible[int(index)] if visible else index
    return chosen
