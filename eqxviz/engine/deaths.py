"""How the death of a worker is told."""

import re
from pathlib import Path

from eqxviz.engine.output import last_lines
from eqxviz.engine.process import describe_exit
from eqxviz.records import Problem, Severity

_FAULT_LINE = re.compile(r'File "([^"]+)", line (\d+)')


def death_problem(code: int | None, why: str, output: Path, file: str, was_asked: bool) -> Problem:
    """Return the Problem of a worker that is gone.

    Args:
        code: Its exit code as `subprocess` gives it, None if it is not known.
        why: What broke the connection, "" if the process just ended.
        output: The file that it printed to.
        file: The user's file that it was busy with, "" for none.
        was_asked: Whether it was told to go.
    """
    if was_asked:
        return Problem(
            "cancelled", Severity.NOTE, "Cancelled", "The process was ended on request.", "Retry."
        )
    detail = last_lines(output)
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
    line = 0
    for place in _FAULT_LINE.finditer(detail):
        if file and Path(place[1]).resolve() == Path(file).resolve():
            line = int(place[2])
            break
    name = Path(file).name if file else "The worker"
    left = code is not None and code >= 0
    return Problem(
        "worker-died",
        Severity.ERROR,
        f"{name} ended its process: {describe_exit(code)}",
        f"The process left with {describe_exit(code)} before it had answered: the code called "
        "os._exit, or a library did."
        if left
        else "The process was killed or crashed in native code, below Python, so that there is no "
        "traceback. What it printed last is below.",
        "Take the call of os._exit out of what runs on import."
        if left
        else "Look at the native code that the last lines name; if the system killed it (SIGKILL), "
        "it probably ran out of memory.",
        file,
        line,
        detail=detail,
    )
