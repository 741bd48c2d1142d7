"""How the death of a worker is told."""

import linecache
import re
from collections.abc import Sequence
from pathlib import Path

from eqxviz.engine.output import last_lines
from eqxviz.engine.process import describe_exit
from eqxviz.records import Frame, Problem, Severity

_N_LINES = 200  # a fault handler's listing of many threads is long
_N_SHOWN = 40
_FAULT_FRAME = re.compile(r'  File "([^"]+)", line (\d+) in (\S+)')


def death_problem(
    code: int | None, why: str, output: Path, file: str, was_asked: bool, was_ready: bool
) -> Problem:
    """Return the Problem of a worker that is gone.

    Args:
        code: Its exit code as `subprocess` gives it, None if it is not known.
        why: What broke the connection, "" if the process just ended.
        output: The file that it printed to.
        file: The user's file that it was busy with, "" for none.
        was_asked: Whether it was told to go.
        was_ready: Whether it had ever answered.
    """
    # The last line of a fault handler names every extension module there is.
    lines = [x for x in last_lines(output, _N_LINES) if not x.startswith("Extension modules:")]
    detail = "\n".join(lines[-_N_SHOWN:])
    frames = _crash_frames(lines, file)
    place = next((frame for frame in reversed(frames) if frame.is_user), None)
    at = (place.file, place.line) if place is not None else (file, 0)
    name = Path(file).name if file else "The worker"
    if was_asked:
        return Problem(
            "cancelled",
            Severity.NOTE,
            f"{name} was cancelled",
            "It had not come to an end" + (f"; it was at line {at[1]}." if at[1] else "."),
            "Put what takes long into a function, or under `if __name__ == '__main__':`, so that "
            "it does not run when the file is opened.",
            *at,
            frames,
        )
    if why:
        return Problem(
            "worker-unreachable",
            Severity.ERROR,
            "The worker process could not be talked to",
            f"{why[:1].upper()}{why[1:]}.",
            "Try again; a fresh process is started by itself.",
            file,
            detail=detail,
        )
    if not was_ready:
        return Problem(
            "worker-did-not-start",
            Severity.ERROR,
            f"The worker process did not start: {describe_exit(code)}",
            lines[-1] if lines else "It printed nothing.",
            "Check that this Python can import eqxviz and what it needs; the details show what "
            "the process printed.",
            detail=detail,
        )
    ended = describe_exit(code)
    title, reason, remedy = f"{name} ended its process: {ended}", _CRASHED, _LOOK_NATIVE
    if code is not None and code >= 0:
        reason = f"The process left with {ended} before it had answered: {_LEFT}"
        remedy = "Take the call of os._exit out of what runs on import."
    return Problem(
        "worker-died",
        Severity.ERROR,
        title,
        reason,
        remedy,
        *at,
        frames,
        detail,
    )


def end_of_visit(script: str) -> Problem:
    """Return the Problem of a process, running `script`, that showed an object and is gone."""
    name = Path(script).name if script else "an interactive session"
    return Problem(
        "process-ended",
        Severity.NOTE,
        "The process that showed this model has ended",
        f"It was {name}. The tree stays as it was; its values went with the process.",
        "Call eqxviz.show() again to see the model in a new window.",
        script,
    )


_CRASHED = (
    "The process was killed, or it crashed in native code, below Python, where no exception can be "
    "raised. What it printed last is in the details."
)
_LOOK_NATIVE = (
    "Look at the native code that the line shown calls. If the system killed the process "
    "(SIGKILL), it probably ran out of memory."
)
_LEFT = "the code called os._exit, or a library did."


def _crash_frames(lines: Sequence[str], file: str) -> tuple[Frame, ...]:
    """Return the frames that the fault handler listed of the thread that crashed, outermost first.

    Frames of the user are those in the folder of `file`, or below it; what lies above all of them
    is how the worker came there, and is left out.
    """
    starts = [i for i, line in enumerate(lines) if line.startswith("Current thread 0x")]
    frames: list[Frame] = []
    for line in lines[starts[-1] + 1 :] if starts and file else ():
        found = _FAULT_FRAME.match(line)
        if found is None:
            break
        path, number = found[1], int(found[2])
        is_user = Path(path).resolve().is_relative_to(Path(file).resolve().parent)
        text = linecache.getline(path, number).strip() if is_user else ""
        frames.append(Frame(path, number, found[3], text, is_user))
    while frames and not frames[-1].is_user:
        frames.pop()
    return tuple(reversed(frames))
