"""The columns of the list of runs: what each says of a run, and sorts by."""

import math
import shlex
import time
from collections.abc import Sequence
from typing import NamedTuple

from eqxviz.records import RunState
from eqxviz.records.naming import script_name
from eqxviz.session import formatting
from eqxviz.session.column import Cell, Column
from eqxviz.store import RunSummary

# State: its glyph and its colour role. The word stands beside it, so that the colour adds nothing.
_STATES: dict[RunState, tuple[str, str]] = {
    RunState.STARTING: ("◌", "compiling"),
    RunState.RUNNING: ("▶", "running"),
    RunState.PAUSED: ("‖", "compiling"),
    RunState.STOPPING: ("◌", "compiling"),
    RunState.FINISHED: ("✓", "traced"),
    RunState.FAILED: ("✗", "problem"),
    RunState.STOPPED: ("■", "faint"),
    RunState.DIED: ("†", "problem"),
    RunState.ELSEWHERE: ("↗", "faint"),
}


_LONGEST = 40  # letters of arguments in a line


class StateLook(NamedTuple):
    """The state of a run as a list shows it."""

    mark: str
    words: str
    color: str  # one of the theme's

    @staticmethod
    def of(run: RunSummary) -> "StateLook":
        """Return that of `run`; how one ended whose store cannot be read is not known."""
        if run.problem:
            return StateLook("?", "unreadable", "problem")
        mark, color = _STATES[run.state]
        return StateLook(mark, run.state.value, color)

    @property
    def text(self) -> str:
        """Return "✓ finished"."""
        return f"{self.mark} {self.words}"


def label_of(title: str, started: float) -> str:
    """Return "train.py, 21 Nov 14:03", which tells a run from most others."""
    return f"{title}, {time.strftime('%-d %b %H:%M', time.localtime(started))}"


def labels_of(runs: Sequence[RunSummary]) -> tuple[str, ...]:
    """Return a label for each run; where two would be the same, with the last part of the id."""
    labels = [label_of(run.title, run.started) for run in runs]
    return tuple(
        label if labels.count(label) == 1 else f"{label} ({run.id.rpartition('-')[2]})"
        for label, run in zip(labels, runs, strict=True)
    )


def headings_of(runs: Sequence[RunSummary]) -> tuple[str, ...]:
    """Return as little of each run as tells it from the others: title, time or end of the id."""
    choices = (
        [run.title for run in runs],
        [started_text(run.started) for run in runs],
        [time.strftime("%H:%M:%S", time.localtime(run.started)) for run in runs],
        [run.id.rpartition("-")[2] for run in runs],
    )
    return tuple(
        next((words[at] for words in choices if words.count(words[at]) == 1), run.id)
        for at, run in enumerate(runs)
    )


def started_text(started: float, now: float | None = None) -> str:
    """Return when a run was started: "today 14:03", "21 Nov 14:03", "3 Mar 2025 14:03"."""
    at, today = time.localtime(started), time.localtime(time.time() if now is None else now)
    if at[:3] == today[:3]:
        return time.strftime("today %H:%M", at)
    return time.strftime("%-d %b %H:%M" if at[0] == today[0] else "%-d %b %Y %H:%M", at)


def last_value(finals: Sequence[tuple[str, float]]) -> tuple[str, float] | None:
    """Return name and last value of the curve that says most: the loss, or else the first."""
    lowered = [(name.lower(), name, value) for name, value in finals]
    ranked = sorted(
        range(len(lowered)),
        key=lambda i: (lowered[i][0] != "loss", "loss" not in lowered[i][0], i),
    )
    return (lowered[ranked[0]][1], lowered[ranked[0]][2]) if ranked else None


