"""The system libraries that Python packages cannot bring: which ones lack, and how to get them.

Qt's wheels link to libraries that every desktop has and a bare server has not. What lacks is found
by loading it, as Qt will, so the answer holds on any distribution; the package names are Debian's.
"""

import ctypes
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from eqxviz.bootstrap.progress import SetupError, run_quietly, say


class Missing(NamedTuple):
    """Something the machine lacks: its own name, and the Debian package that holds it."""

    name: str
    package: str


_QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libxkbcommon.so.0": "libxkbcommon0",
}
_X11_LIBRARIES = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
_WAYLAND_LIBRARIES = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
_COMFORTS = {
    "dot": Missing("Graphviz's dot (graphs have a plainer layout without it)", "graphviz"),
    "git": Missing("git (a run is kept without the commit that it ran on)", "git"),
}


def missing_for_qt() -> list[Missing]:
    """Return the libraries without which Qt opens no window on the display there is, if any."""
    if sys.platform != "linux":
        return []  # elsewhere Qt's wheels need what every system has
    wanted = dict(_QT_LIBRARIES)
    if os.environ.get("DISPLAY"):
        wanted |= _X11_LIBRARIES
    if os.environ.get("WAYLAND_DISPLAY"):
        wanted |= _WAYLAND_LIBRARIES
    return [Missing(name, package) for name, package in wanted.items() if not _loads(name)]


def missing_for_environment() -> list[Missing]:
    """Return what lacks for `python -m venv`, which Debian splits from Python."""
    if importlib.util.find_spec("ensurepip"):
        return []
    return [Missing("ensurepip", f"python{sys.version_info[0]}.{sys.version_info[1]}-venv")]


def missing_comforts() -> list[Missing]:
    """Return what the application does without, but does better with."""
    return [missing for program, missing in _COMFORTS.items() if not shutil.which(program)]


def provide(needed: Iterable[Missing], comforts: Iterable[Missing], *, log: Path) -> None:
    """Install what lacks where that is allowed (root with apt), or say what to run.

    Raises:
        SetupError: If something needed stays missing.
    """
    needed, comforts = list(needed), list(comforts)
    if not needed and not comforts:
        return
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        _install([*needed, *comforts], apt, log)
        return
    advice = _advice([*needed, *comforts], apt)
    if needed:
        also = f" It would do better with: {_names(comforts)}." if comforts else ""
        raise SetupError(
            f"this machine lacks {_names(needed)}, which the application needs.{also} {advice}"
        )
    say(f"not found: {_names(comforts)}. {advice}")


def _install(missing: list[Missing], apt: str, log: Path) -> None:
    packages = sorted({item.package for item in missing})
    say(f"installing system packages: {' '.join(packages)}")
    install = [apt, "install", "--yes", "--no-install-recommends", *packages]
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    failure = f"apt-get could not install {' '.join(packages)}. Its last lines:"
    try:
        run_quietly(install, log=log, failure=failure, environment=quiet)
    except SetupError:
        # A new machine, or one left alone for long, has no list of packages or an old one.
        update = "apt-get could not get the list of packages. Its last lines:"
        # apt-get calls an update a success though no server answered, unless it is told otherwise.
        renew = [apt, "update", "--option", "APT::Update::Error-Mode=any"]
        run_quietly(renew, log=log, failure=update, environment=quiet)
        run_quietly(install, log=log, failure=failure, environment=quiet)


def _advice(missing: list[Missing], apt: str | None) -> str:
    if not apt:
        return "Install them with this system's package manager, then run the same command again."
    packages = " ".join(sorted({item.package for item in missing}))
    return f"Run:\n\n    sudo apt-get install --no-install-recommends {packages}\n"


def _names(missing: list[Missing]) -> str:
    return ", ".join(item.name for item in missing)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
