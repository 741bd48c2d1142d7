"""What the command line asks the window to do."""

import os
import sys
from dataclasses import dataclass
from typing import Literal

from eqxviz.engine.launch import Launch
from eqxviz.session.graphs import DrawnAs

WindowKind = Literal[
    "start", "open", "graph", "run", "kept", "attach", "demo", "learn", "process", "process-graph"
]


@dataclass(frozen=True)
class WindowCommand:
    """How the window begins, and when it ends by itself."""

    kind: WindowKind = "start"
    # "FILE" or "FILE:NAME" to open or to draw; the id of a run that was kept; where a process is
    # met; the folder of a live run, or "HOST:PORT"; a lesson, "" for the one to go on with
    target: str = ""
    weights: str = ""  # the file that the arrays of the model are read from
    shapes_only: bool = False  # the model is made without its arrays
    arguments: str = ""  # of what is drawn; "" for those that are proposed
    drawn_as: DrawnAs = "forward"
    batch: int = 0
    launch: Launch | None = None  # what is to be run
    lessons: str = ""  # a teacher's folder of lessons, absolute
    token: str = ""  # that what listens at the port `target` asks for
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
