"""What a check came to, as text for a terminal and as plain data."""

import linecache
import os
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from eqxviz.records import (
    CAPTURE_FAILED,
    NOT_OBSERVED,
    NOT_SEEN,
    Examined,
    Problem,
    RunState,
    Severity,
)
from eqxviz.session.checking.ignores import Ignores
from eqxviz.session.checking.rules import rules
from eqxviz.session.checking.settings import Settings
from eqxviz.session.listing import problem_data

_WIDTH = 96
_AROUND = 1  # lines of source shown before and after the one that is meant
_HIDDEN = (CAPTURE_FAILED, "store-failed")
# Problem.code where the target could not be run at all.
_NOT_RUN = (
    *(NOT_OBSERVED, "no-such-module", "no-such-name", "not-a-model", "nothing-to-open"),
    *("no-such-script", "no-such-device", "no-such-python", "cannot-launch"),
    *("worker-did-not-start", "worker-unreachable"),
)


@dataclass(frozen=True)
class Report:
    """What is told of a check."""

    title: str  # "train.py"
    problems: tuple[Problem, ...]  # in the order of files and lines; what the run told comes last
    n_ignored: int = 0  # of problems that the user said are meant
    examined: Examined | None = None  # None: the run did not live to be judged
    state: RunState = RunState.STOPPED

    @property
    def alarms(self) -> tuple[Problem, ...]:
        """The problems that count: no notes."""
        return tuple(problem for problem in self.problems if problem.severity is not Severity.NOTE)

    @property
    def is_blind(self) -> bool:
        """Whether nothing was seen that could be judged."""
        is_unseen = self.examined is None or self.examined.n_rules == 0 or self.is_too_early
        return is_unseen or any(problem.code in _NOT_RUN for problem in self.problems)

    @property
    def is_too_early(self) -> bool:
        """Whether it was stopped before anything could be seen of it."""
        seen = self.examined
        if seen is None or self.state is not RunState.STOPPED or self.alarms:
            return False
        return not (seen.n_calls or seen.n_functions or seen.n_trees)

    @property
    def has_problems(self) -> bool:
        """Whether there is something to mend, be it that the script fails by itself."""
        return any(problem.code not in _NOT_RUN for problem in self.alarms)

    @property
    def is_clean(self) -> bool:
        """Whether all was judged, and nothing was found."""
        return not self.alarms and not self.is_blind


def report_of(
    title: str,
    script: str,
    examined: Examined | None,
    told: Sequence[Problem],
    state: RunState,
    settings: Settings,
) -> Report:
    """Return what is to be told of a check: without what the user said is meant.

    `told` is what the run itself has told; alarms among it were judged by the rules.
    """
    found = list(examined.problems) if examined is not None else []
    found += [each for each in map(_modest, told) if examined is None or not _is_judged(each)]
    ignores = {file: Ignores(file) for file in dict.fromkeys([script, *(p.file for p in found)])}
    meant = [each for each in found if not settings.has(each) or ignores[each.file].has(each)]
    bad = [problem for each in ignores.values() for problem in each.problems]
    left = [each for each in found if not any(each is other for other in meant)]
    return Report(title, (*left, *bad), len(meant), examined, state)


def headline(report: Report) -> str:
    """Return "No problems found in 4 steps: 13 rules", or what was found, in a line."""
    n_errors = sum(each.severity is Severity.ERROR for each in report.alarms)
    n_warnings = len(report.alarms) - n_errors
    counts = [_count(n_errors, "error")] if n_errors else []
    counts += [_count(n_warnings, "warning")] if n_warnings else []
    words = " and ".join(counts)
    ignored = f", {report.n_ignored} ignored" if report.n_ignored else ""
    examined = report.examined
    if examined is None or report.is_blind:
        return f"{words or 'Nothing'} found; {_why_blind(report)}{ignored}"
    seen = _seen(examined)
    return f"{words or 'No problems'} found {seen}: {_count(examined.n_rules, 'rule')}{ignored}"


