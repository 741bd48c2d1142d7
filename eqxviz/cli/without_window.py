"""What commands without a window share: a session that lives for a while, output, exit codes."""

import os
import queue
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from eqxviz.session.session import Session

OK, FAILED, USAGE = 0, 1, 2
STOPPED_AT = 3  # a run came to where it was to stop
INTERRUPTED = 130  # as a shell says it of Ctrl+C
_PATIENCE_SECONDS = 10.0


def live_session() -> "tuple[Session, Callable[[Callable[[], bool]], None]]":
    """Return a session without a window, and what lets it live while something is to come."""
    from eqxviz.session.session import Session

    posted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
    session = Session(posted.put)
    is_told = False

    def live(is_busy: "Callable[[], bool]") -> None:
        nonlocal is_told
        while is_busy():
            try:
                posted.get(timeout=_PATIENCE_SECONDS)()
            except queue.Empty:
                activity = next((tab.activity for tab in session.graphs), session.model_activity)
                if not is_told and activity:
                    print(f"{activity} takes long; Ctrl+C ends it", file=sys.stderr)
                is_told = True
            except KeyboardInterrupt:
                if session.model_state != "working":
                    raise
                session.cancel_open()

    return session, live


def print_parts(parts: "Iterable[str]") -> None:
    """Print `parts` on a stdout of any encoding, and end quietly where nobody reads on."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        for part in parts:
            sys.stdout.write(part.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        # What Python flushes at its end goes nowhere, instead of into the closed pipe again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def why_not_writable(path: str) -> str:
    """Return what is wrong with the folder that `path` is to be written to, "" if nothing is."""
    folder = os.path.dirname(os.path.abspath(os.path.expanduser(path)))
    if os.path.isdir(folder):
        return ""
    what = "is no folder" if os.path.exists(folder) else "does not exist"
    return f"eqxviz: {path} cannot be written: the folder {folder} {what}"
