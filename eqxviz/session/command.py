"""What the command line asks the window to do."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class WindowCommand:
    """How the window begins, and when it ends by itself."""

    kind: Literal["start", "open", "run", "demo"] = "start"
    target: str = ""  # "FILE.py" or "FILE.py:NAME" to open; the script to run
    argv: tuple[str, ...] = ()  # the arguments of the script
    device: str | None = None
    screenshot: str | None = None  # the PNG to write; for the demo any file in the folder to fill
    exit_after: float | None = None  # seconds
    offscreen: bool = False  # no display is used
