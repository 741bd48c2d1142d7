"""What a run was started as: script, interpreter, versions, environment, git, devices."""

from __future__ import annotations

import os
import platform
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import eqxviz
from eqxviz.records import Problem, Record, RunDescription, Severity
from eqxviz.worker.git_state import AskingGit, GitState

_PACKAGES = ("jax", "jaxlib", "numpy", "equinox", "eqxcore", "optax", "eqxviz")
_DISTRIBUTIONS = {"eqxcore": "eqxviz"}  # the one that a package comes with, where names differ
_PREFIXES = (
    *("JAX_", "XLA_", "LIBTPU_", "TPU_", "CUDA_", "NVIDIA_", "NCCL_", "ROCM_", "HIP_", "HSA_"),
    *(
        "TF_CPP_",
        "TF_GPU_",
        "TF_XLA_",
        "TF_FORCE_",
        "EQX_",
        "PYTHON",
        "OMP_",
        "KMP_",
        "MKL_",
        "OPENBLAS_",
        "NUMEXPR_",
        "MALLOC_",
    ),
)
_NAMES = ("VIRTUAL_ENV", "CONDA_DEFAULT_ENV", "LD_LIBRARY_PATH", "LD_PRELOAD")
_SECRETS = ("TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "_KEY", "APIKEY")
_MAX_TEXT = 4_000_000  # bytes of a script


class Describing:
    """Tells what the run was started as, and again when more of it is known.

    Made before the script begins, for the script may change all of it. `tell` is called from
    threads of its own, so that the script never waits.
    """

    def __init__(
        self, script: str, argv: Sequence[str], tell: Callable[[Sequence[Record]], None]
    ) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._has_backend = False
        self._platforms = os.environ.get("JAX_PLATFORMS", "")
        self._folder = Path(script).absolute().parent
        self._versions: dict[str, str] = {}
        self._description = RunDescription(
            script=script,
            argv=tuple(argv),
            folder=_working_directory(),
            python=sys.executable,
            versions=(),
            environment=steering_variables(os.environ),
            host=platform.node(),
            devices=(),
            script_text=_text_of(Path(script)),
            git_commit="",
            git_branch="",
            git_diff="",
            started=time.time(),
        )

    def start(self) -> None:
        """Tell what is known now, and what git knows once it has answered."""
        asking = AskingGit(self._folder)
        self._in_background(lambda: self._begin(asking.answer))

    def see_devices(self) -> None:
        """Tell which devices there are, once; to be called when a backend exists."""
        if not self._has_backend:
            self._has_backend = True
            self._in_background(self.renew)

    def renew(self) -> None:
        """Tell what was imported and which devices there are by now; nothing if it is no news."""
        with self._lock:
            versions = (("python", platform.python_version()), *self._versions_by_now())
            devices = _devices() if self._has_backend else ()
            known = replace(self._description, versions=versions, devices=devices)
            if known != self._description:
                is_first = not self._description.devices
                self._description = known
                missed = _missed(self._platforms, devices) if is_first else None
                self._tell([known, missed] if missed is not None else [known])

    def _in_background(self, work: Callable[[], None]) -> None:
        threading.Thread(target=work, name="eqxviz-describing", daemon=True).start()

    def _begin(self, ask_git: Callable[[], GitState]) -> None:
        with self._lock:
            self._tell([self._description])
        commit, branch, diff = ask_git()
        with self._lock:
            self._description = replace(
                self._description, git_commit=commit, git_branch=branch, git_diff=diff
            )
            self._tell([self._description])
        self.renew()

    def _versions_by_now(self) -> list[tuple[str, str]]:
        """Return the version of each package that the script, or what it uses, has imported."""
        imported = [name for name in _PACKAGES if name in sys.modules]
        for name in imported:
            if name not in self._versions:
                self._versions[name] = _version(_DISTRIBUTIONS.get(name, name))
        return [(name, self._versions[name]) for name in imported if self._versions[name]]


def steering_variables(environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the variables that steer JAX, XLA, CUDA, Python and threads, sorted by name.

    None is among them whose name says that it is a secret.
    """
    return tuple(
        (name, environment[name])
        for name in sorted(environment)
        if (name.startswith(_PREFIXES) or name in _NAMES)
        and not any(word in name.upper() for word in _SECRETS)
    )


def _version(distribution: str) -> str:
    from importlib import metadata

    if distribution == "eqxviz":
        return eqxviz.__version__
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:  # a folder on the path
        return ""


def _devices() -> tuple[str, ...]:
    """Return "cuda:0 NVIDIA H200", "cpu:0", ...; this makes a backend where there is none."""
    jax = sys.modules["jax"]
    return tuple(
        f"{d.platform}:{d.id} {d.device_kind if d.device_kind != d.platform else ''}".rstrip()
        for d in jax.devices()
    )


def _missed(asked: str, devices: Sequence[str]) -> Problem | None:
    """Return the card of devices that were `asked` for, as JAX_PLATFORMS, and are not to be had.

    JAX goes on silently with the next platform that is named.
    """
    wanted = asked.partition(",")[0].strip()
    found = {device.partition(":")[0] for device in devices}
    is_gpu = wanted in ("gpu", "cuda", "rocm")
    if not wanted or not found or wanted in found or (is_gpu and "gpu" in found):
        return None
    return Problem(
        "no-such-device",
        Severity.WARNING,
        f"The run is not on the {'GPU' if is_gpu else wanted}: JAX finds none",
        f"It was asked for by JAX_PLATFORMS={asked}. The JAX of {sys.executable} has only "
        f"{', '.join(devices)}, and goes on with that.",
        "See that the driver works (nvidia-smi) and that this environment has the JAX for it, such "
        "as jax[cuda12]; or choose another device or environment.",
    )


def _working_directory() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:  # it was removed
        return ""


def _text_of(script: Path) -> str:
    """Return the text of the script; "" where it cannot be read."""
    try:
        with script.open("rb") as file:
            return file.read(_MAX_TEXT).decode("utf-8", "replace")
    except OSError:
        return ""
