"""What differs between runs: how they were started, on what, and what came of it."""

import difflib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eqxviz.records import RunDescription, SeedSeen
from eqxviz.session import formatting
from eqxviz.session.run_view import RunView
from eqxviz.session.runs.columns import headings_of, labels_of, started_text
from eqxviz.store import Library, RunSummary, StoreError

ABSENT = "–"
_MAX_DIFF_LINES = 20_000
_NUMBER = re.compile(r"-[\d.]")
# Of these curves the greatest value is the best; of all others the least.
_MORE_IS_BETTER = re.compile(r"acc|score|reward|return|auc|f1|precision|recall|psnr|bleu", re.I)


@dataclass(frozen=True)
class ComparedRow:
    """One thing that is known of runs, as text: a value for each of them."""

    section: str  # "Arguments", "Code", ...
    name: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether it is not the same in all runs."""
        return len(set(self.values)) > 1


@dataclass(frozen=True)
class ComparedText:
    """How a text of one run differs from that of the first, as a unified diff.

    Of a single run it is the text itself, or what was not committed.
    """

    title: str
    text: str


@dataclass(frozen=True)
class RunComparison:
    """Runs beside each other; the first is what the others are compared with."""

    runs: tuple[RunSummary, ...]
    labels: tuple[str, ...]
    headings: tuple[str, ...]  # shorter than the labels
    rows: tuple[ComparedRow, ...]
    texts: tuple[ComparedText, ...]

    @property
    def summary(self) -> str:
        """What is compared, in a line: "12 things differ between 2 runs"."""
        if len(self.runs) == 1:
            return self.labels[0]
        n = self.n_differing
        what = "1 thing differs" if n == 1 else f"{n} things differ" if n else "Nothing differs"
        return f"{what} between {len(self.runs)} runs"

    @property
    def n_differing(self) -> int:
        """In how many rows the runs differ."""
        return sum(row.differs for row in self.rows)


@dataclass(frozen=True)
class _Known:
    """What is known of one run; of one whose store cannot be read, little."""

    run: RunSummary
    told: RunDescription | None
    seeds: tuple[SeedSeen, ...]
    extremes: Mapping[str, tuple[float, float]]  # least and greatest value of each curve


def compare_runs(library: Library, runs: Sequence[RunSummary]) -> RunComparison:
    """Return what differs between `runs`; of a single one, all that is known of it."""
    known = [_known(library, run) for run in runs]
    rows = (
        *_rows("Arguments", [arguments_of(run.argv) for run in runs]),
        *_rows("Code", [_code(each, known[0]) for each in known]),
        *_rows("Machine", [_machine(each) for each in known]),
        *_rows("Versions", [dict(each.told.versions) if each.told else {} for each in known]),
        *_rows("Environment", [dict(each.told.environment) if each.told else {} for each in known]),
        *_rows("Seeds", [_seeds(each) for each in known]),
        *_rows("Course", [_course(run) for run in runs]),
        *_rows("Values", [_values(each) for each in known]),
    )
    labels = labels_of(runs)
    return RunComparison(tuple(runs), labels, headings_of(runs), rows, tuple(_texts(known, labels)))


def arguments_of(argv: Sequence[str]) -> dict[str, str]:
    """Return the arguments of a script by name: options, and "argument 1" for what is none."""
    found: dict[str, list[str]] = {}
    n_plain, at = 0, 0
    while at < len(argv):
        word = argv[at]
        at += 1
        if not _is_option(word):
            n_plain += 1
            found[f"argument {n_plain}"] = [word]
            continue
        name, equals, value = word.partition("=")
        if not equals:
            has_value = at < len(argv) and not _is_option(argv[at])
            value = argv[at] if has_value else "given"
            at += has_value
        found.setdefault(name, []).append(value)
    return {name: ", ".join(values) for name, values in found.items()}


def _is_option(word: str) -> bool:
    return word.startswith("-") and len(word) > 1 and not _NUMBER.match(word)


def _known(library: Library, run: RunSummary) -> _Known:
    try:
        with library.open(run.id) as store:
            view = RunView(run.script, run.argv, str(run.folder), None)
            view.take_in(store)
    except StoreError:
        return _Known(run, None, (), {})
    curves = {curve.series.name: curve.extremes() for curve in view.series.values()}
    return _Known(run, view.description, tuple(view.seeds), curves)


def _rows(section: str, columns: Sequence[Mapping[str, str]]) -> Iterable[ComparedRow]:
    names = dict.fromkeys(name for column in columns for name in column)
    for name in names:
        yield ComparedRow(section, name, tuple(column.get(name, ABSENT) for column in columns))


def _code(known: _Known, first: _Known) -> dict[str, str]:
    run, told = known.run, known.told
    made = {"script": run.script or ABSENT}
    if told is None:
        return made
    made["script text"] = _changed_lines(
        first.told.script_text if first.told else "", told.script_text, is_first=known is first
    )
    made["git commit"] = told.git_commit[:10] or ABSENT
    made["git branch"] = told.git_branch or ABSENT
    is_in_git = bool(told.git_commit or told.git_diff)
    made["uncommitted changes"] = _diff_size(told.git_diff) if is_in_git else ABSENT
    return made


def _changed_lines(before: str, after: str, *, is_first: bool) -> str:
    """Return "+3 −1 lines" against the first run; of equal texts, how long they are."""
    n = after.count("\n") + bool(after and after[-1] != "\n")
    size = "1 line" if n == 1 else f"{n:,} lines"
    if is_first or before == after:
        return size
    lines = _diff(before, after, "", "")
    n_more = sum(line.startswith("+") and not line.startswith("+++") for line in lines)
    n_less = sum(line.startswith("-") and not line.startswith("---") for line in lines)
    return f"+{n_more:,} −{n_less:,} lines"


def _diff_size(diff: str) -> str:
    if not diff:
        return "none"
    lines = diff.splitlines()
    n_files = sum(line.startswith("diff --git") for line in lines)
    n_more = sum(line.startswith("+") and not line.startswith("+++") for line in lines)
    n_less = sum(line.startswith("-") and not line.startswith("---") for line in lines)
    return f"+{n_more:,} −{n_less:,} in {n_files} {'file' if n_files == 1 else 'files'}"


def _machine(known: _Known) -> dict[str, str]:
    told = known.told
    made = {"device": known.run.device or ABSENT}
    if told is not None:
        made |= {
            "devices": ", ".join(told.devices) or ABSENT,
            "host": told.host,
            "interpreter": told.python,
            "working directory": told.folder,
        }
    return made


def _seeds(known: _Known) -> dict[str, str]:
    found: dict[str, dict[str, None]] = {}
    for seed in known.seeds:
        found.setdefault(seed.source, {})[seed.seed] = None
    return {source: ", ".join(seeds) for source, seeds in found.items()}


def _course(run: RunSummary) -> dict[str, str]:
    rate = run.steps / run.elapsed_seconds if run.elapsed_seconds else math.nan
    return {
        "state": run.state.value,
        "started": started_text(run.started),
        "took": formatting.seconds(run.elapsed_seconds),
        "steps": f"{run.steps:,}",
        "steps per second": f"{rate:,.4g}" if math.isfinite(rate) else ABSENT,
    }


def _values(known: _Known) -> dict[str, str]:
    made: dict[str, str] = {}
    finals = dict(known.run.finals)
    for name, value in finals.items():
        made[f"last {name}"] = formatting.number(value)
        least, greatest = known.extremes.get(name, (value, value))
        is_more = _MORE_IS_BETTER.search(name) is not None
        made[f"{'max' if is_more else 'min'} {name}"] = formatting.number(
            greatest if is_more else least
        )
    return made


def _texts(known: Sequence[_Known], labels: Sequence[str]) -> Iterable[ComparedText]:
    first = known[0].told
    if len(known) == 1 and first is not None:
        yield ComparedText(f"{Path(first.script).name} as it was", first.script_text)
        if first.git_diff:
            yield ComparedText("Uncommitted changes", first.git_diff)
        return
    for each, label in zip(known[1:], labels[1:], strict=True):
        if each.told is None or first is None or each.told.script_text == first.script_text:
            continue
        name = Path(each.run.script).name
        lines = _diff(first.script_text, each.told.script_text, labels[0], label)
        yield ComparedText(f"{name}: {labels[0]} → {label}", "\n".join(lines))
    diffs = [each.told.git_diff if each.told else "" for each in known]
    if len(set(diffs)) > 1:
        for diff, label in zip(diffs, labels, strict=True):
            if diff:
                yield ComparedText(f"Uncommitted in {label}", diff)


def _diff(before: str, after: str, from_: str, to: str) -> list[str]:
    old, new = before.splitlines(), after.splitlines()
    if max(len(old), len(new)) > _MAX_DIFF_LINES:
        return [f"The texts differ; they are too long to be compared ({len(old):,} lines)."]
    return list(difflib.unified_diff(old, new, from_, to, lineterm=""))
