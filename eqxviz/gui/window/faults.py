"""The window's own errors: reported as problems, never swallowed, never the end of the window."""

import sys
import threading
import traceback
from types import TracebackType

from eqxviz.gui.bridge import Bridge
from eqxviz.session.session import Session


def catch_faults(session: Session, bridge: Bridge) -> None:
    """Report every exception that nobody caught, on any thread, as a problem of `session`.

    This is the outermost boundary: after it there is only Qt's event loop. The traceback still
    goes to stderr.
    """

    def on_fault(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        sys.__excepthook__(kind, error, trace)
        if not issubclass(kind, (KeyboardInterrupt, SystemExit)):
            bridge.post(lambda: report_fault(session, error))

    sys.excepthook = on_fault
    threading.excepthook = lambda fault: on_fault(
        fault.exc_type,
        fault.exc_value if fault.exc_value is not None else fault.exc_type(),
        fault.exc_traceback,
    )


def report_fault(session: Session, error: BaseException) -> None:
    """Put `error` on the session's list of problems."""
    from eqxviz.records import Frame, Problem, Severity

    # A signal wraps what its receiver raised; the receiver's error is what happened.
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    frames = tuple(
        Frame(f.filename, f.lineno or 0, f.name, f.line or "", is_user=False)
        for f in traceback.extract_tb(error.__traceback__)
    )
    words = str(error).strip()
    session.report(
        Problem(
            code="window-error",
            severity=Severity.ERROR,
            title="The window met an error of its own",
            why=f"{type(error).__name__}: {words}" if words else type(error).__name__,
            fix="What you asked for may not have happened; the window and the run go on. "
            "It is a bug in eqxviz: the details below belong into a report of it.",
            file=frames[-1].file if frames else "",
            line=frames[-1].line if frames else 0,
            frames=frames,
            detail="".join(traceback.format_exception(error)),
        )
    )
