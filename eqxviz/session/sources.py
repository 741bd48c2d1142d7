"""Where a model comes from."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

WEIGHT_FILES = (".safetensors", ".npz", ".npy")
LEAVES_FILE = ".eqx"  # opens with what makes the model
RECORDS_FILE = ".eqxviz"
RUNS_FILE = ".eqxrun"  # whole runs, which are taken in among the others
OPENABLE = (".py", LEAVES_FILE, *WEIGHT_FILES, RECORDS_FILE, RUNS_FILE)


@dataclass(frozen=True)
class ModelSource:
    """What is asked for when a model is opened, and asked for again when it is opened anew.

    A `file` is loaded by a worker of its own. A `run` is this session's run, and `name` an argument
    of its paused call. A `process` is another one, which shows an object of its own. `records` are
    a file of what was seen of a model before: they need no worker.
    """

    kind: Literal["file", "run", "process", "records"]
    path: str  # absolute: of the file, of the run's script, of the folder where a process is met
    name: str = ""  # in it; "" is the best of what it has
    weights: str = ""  # the file, absolute, that the arrays of the model are read from
    shapes_only: bool = False
    frame: int = -1  # of a run: `name` is a variable of this frame of the paused script
    function: str = ""  # that frame's

    @staticmethod
    def of(target: str, weights: str = "", shapes_only: bool = False) -> "ModelSource":
        """Return the source that "FILE" or "FILE:NAME" names."""
        path, name = split_target(target)
        kind = "records" if path.endswith(RECORDS_FILE) else "file"
        return ModelSource(kind, whole_path(path), name, whole_path(weights), shapes_only)

    @property
    def script(self) -> str:
        """The Python file behind it, which can be run; "" where there is none."""
        return self.path if self.kind in ("file", "run") and self.path.endswith(".py") else ""

    @property
    def runs_code(self) -> bool:
        """Whether opening it runs a file of the user's."""
        return self.kind == "file" and not self.path.endswith(OPENABLE[1:])

    @property
    def is_replaceable(self) -> bool:
        """Whether the worker that holds its models may be ended: another one opens them again."""
        return self.kind == "file"

    @property
    def can_be_shapes(self) -> bool:
        """Whether the model can be made without its arrays: something makes it."""
        return self.kind == "file" and bool(self.script)

    @property
    def needs_constructor(self) -> bool:
        """Whether it is a file of leaves, which opens with what makes their model."""
        return self.kind == "file" and self.path.endswith(LEAVES_FILE)

    @property
    def title(self) -> str:
        """The source in a word or two: "model.py"."""
        return "a process" if self.kind == "process" else os.path.basename(self.path)

    @property
    def target(self) -> str:
        """The source as the user would name it: "FILE" or "FILE:NAME"."""
        return f"{self.path}:{self.name}" if self.name else self.path


def whole_path(path: str) -> str:
    """Return `path` absolute; "", which is none, as it is."""
    return str(Path(path).expanduser().absolute()) if path else ""


def split_target(target: str) -> tuple[str, str]:
    """Return `(path, name)` of "FILE:NAME"; a file that exists wins over one that does not.

    The name may hold colons and slashes itself: `model.py:cfg.d['a/b:c']`.
    """
    ends = [i for i, letter in enumerate(target) if letter == ":"]
    whole = os.path.expanduser(target)
    if not ends or os.path.exists(whole):
        return target, ""
    for end in ends:
        if os.path.isfile(os.path.expanduser(target[:end])):
            return target[:end], target[end + 1 :]
    end = target.find(".py:")
    if end >= 0:
        return target[: end + 3], target[end + 4 :]
    path, _, name = target.rpartition(":")
    return (target, "") if "/" in name else (path, name)
