"""What is going on, in one line: for the title bar and the tool bar."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from eqxviz.session import formatting
from eqxviz.session.formatting import percent
from eqxviz.session.progress import whole_progress
from eqxviz.session.session import Session
from eqxviz.session.source import source_of

if TYPE_CHECKING:
    from eqxviz.session.run_activity import RunActivity
    from eqxviz.session.run_view import RunView

APPLICATION = "eqxviz"
_LEAST_SECONDS = 0.1  # less than that is not worth a word


def headline(session: Session) -> str:
    """Return "train.py – running, step 1,240 · 812 steps/s · cpu:0", or what file is open."""
    run, activity = session.run, session.activity
    if run is None:
        return model_name(session)
    status = run.status
    words = f"{run.title} – {activity.words(run)}"
    if status.step and status.at_function < 0:
        words += f", step {status.step:,}"
    parts = [words]
    if quiet := activity.quiet_seconds(run):
        parts.append(f"no call has ended for {formatting.passing_seconds(quiet)}")
    elif status.state.value == "running" and math.isfinite(status.steps_per_second):
        parts.append(formatting.step_rate(status.steps_per_second))
    elapsed = activity.elapsed_seconds(run)
    if elapsed >= _LEAST_SECONDS:
        told = formatting.passing_seconds if run.is_live else formatting.seconds
        parts.append(told(elapsed))
    progress = whole_progress(run.bars) if status.state.value == "running" else None
    if progress is not None and progress.remaining:
        parts.append(f"{progress.remaining} left")
    if status.device:
        parts.append(status.device)
    return " · ".join(parts)


def window_title(session: Session) -> str:
    """Return the text of the title bar: it is all that is seen of a window behind others."""
    run = session.run
    if run is not None and run.is_live:
        state = "pausing" if session.activity.asked == "pause" else run.status.state.value
        doing = f"{run.title} – {state}"
        progress = whole_progress(run.bars)
        if progress is not None:
            is_going = progress.remaining and state == "running"
            left = f", {progress.remaining} left" if is_going else ""
            doing += f" {percent(progress.share)}{left}"
    else:
        doing = model_name(session)
    return f"{doing} – {APPLICATION}" if doing else APPLICATION


def end_text(name: str, run: "RunView", activity: "RunActivity") -> str:
    """Return "train.py finished after 3 min 12 s", or how else it ended."""
    how = activity.words(run)
    after = f" after {formatting.seconds(run.status.elapsed_seconds)}"
    state, _, why = how.partition(": ")
    return f"{name} {state}{after}" + (f": {why}" if why else "")


def model_name(session: Session) -> str:
    """Return "polynomial.py:make_model", with its weights, or "net in train.py"; "" for nothing."""
    source, model = session.source, session.model
    if source is None:
        return ""
    if source.kind == "process":
        process = Path(model.path).name if model is not None and model.path else "a process"
        return f"{model.target.name} in {process}" if model is not None else process
    words = f"{source.title}:{model.target.name}" if model is not None else source.title
    if source.weights:
        words += f", {Path(source.weights).name}"
    return f"{words}, shapes only" if source.shapes_only else words


def selection_text(session: Session) -> str:
    """Return what is selected, as one line: a path, an equation with its place, a function."""
    selection, run = session.selection, session.run
    place = source_of(session, selection)
    where = f"{Path(place[0]).name}:{place[1]}" if place is not None else ""
    what = ""
    if selection.kind == "node" and session.model is not None:
        tree = session.model.tree
        what = tree.path(selection.node) if selection.node < len(tree) else ""
    elif selection.kind in ("equation", "value", "group"):
        from eqxviz.session.graph_details import name_in_graph

        what = name_in_graph(session, selection)
    elif selection.kind == "function" and run is not None:
        seen = run.functions.get(selection.function)
        what = seen.name if seen is not None else ""
    elif selection.kind == "compile" and run is not None:
        event, seen = run.ledger.event(selection.compile), run.functions.get(selection.function)
        if event is not None and seen is not None:
            what = f"{seen.name}, compiled in call {event.call:,}"
    elif selection.kind == "series" and run is not None:
        curve = run.series.get(selection.series)
        what = curve.series.name if curve is not None else ""
    return "  ·  ".join(words for words in (what, where) if words)
