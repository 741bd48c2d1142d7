"""Any exception as a problem card: what, where in the user's file, why, and what to do."""

import linecache
import os
import re
import sys
import traceback
from collections.abc import Iterator
from types import FrameType, TracebackType

from eqxviz.analysis.callback_errors import callback_error
from eqxviz.analysis.jax_classes import shows_own_frames
from eqxviz.analysis.remedies import remedy_of
from eqxviz.analysis.user_code import UserCode
from eqxviz.records import Frame, Problem, Severity

MAX_FRAMES = 50
MAX_WHY = 1500
MAX_DETAIL = 20_000

# Added by JAX to a message or a cause; it says nothing of the problem.
_BOILERPLATE = re.compile(
    r"\n*-{10,}\n*(?:For simplicity, JAX has removed its internal frames.*)?\Z|"
    r"\n*For simplicity, JAX has removed its internal frames.*|"
    r"\n*The preceding stack trace is the source of the JAX operation.*|"
    r"\n*See https://(?:docs\.)?jax\.(?:dev|readthedocs\.io)\S*|"
    r"\n*See https://jax\.readthedocs\.io\S*|"
    # The function that stands for the user's while it is drawn.
    r"\s*The error occurred while tracing the function flat at \S*tracing\.py:\d+ for \w+\."
    r"(?:\s*This concrete value was not available in Python because it depends on [^.]*\.)?",
    re.DOTALL,
)


def problem_from_exception(
    error: BaseException, *, code: str, title: str | None = None, user_file: str | None = None
) -> Problem:
    """Return the card of an exception, with the innermost line of the user's code as its place.

    Frames of this application and of JAX's internals are left out. `user_file` is the file that
    was opened or run: its folder is the user's project.
    """
    user_code = UserCode(os.path.dirname(os.path.abspath(user_file)) if user_file else None)
    name, message = type(error).__name__, message_of(error)
    frames, said = _frames(error, user_code), f"{name}: {message}" if message else name
    if (told := callback_error(message, user_code)) is not None:
        frames, said = frames + list(reversed(told.frames)), told.text
    file, line = _place(error, frames, user_file)
    function = next((f.function for f in reversed(frames) if f.is_user), "")
    if title is None:
        inside = f" in {function}" if function and not function.startswith("<") else ""
        title = f"{name}{inside}"
    remedy = remedy_of(error, message, file)
    return Problem(
        code=code,
        severity=Severity.ERROR,
        title=title,
        why=said[:MAX_WHY],
        fix=remedy.words,
        file=file,
        line=line,
        frames=tuple(frames),
        detail=_detail(error, frames),
        fix_code=remedy.code,
    )


def message_of(error: BaseException) -> str:
    """Return what the exception says, without what JAX adds to every message."""
    if isinstance(error, SyntaxError):
        return error.msg
    if isinstance(error, SystemExit):
        return f"sys.exit({'' if error.code is None else repr(error.code)})"
    if isinstance(error, KeyError) and error.args:
        return f"{error.args[0]!r} is no key of the mapping"
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - an exception's own __str__ may raise anything
        text = f"(its message cannot be printed: {type(error).__name__}.__str__ raises)"
    return _BOILERPLATE.sub("", text).strip()


def _frames(error: BaseException, user_code: UserCode) -> list[Frame]:
    """Return the frames of the exception, outermost first; a cause's where it has no user frame."""
    first: list[Frame] | None = None
    for one in chain_of(error):
        frames = list(_frames_of(one.__traceback__, user_code))[-MAX_FRAMES:]
        if any(frame.is_user for frame in frames):
            return frames
        first = frames if first is None else first
    return first or []


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, and what it was raised from."""
    seen: set[int] = set()
    waiting: BaseException | None = error
    while waiting is not None and id(waiting) not in seen:
        seen.add(id(waiting))
        yield waiting
        waiting = waiting.__cause__ or waiting.__context__


def shown_frame(frame: FrameType, line: int, user_code: UserCode) -> Frame | None:
    """Return what is told of a frame that is at `line`; None of those that say nothing to a user.

    Those are of importing, of this application, and of JAX unless JAX itself shows its own.
    """
    code = frame.f_code
    file = code.co_filename
    is_user = user_code.is_user(file)
    if not is_user and _is_internal(file):
        return None
    text = linecache.getline(file, line, frame.f_globals).strip()
    return Frame(file, line, code.co_qualname, text, is_user)


def _frames_of(start: TracebackType | None, user_code: UserCode) -> Iterator[Frame]:
    found = (shown_frame(*at, user_code) for at in traceback.walk_tb(start))
    return (frame for frame in found if frame is not None)


def _is_internal(file: str) -> bool:
    if file.startswith("<frozen"):
        return True
    path = os.path.realpath(file)
    return any(path.startswith(folder) for folder in _internal_folders())


def _internal_folders() -> list[str]:
    application = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    folders = [application]
    hidden = ("runpy",) if shows_own_frames() else ("jax", "jaxlib", "runpy")
    for package in hidden:
        file = getattr(sys.modules.get(package), "__file__", None)
        if isinstance(file, str):
            folders.append(file if package == "runpy" else os.path.dirname(file))
    return [os.path.realpath(folder) for folder in folders]


def _place(error: BaseException, frames: list[Frame], user_file: str | None) -> tuple[str, int]:
    """Return file and line of the user's code at which it went wrong."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return error.filename, error.lineno
    for frame in reversed(frames):
        if frame.is_user:
            return frame.file, frame.line
    return (user_file, 0) if user_file else ("", 0)


def _detail(error: BaseException, frames: list[Frame]) -> str:
    """Return the traceback as Python prints it, with the frames that are shown."""
    lines = ["Traceback (most recent call last):\n"] if frames else []
    for f in frames:
        lines.append(f'  File "{f.file}", line {f.line}, in {f.function}\n')
        lines.append(f"    {f.text}\n" if f.text else "")
    lines.append(": ".join(filter(None, (type(error).__name__, message_of(error)))) + "\n")
    for note in getattr(error, "__notes__", ()):
        text = _BOILERPLATE.sub("", str(note)).strip()
        lines.append(f"{text}\n" if text else "")
    return "".join(lines)[-MAX_DETAIL:]
