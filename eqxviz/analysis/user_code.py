"""Which files are the user's own, and where in them something comes from."""

import os
import sys
import sysconfig
from pathlib import Path
from types import FrameType

_INSTALLED = ("site-packages", "dist-packages")


class UserCode:
    """Tells the user's files from those of Python, of installed packages and of this application.

    Files below `root`, the user's project, count as the user's even where `root` itself is
    installed (the bundled examples); an environment kept inside the project does not.
    """

    def __init__(self, root: str | None = None) -> None:
        self._root = os.path.join(os.path.realpath(root), "") if root else ""
        self._known: dict[str, bool] = {}
        self._inside: dict[str, bool] = {}

    def is_user(self, file: str) -> bool:
        """Whether `file` holds the user's own code."""
        known = self._known.get(file)
        if known is None:
            known = self._known[file] = self._judge(file)
        return known

    def is_in_project(self, file: str) -> bool:
        """Whether `file` is the user's and lies in the project's folder."""
        inside = self._inside.get(file)
        if inside is None:
            inside = self.is_user(file) and _real(file).startswith(self._root)
            self._inside[file] = inside
        return inside

    def frame_from(self, frame: FrameType | None) -> FrameType | None:
        """Return the innermost frame of the user's, from `frame` outwards."""
        while frame is not None and not self.is_user(frame.f_code.co_filename):
            frame = frame.f_back
        return frame

    def line_from(self, frame: FrameType | None) -> tuple[str, int]:
        """Return the innermost line of the user's, from `frame` outwards; "" and 0 for none."""
        found = self.frame_from(frame)
        return (found.f_code.co_filename, found.f_lineno) if found is not None else ("", 0)

    def _judge(self, file: str) -> bool:
        if not file or file.startswith("<frozen"):
            return False
        path = _real(file)
        is_below = bool(self._root) and path.startswith(self._root)
        below = path[len(self._root) :] if is_below else path
        if any(part in _INSTALLED for part in Path(below).parts):
            return False
        foreign = _foreign_folders()
        if is_below:
            # The project may lie in one of them, as the bundled examples do.
            foreign = [folder for folder in foreign if not self._root.startswith(folder)]
        return not any(path.startswith(folder) for folder in foreign)


def _real(file: str) -> str:
    return file if file.startswith("<") else os.path.realpath(file)


def _foreign_folders() -> list[str]:
    """Return the folders of the standard library, of JAX, and of the application."""
    application = Path(__file__).resolve().parents[1]
    folders = [str(application), str(application.parent / "eqxcore")]
    folders += [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
    for package in ("jax", "jaxlib", "eqxcore", "equinox"):
        module = sys.modules.get(package)
        if module is not None and getattr(module, "__file__", None):
            folders.append(os.path.dirname(os.path.realpath(str(module.__file__))))
    return [os.path.join(os.path.realpath(f), "") for f in dict.fromkeys(folders)]
