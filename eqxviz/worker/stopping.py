"""Answers to requests about where a run stops, and whether its calls are kept."""

from collections.abc import Sequence

from eqxviz.capturing import Capture, Gate
from eqxviz.capturing.stops import StopError
from eqxviz.engine.stop_words import words_of
from eqxviz.records import (
    STOP_CAME_LATE,
    Done,
    KeepCalls,
    Problem,
    Record,
    SetStops,
    Severity,
    StopKind,
)

_MOST_NAMED = 8
_WRITE_IT = "If it is one of those, write its name as it stands there"


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


def never_there(capture: Capture) -> Problem | None:
    """Return what to say, once all is over, of a stop at something that there never was."""
    observer = capture.observer
    functions = [function.seen for function in observer.functions] if observer is not None else []
    curves = capture.stops.unknown_curves()
    known, what, stop, name = [each.name for each in functions], "function", None, ""
    if unknown := capture.stops.unknown_functions(functions):
        stop, name = unknown[0], unknown[0].function
    elif curves:
        name, (stop, *_) = next(iter(curves.items()))
        known, what = capture.curve_names, "curve"
    if stop is None:
        return None if _looks_at_something(capture) else _nothing_to_look_at()
    return Problem(
        "stop-never-there", Severity.WARNING, f"There was no {what} {name}",
        f"The stop at {words_of(stop)} waited for it to the end. {_some(what, known)}",
        _fix_of_curve(name) if what == "curve" else f"{_WRITE_IT}.",
    )  # fmt: skip


def _looks_at_something(capture: Capture) -> bool:
    """Whether a stop at any NaN, if there is one, had curves or results to look at."""
    observer = capture.observer
    keeps = observer is not None and observer.keeper.is_on
    is_any = any(not stop.condition for stop in capture.stops.of(StopKind.NONFINITE))
    return not is_any or bool(capture.curve_names) or keeps


def _nothing_to_look_at() -> Problem:
    return Problem(
        "stop-never-there", Severity.WARNING, "There was no curve to find NaN or Inf in",
        "No jitted call returned a scalar, and none was logged; calls were not kept.",
        "Keep calls (--keep): then all that they return is looked at.",
    )  # fmt: skip


def _some(what: str, known: Sequence[str]) -> str:
    if not known:
        return f"There was no {what} at all."
    more = ", ..." if len(known) > _MOST_NAMED else ""
    return f"The {what}s: {', '.join(known[:_MOST_NAMED])}{more}."


def _fix_of_curve(name: str) -> str:
    if name == "step":
        return "`step` is that of a curve's points: write `loss < inf and step > 500`, say."
    return f"{_WRITE_IT}; in quotes where it has spaces."


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
        _fix_of_curve(name),
    )
