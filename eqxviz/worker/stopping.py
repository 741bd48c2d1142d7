"""Answers to requests about where a run stops, and whether its calls are kept."""

from eqxviz.capturing import Capture, Gate
from eqxviz.capturing.stops import StopError
from eqxviz.engine.stop_words import words_of
from eqxviz.records import STOP_CAME_LATE, Done, KeepCalls, Problem, Record, SetStops, Severity

_MOST_NAMED = 8


def answer(capture: Capture, request: SetStops | KeepCalls) -> Record:
    """Obey, and return the answer: a note where a stop waits for a curve that there is not yet."""
    if isinstance(request, KeepCalls):
        capture.keep_calls(request.is_on)
        return Done()
    try:
        capture.stops.set(request.stops)
    except StopError as error:
        title = f"The run cannot stop at {words_of(error.stop)}"
        return Problem(
            "stop-not-set", Severity.ERROR, title, str(error), error.fix,
            error.stop.file, error.stop.line,
        )  # fmt: skip
    return next(iter(capture.lines.problems), None) or _unknown_curve(capture) or Done()


def too_late(gate: Gate) -> Problem | None:
    """Return what there is to say of a stop that was met, once nothing is left to be paused."""
    met = gate.met
    if met is None or gate.stop_wanted:
        return None
    return Problem(
        STOP_CAME_LATE, Severity.WARNING, f"The run could not stop at {words_of(met.stop)}",
        f"The script had ended before it was known that {met.why_late}.",
        "Keep calls (--keep) to stop right after the call that does it.",
    )  # fmt: skip


def let_go(capture: Capture) -> None:
    """Neither stop nor keep anything: nobody is there any more to look at it."""
    capture.stops.set(())
    capture.keep_calls(False)


def _unknown_curve(capture: Capture) -> Problem | None:
    known = capture.curve_names
    unknown = capture.stops.unknown_curves()
    if not known or not unknown:
        return None
    name, stops = next(iter(unknown.items()))
    some = ", ".join(known[:_MOST_NAMED]) + (", ..." if len(known) > _MOST_NAMED else "")
    return Problem(
        "stop-waits",
        Severity.NOTE,
        f"There is no curve {name} yet",
        f"The stop at {words_of(stops[0])} is set, and waits for it. The curves so far: {some}.",
        "If it is one of those, write its name as it stands there; in quotes where it has spaces.",
    )