def short_line(run: RunSummary) -> str:
    """Return a run in one line: "✓ train.py --lr 0.1 · today 14:03 · loss 0.0412"."""
    found = last_value(run.finals)
    what = " ".join((run.title, formatting.elide_middle(arguments(run), _LONGEST))).strip()
    parts = [f"{StateLook.of(run).mark} {what}", started_text(run.started)]
    if found is not None:
        parts.append(f"{found[0]} {found[1]:.3g}")
    return " · ".join(parts)


def _value_text(run: RunSummary) -> str:
    found = last_value(run.finals)
    if found is None:
        return ""
    name, value = found
    return f"{formatting.elide_middle(name, 18)}  {value:.4g}"


def _value_key(run: RunSummary) -> float:
    found = last_value(run.finals)
    return found[1] if found is not None and not math.isnan(found[1]) else math.inf


def arguments(run: RunSummary) -> str:
    """Return what its script was given, as one would type it."""
    return shlex.join(run.argv)


def _command(run: RunSummary) -> str:
    return f"{script_name(run.script)} {arguments(run)}".strip()


def _note_line(run: RunSummary) -> str:
    return " ".join((run.problem or run.note).split())


RUNS: tuple[Cell[RunSummary], ...] = (
    Cell(
        Column("name", "Run", 130, "Its name, or that of its script"),
        lambda run: run.title,
        lambda run: (run.title.casefold(), run.started),
    ),
    Cell(
        Column("arguments", "Arguments", 120, "What its script was given"),
        arguments,
        arguments,
    ),
    Cell(
        Column("state", "State", 90, "How it ended, or where it is", "mark"),
        lambda run: StateLook.of(run).text,
        lambda run: (run.state.is_end, StateLook.of(run).words),
    ),
    Cell(
        Column("started", "Started", 98, "When it was started", "number"),
        lambda run: started_text(run.started),
        lambda run: run.started,
    ),
    Cell(
        Column("duration", "Took", 84, "Without the time spent paused", "number"),
        lambda run: formatting.seconds(run.elapsed_seconds),
        lambda run: run.elapsed_seconds,
    ),
    Cell(
        Column("steps", "Steps", 62, "Calls of its step function", "number"),
        lambda run: f"{run.steps:,}",
        lambda run: run.steps,
    ),
    Cell(
        Column("value", "Last value", 112, "The last loss, or the last value of its first curve",
               "number"),
        _value_text,
        _value_key,
    ),
    Cell(
        Column("device", "Device", 62, "Where it computed"),
        lambda run: run.device,
        lambda run: run.device,
    ),
    Cell(
        Column("tags", "Tags", 100, "What you tagged it with"),
        lambda run: ", ".join(run.tags),
        lambda run: run.tags,
    ),
    Cell(
        Column("note", "Note", 110, "What you wrote on it"),
        _note_line,
        lambda run: _note_line(run).casefold(),
    ),
    Cell(
        Column("size", "Size", 74, "All its files on disk", "number"),
        lambda run: formatting.n_bytes(run.n_bytes),
        lambda run: run.n_bytes,
    ),
    Cell(
        Column("points", "Points", 80, "Of all its curves together", "number"),
        lambda run: formatting.count(run.n_points),
        lambda run: run.n_points,
    ),
    Cell(
        Column("command", "Command", 180, "The script and its arguments"),
        _command,
        _command,
    ),
    Cell(
        Column("commit", "Commit", 80, "The git commit it was started from", "code"),
        lambda run: run.git_commit[:10],
        lambda run: run.git_commit,
    ),
    Cell(
        Column("branch", "Branch", 90, "The git branch it was started from"),
        lambda run: run.git_branch,
        lambda run: run.git_branch,
    ),
    Cell(
        Column("id", "Id", 220, "The name of its folder, as `eqxviz runs` takes it", "code"),
        lambda run: run.id,
        lambda run: run.id,
    ),
)  # fmt: skip
RUNS_AT_FIRST = (
    *("name", "arguments", "state", "started", "duration", "steps", "value", "device", "tags"),
    *("note", "size"),
)
