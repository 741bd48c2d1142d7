"""Runs as text for a terminal."""

import time
from collections.abc import Iterator, Sequence
from typing import Any, cast

from eqxviz.session import formatting
from eqxviz.session.column import Cell
from eqxviz.session.runs.columns import RUNS, StateLook, label_of
from eqxviz.session.runs.comparing import RunComparison
from eqxviz.session.runs.naming import short_ids
from eqxviz.store import RunSummary

_LISTED = ("state", "started", "duration", "steps", "value", "device", "command", "tags", "note")
_RIGHT = ("duration", "steps", "value")
_GAP = "  "
_WIDEST = 60


def list_text(
    runs: Sequence[RunSummary], all_runs: Sequence[RunSummary], width: int
) -> Iterator[str]:
    """Yield a table of `runs`, each line at most `width` wide (0: as wide as it is).

    The ids are short ones that tell a run from `all_runs`.
    """
    cells = [next(cell for cell in RUNS if cell.column.name == name) for name in _LISTED]
    shorts = short_ids(all_runs)
    head = ["ID", *(cell.column.title.upper() for cell in cells)]
    body = [[shorts[run.id], *(_plain(_text(cell, run)) for cell in cells)] for run in runs]
    while runs and not any(row[-1] for row in body):  # no tags, no notes
        head, body = head[:-1], [row[:-1] for row in body]
    is_right = [False, *(name in _RIGHT for name in _LISTED)]
    yield from _table([head, *body], is_right, width)


def run_text(run: RunSummary, data: dict[str, Any]) -> Iterator[str]:
    """Yield what is known of one run, a line for each thing; `data` as `whole_data` gives it."""
    yield f"{label_of(run.title, run.started)}\n\n"
    facts: list[tuple[str, str]] = [
        ("id", run.id),
        ("state", StateLook.of(run).words),
        ("command", " ".join((run.script, *run.argv))),
        ("started", time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.started))),
        ("took", formatting.seconds(run.elapsed_seconds)),
        ("steps", f"{run.steps:,}"),
        ("points", f"{run.n_points:,}"),
        ("size", formatting.n_bytes(run.n_bytes)),
        ("folder", str(run.folder)),
        ("tags", ", ".join(run.tags)),
        ("note", run.note),
        ("problem", run.problem),
    ]
    facts += [(f"last {name}", formatting.number(value)) for name, value in run.finals]
    for name in ("devices", "host", "python", "working_directory", "git_commit", "git_branch"):
        value = data.get(name, "")
        text = ", ".join(cast(list[str], value)) if isinstance(value, list) else str(value)
        facts.append((name.replace("_", " "), text))
    for name in ("versions", "environment"):
        said: dict[str, str] = data.get(name, {})
        facts.append((name, ", ".join(f"{key} {value}" for key, value in said.items())))
    for seed in data.get("seeds", []):
        facts.append(("seed", f"{seed['source']}({seed['seed']}), line {seed['line']}"))
    for made in data.get("checkpoints", []):
        size = formatting.n_bytes(made["bytes"])
        facts.append(("checkpoint", f"step {made['step']:,}: {made['path']} ({size})"))
    for problem in data.get("problems", []):
        facts += [("problem", _one_line(problem["title"])), ("", _one_line(problem["why"]))]
    shown = [(name, value) for name, value in facts if value]
    room = max(len(name) for name, _ in shown)
    for name, value in shown:
        yield f"{name:<{room}}  {value}\n"


def comparison_text(comparison: RunComparison, width: int, *, whole: bool = False) -> Iterator[str]:
    """Yield what differs between runs, or with `whole` all that is known of them."""
    rows = [row for row in comparison.rows if whole or row.differs]
    if not rows:
        yield "Nothing that is known of these runs differs.\n"
        return
    section = ""
    lines = [["", *comparison.labels]]
    for row in rows:
        if row.section != section:
            section = row.section
            lines.append([section.upper(), *([""] * len(comparison.labels))])
        lines.append([f"  {row.name}", *(_plain(value) for value in row.values)])
    yield from _table(lines, [False] * len(lines[0]), width)
    for text in comparison.texts:
        yield f"\n{text.title}\n{text.text.rstrip()}\n"


def _text(cell: Cell[RunSummary], run: RunSummary) -> str:
    is_named = cell.column.name == "command" and run.name
    return f"{run.name}: {cell.text(run)}" if is_named else cell.text(run)


def _plain(text: str) -> str:
    """Return `text` in one line, without what would steer a terminal."""
    return formatting.elide_middle(_one_line(text), _WIDEST)


def _one_line(text: str) -> str:
    return "".join(c for c in " ".join(text.split()) if c.isprintable())


def _table(rows: Sequence[Sequence[str]], is_right: Sequence[bool], width: int) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.rjust(room) if right else cell.ljust(room)
            for cell, room, right in zip(row, widths, is_right, strict=False)
        ]
        line = _GAP.join(cells).rstrip()
        yield (line if not width or len(line) <= width else f"{line[: width - 1]}…") + "\n"
