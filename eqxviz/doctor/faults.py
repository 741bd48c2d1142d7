"""What the doctor itself failed at, as notes: they count against nobody's program."""

import os
import traceback

from eqxviz.records import NOT_SEEN, Problem, Severity


def not_seen(error: Exception) -> Problem:
    """Return the note that something could not be looked at."""
    return _note(NOT_SEEN, "A part of the program could not be looked at", error)


def not_judged(code: str, error: Exception) -> Problem:
    """Return the note that the rule `code` could not judge."""
    return _note("rule-failed", f"{code} could not judge this program", error)


def _note(code: str, title: str, error: Exception) -> Problem:
    frames = traceback.extract_tb(error.__traceback__)
    at = f" ({os.path.basename(frames[-1].filename)}, line {frames[-1].lineno})" if frames else ""
    return Problem(
        code,
        Severity.NOTE,
        title,
        f"{type(error).__name__}: {error}{at}.",
        "All else was judged. Please report this with the program.",
        detail="".join(traceback.format_exception(error)),
    )
