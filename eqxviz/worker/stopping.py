"""Answers to requests about where a run stops, and whether its calls are kept."""

from eqxviz.capturing import Capture
from eqxviz.capturing.stops import StopError
from eqxviz.engine.stop_words import words_of
from eqxviz.records import Done, KeepCalls, Problem, Record, SetStops, Severity

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
