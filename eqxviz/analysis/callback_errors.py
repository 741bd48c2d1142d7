"""Exceptions of callbacks, of which JAX's own exception keeps the text alone."""

import linecache
import os
import re
import sys
from typing import NamedTuple

from eqxviz.analysis.user_code import UserCode
from eqxviz.records import Frame

# What JAX says of an exception that a callback raised: the traceback as text, and no more.
_CALLBACK = re.compile(
    r"error calling callback: (Traceback \(most recent call last\):\n.*)", re.DOTALL
)
_BLOCK = "Traceback (most recent call last):\n"
_LINE = re.compile(r'  File "(?P<file>.+)", line (?P<line>\d+), in (?P<function>.+)\n')


class Told(NamedTuple):
    """An exception that is known from its text alone."""

    frames: tuple[Frame, ...]  # innermost first
    text: str  # "ValueError: ..."


def callback_error(message: str, user_code: UserCode) -> Told | None:
    """Return the exception of a callback that one with this message stands for; None if of none."""
    found = _CALLBACK.search(message)
    return None if found is None else _told(found[1], user_code)


def _told(text: str, user_code: UserCode) -> Told:
    # Of exceptions that were raised from each other the last one was on its way.
    block = text.rpartition(_BLOCK)[2]
    frames: list[Frame] = []
    end, is_inside = 0, False
    for at in _LINE.finditer(block):
        file, line, end = at["file"], int(at["line"]), at.end()
        is_user = user_code.is_user(file)
        if is_user or not _is_jax(file):
            source = linecache.getline(file, line).strip()
            frames.append(Frame(file, line, at["function"], source, is_user))
        elif os.path.basename(file) == "callback.py" and not is_inside:
            frames.clear()  # those until here are of the thread that called the compiled program
            is_inside = True
    lines = block[end:].split("\n")
    first = next((i for i, line in enumerate(lines) if line[:2].strip()), 0)
    return Told(tuple(reversed(frames)), "\n".join(lines[first:]).strip())


def _is_jax(file: str) -> bool:
    folders = (getattr(sys.modules.get(name), "__path__", ()) for name in ("jax", "jaxlib"))
    return any(file.startswith(folder) for each in folders for folder in each)