def report_text(report: Report) -> str:
    """Return the problems with excerpts of the source, and a line that sums them up."""
    parts = [problem_text(problem) for problem in report.problems]
    explained = sorted({each.code for each in report.problems if each.code in rules()})
    last = f"{headline(report)}."
    if explained:
        last += f"\n`eqxviz explain {explained[0]}` says more of a rule."
    return "\n\n".join([*parts, last])


def problem_text(problem: Problem) -> str:
    """Return a problem: place, title, excerpt, reason and remedy."""
    place = f"{_shown_path(problem.file)}:{problem.line}: " if problem.line else ""
    place = place or (f"{_shown_path(problem.file)}: " if problem.file else "")
    lines = [f"{place}{problem.severity.value} {problem.code}: {problem.title}"]
    lines += excerpt(problem)
    lines += _wrapped("why", problem.why) + _wrapped("fix", problem.fix)
    lines += [f"         {line}" for line in problem.fix_code.splitlines()]
    return "\n".join(lines)


def excerpt(problem: Problem) -> list[str]:
    """Return the line that a problem is about, with those around it."""
    linecache.checkcache(problem.file)
    source = linecache.getlines(problem.file) if problem.file and problem.line else []
    if not 1 <= problem.line <= len(source):
        return []
    numbers = range(max(problem.line - _AROUND, 1), min(problem.line + _AROUND, len(source)) + 1)
    shown = [(n, source[n - 1].rstrip()) for n in numbers]
    shown = [(n, text) for n, text in shown if text or n == problem.line]
    margin = textwrap.dedent("\n".join(text for _, text in shown)).split("\n")
    width = len(str(numbers[-1]))
    return [
        f"  {'>' if n == problem.line else ' '} {n:>{width}} | {text}".rstrip()
        for (n, _), text in zip(shown, margin, strict=True)
    ]


def report_data(report: Report) -> dict[str, Any]:
    """Return the same as plain data."""
    examined = report.examined
    return {
        "target": report.title,
        "state": report.state.value,
        "judged": not report.is_blind,
        "clean": report.is_clean,
        "rules": examined.n_rules if examined is not None else 0,
        "steps": examined.n_steps if examined is not None else 0,
        "calls": examined.n_calls if examined is not None else 0,
        "ignored": report.n_ignored,
        "problems": [problem_data(each)["problem"] for each in report.problems],
    }


def _is_judged(problem: Problem) -> bool:
    return problem.code in rules()


def _modest(problem: Problem) -> Problem:
    """Return a problem as it counts here: what eqxviz failed at is no fault of the program."""
    return replace(problem, severity=Severity.NOTE) if problem.code in _HIDDEN else problem


def _why_blind(report: Report) -> str:
    codes = [problem.code for problem in report.problems]
    if any(code in _NOT_RUN for code in codes):
        return f"{report.title} could not be run"
    if report.examined is None:
        return f"{report.title} ended before it could be judged"
    if report.is_too_early:
        return f"{report.title} was stopped before its first jitted call"
    if NOT_SEEN in codes:
        return f"{report.title} could not be looked at"
    return f"{report.title} {'could not be judged' if codes else 'does not import JAX'}"


def _seen(examined: Examined) -> str:
    if examined.n_steps:
        return f"in {_count(examined.n_steps, 'step')}"
    if n_calls := max(examined.n_calls, examined.n_functions):  # one that raised is not counted
        return f"in {_count(n_calls, 'jitted call')}"
    return "in the model, with no jitted call" if examined.n_trees else "with no jitted call"


def _shown_path(file: str) -> str:
    relative = os.path.relpath(file)
    return file if relative.startswith(os.pardir) else relative


def _wrapped(label: str, text: str) -> list[str]:
    if not text:
        return []
    lead = f"    {label}: "
    return [
        wrapped
        for i, line in enumerate(text.splitlines())
        for wrapped in textwrap.wrap(
            line,
            _WIDTH,
            initial_indent=lead if i == 0 else " " * len(lead),
            subsequent_indent=" " * len(lead),
            break_long_words=False,
            break_on_hyphens=False,
        )
    ]


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'s'[: n != 1]}"
