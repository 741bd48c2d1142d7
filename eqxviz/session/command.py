"""What the command line asks the window to do."""

import os
import sys
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class WindowCommand:
    """How the window begins, and when it ends by itself."""

    kind: Literal["start", "open", "run", "demo", "process"] = "start"
    target: str = ""  # "FILE" or "FILE:NAME" to open; the script to run; where a process is met
    weights: str = ""  # the file that the arrays of the model are read from
    shapes_only: bool = False  # the model is made without its arrays
    argv: tuple[str, ...] = ()  # the arguments of the script
    device: str | None = None
    screenshot: str | None = None  # the PNG to write; for the demo any file in the folder to fill
    exit_after: float | None = None  # seconds
    offscreen: bool = False  # no display is used


def has_display() -> bool:
    """Whether there is a display to open a window on."""
    if sys.platform != "linux":
        return True
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    # A Qt platform that was chosen by hand needs no display of ours; "offscreen" is none.
    chosen = {name: os.environ.get(name, "") for name in names}
    return any(value and value != "offscreen" for value in chosen.values())
