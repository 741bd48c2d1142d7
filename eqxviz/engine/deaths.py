"""How the death of a worker is told."""

import linecache
import re
import signal
from collections.abc import Sequence
from pathlib import Path

from eqxviz.engine.output import last_lines
from eqxviz.engine.process import describe_exit
from eqxviz.records import Frame, Problem, Severity

_N_LINES = 200  # a fault handler's listing of many threads is long
_N_SHOWN = 40
# As the handler was told to list all threads, or that one alone.
_CRASHED_THREAD = ("Current thread 0x", "Stack (most recent call first)")
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
    detail = "\n".join(_without_other_threads(lines)[-_N_SHOWN:])
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
    title, reason, remedy = _told(name, code, bool(place))
    return Problem("worker-died", Severity.ERROR, title, reason, remedy, *at, frames, detail)


def hung_up() -> Problem:
    """Return the Problem of a run that has closed its connection, and goes on."""
    return Problem(
        "hung-up",
        Severity.WARNING,
        "The run goes on, but is no longer observed",
        "Its process has turned into another program (os.exec), or native code in it has closed "
        "files that it had not opened. What was seen until then is kept.",
        "Its output is still shown, and Stop still ends it. To see all of it, run what it turned "
        "into: eqxviz run, with those arguments.",
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


def _told(name: str, code: int | None, is_line_known: bool) -> tuple[str, str, str]:
    """Return the title of the end of `name`, its reason and its remedy."""
    ended = describe_exit(code)
    if code is None:
        return f"{name} ended its process", _GONE, _READ_ON
    if code >= 0:
        return f"{name} ended its process: {ended}", _LEFT, _SEARCH_EXIT
    if -code == signal.SIGKILL:
        return f"{name} was {ended}", _KILLED, _LESS_MEMORY
    if -code in _FROM_OUTSIDE:
        return f"{name} was ended from outside: {ended}", _SIGNALLED, _LIMITS
    remedy = _LOOK_NATIVE if is_line_known else _FIND_NATIVE
    return f"{name} crashed in native code: {ended}", _CRASHED, remedy


_FROM_OUTSIDE = {
    signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGALRM, signal.SIGXCPU,
    signal.SIGXFSZ, signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE,
}  # fmt: skip
_GONE = (
    "It was ended by a signal, by a crash or by os._exit. Which it was, only whoever started it "
    "could have seen."
)
_READ_ON = "What it printed last is in the details."
_LEFT = (
    "It left at once, without coming to its end as Python does: by os._exit, by an exit in native "
    "code, or by turning into another program (os.exec). Python does not say at which line."
)
_SEARCH_EXIT = (
    "If that is meant, nothing is lost. Else look for os._exit and os.exec in the code and in the "
    "libraries that it uses; what it printed last is in the details."
)
_KILLED = (
    "The system or somebody else ended the process with a signal that cannot be caught. Most often "
    "the machine or the container ran out of memory."
)
_LESS_MEMORY = (
    "Make the model or the batch smaller, or give it more memory. The kernel's log (dmesg) says "
    "whether it was memory."
)
_SIGNALLED = (
    "The process got this signal, and did not catch it. A user, the limit of a job scheduler, or "
    "the code itself sent it."
)
_LIMITS = "Run it again; the log of the scheduler says whether a limit was reached."
_CRASHED = (
    "It crashed below Python, where no exception can be raised. What it printed last is in the "
    "details."
)
_LOOK_NATIVE = "Look at the native code that the line shown calls, and at what that was given."
_FIND_NATIVE = "Look at the native code that was called last, and at what it was given."


def _without_other_threads(lines: Sequence[str]) -> list[str]:
    """Return `lines` without what the fault handler lists of the threads that did not crash."""
    kept: list[str] = []
    is_other = bool(lines) and _FAULT_FRAME.match(lines[0]) is not None  # its head was cut off
    for line in lines:
        if line.startswith(("Thread 0x", *_CRASHED_THREAD)):
            is_other = line.startswith("Thread 0x")
        if not is_other:
            kept.append(line)
    return kept


def _crash_frames(lines: Sequence[str], file: str) -> tuple[Frame, ...]:
    """Return the frames that the fault handler listed of the thread that crashed, outermost first.

    Frames of the user are those in the folder of `file`, or below it; what lies above all of them
    is how the worker came there, and is left out.
    """
    starts = [i for i, line in enumerate(lines) if line.startswith(_CRASHED_THREAD)]
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
