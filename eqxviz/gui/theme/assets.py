"""Where the pictures and fonts that the window loads are found."""

from functools import cache
from pathlib import Path


@cache
def _folder() -> Path:
    package = Path(__file__).resolve().parents[2]
    installed = package / "assets"
    return installed if installed.is_dir() else package.parent / "assets" / "window"


def asset(name: str) -> Path:
    """Return the path of a bundled file: `asset("fonts/Inter-Regular.otf")`.

    A wheel carries the files inside the package, a checkout beside it. The file may not exist.
    """
    return _folder() / name
