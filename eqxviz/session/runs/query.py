"""The search of runs: what can be asked of them, in the language of all searches."""

import math
import re
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import RunState
from eqxviz.session.search.conditions import COMPARISONS, QueryError, number_of, text_pattern
from eqxviz.session.search.language import Language, Mask, Predicate, Query, understood
from eqxviz.session.search.pattern import compiled
from eqxviz.store import RunSummary

Runs = Sequence[RunSummary]
_TIME = re.compile(r"([\d.]+)\s*(ms|s|min|m|h|d|)")
_UNITS = {"": 1.0, "ms": 1e-3, "s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
_LIVE = (RunState.STARTING, RunState.RUNNING, RunState.PAUSED, RunState.STOPPING)


def query_of(text: str, runs: Runs) -> Query[Runs]:
    """Return what `text` asks of `runs`, whose curves can be asked for by name: `loss<0.1`."""
    return understood(text, Language(PREDICATES | _of_curves(runs), _anywhere))


def found_by(query: Query[Runs], runs: Runs) -> list[RunSummary]:
    """Return the runs that `query` finds, in their order; an empty one finds all."""
    if not query.choices:
        return list(runs)
    mask = query.mask(runs, len(runs))
    return [run for run, is_found in zip(runs, mask.tolist(), strict=True) if is_found]


def _mask(found: Iterable[bool]) -> Mask:
    return np.fromiter(found, np.bool_)


def _anywhere(pattern: str, spans: bool) -> Callable[[Runs], Mask]:
    search = compiled(pattern).search
    return lambda runs: _mask(search(run.search_text) is not None for run in runs)


def _text(
    name: str, example: str, says: str, texts: Callable[[RunSummary], Iterable[str]]
) -> Predicate[Runs]:
    def make(comparison: str, value: str) -> Callable[[Runs], Mask]:
        search = compiled(text_pattern(comparison, value)).search
        return lambda runs: _mask(any(map(search, texts(run))) for run in runs)

    return Predicate(name, example, says, make)


def _number(
    name: str,
    example: str,
    says: str,
    numbers: Callable[[RunSummary], float | None],
    read: Callable[[str], float] = number_of,
) -> Predicate[Runs]:
    def make(comparison: str, value: str) -> Callable[[Runs], Mask]:
        number, compare = read(value), COMPARISONS[comparison]

        def test(runs: Runs) -> Mask:
            found = [numbers(run) for run in runs]
            column: NDArray[np.float64] = np.array(found, np.float64)
            is_there = np.array([value is not None for value in found], np.bool_)
            if math.isnan(number):  # it is asked for, and equals nothing, nor itself
                return compare(np.where(np.isnan(column), 0.0, np.nan), 0.0) & is_there
            return compare(column, number) & is_there

        return test

    return Predicate(name, example, says, make, "number")


def _word(name: str, says: str, holds: Callable[[RunSummary], bool]) -> Predicate[Runs]:
    def make(comparison: str, value: str) -> Callable[[Runs], Mask]:
        return lambda runs: _mask(map(holds, runs))

    return Predicate(name, name, says, make, "")


def _of_date(comparison: str, value: str) -> Callable[[Runs], Mask]:
    """Return the test of when a run was started; a date is all of a day, a month or a year."""
    first, end = _stretch(value)
    tests: dict[str, Callable[[float], bool]] = {
        "<": lambda at: at < first, "<=": lambda at: at < end,
        ">": lambda at: at >= end, ">=": lambda at: at >= first,
        "!=": lambda at: not first <= at < end,
    }  # fmt: skip
    test = tests.get(comparison, lambda at: first <= at < end)
    return lambda runs: _mask(test(run.started) for run in runs)


def _stretch(value: str) -> tuple[float, float]:
    """Return when a date begins and ends, in seconds since 1970.

    Raises:
        QueryError: If it is none.
    """
    today = date.today()
    match = _DATE.fullmatch(value)
    try:
        if value in ("today", "yesterday"):
            first = today - timedelta(days=value == "yesterday")
            return _seconds(first), _seconds(first + timedelta(days=1))
        if match is not None:
            year, month, day = (int(part) if part else 0 for part in match.groups())
            first = date(year, month or 1, day or 1)
            if day:
                return _seconds(first), _seconds(first + timedelta(days=1))
            end = date(year + 1, 1, 1) if not month or month == 12 else date(year, month + 1, 1)
            return _seconds(first), _seconds(end)
    except (ValueError, OverflowError):
        pass
    raise QueryError(
        f"{value!r} is no date. Write one such as today, {today.isoformat()} or 2026-11."
    )


def _seconds(day: date) -> float:
    return time.mktime(day.timetuple())


def _duration(value: str) -> float:
    match = _TIME.fullmatch(value)
    try:
        if match is not None:
            return float(match[1]) * _UNITS[match[2]]
    except ValueError:
        pass
    raise QueryError(f"{value!r} is no time. Write one such as 30s, 5min or 2h.")


def _any_number(value: str) -> float:
    """Return a number that may be below zero, `inf` or `nan`."""
    try:
        return float(value)
    except ValueError:
        return number_of(value)


def _of_curves(runs: Runs) -> dict[str, Predicate[Runs]]:
    """Return a predicate for each curve, by its name as it is shown or by the last word of it."""
    names = dict.fromkeys(name for run in runs for name, _value in run.finals if name)
    found = {name.casefold(): name for name in names}
    for name in names:
        found.setdefault(_last_word(name), name)
    found.pop("", None)
    return {
        word: _number(
            word, f"{word}<0.1", f"By the last value of {name}", _final(word), _any_number
        )
        for word, name in found.items()
        if word not in PREDICATES
    }


def _arguments(argv: Sequence[str]) -> Iterable[str]:
    """Yield each argument, and each option with its value in both ways to write them."""
    yield from argv
    apart = ((word, value) for word, value in pairwise(argv) if not value.startswith("--"))
    joined = (tuple(word.split("=", 1)) for word in argv if "=" in word)
    for option, value in (*apart, *joined):
        if option.startswith("-"):
            yield f"{option}={value}"
            yield f"{option} {value}"


def _last_word(name: str) -> str:
    words = re.findall(r"[A-Za-z_]+", name)
    return words[-1].casefold() if words else ""


def _final(word: str) -> Callable[[RunSummary], float | None]:
    def value(run: RunSummary) -> float | None:
        by_word: float | None = None
        for name, last in run.finals:
            if name.casefold() == word:
                return last
            if by_word is None and _last_word(name) == word:
                by_word = last
        return by_word

    return value


_PREDICATES: tuple[Predicate[Runs], ...] = (
    _text("script", "script:train", "The path of the script holds a text", lambda r: (r.script,)),
    _text("name", "name:baseline", "The name you gave it holds a text", lambda r: (r.title,)),
    _text("tag", "tag=good", "One of its tags", lambda r: r.tags),
    _text("note", "note:slow", "What you wrote on it", lambda r: (r.note,)),
    _text("state", "state:failed", "How it ended, or where it is", lambda r: (r.state.value,)),
    _text("device", "device:cuda", "Where it computed", lambda r: (r.device,)),
    _text("commit", "commit:1a2b3c", "The git commit it began at", lambda r: (r.git_commit,)),
    _text("branch", "branch:main", "The git branch it began at", lambda r: (r.git_branch,)),
    _text("arg", "arg:--lr=0.1", "One of the script's arguments", lambda r: _arguments(r.argv)),
    _text("id", "id:20261121", "The name of its folder", lambda r: (r.id,)),
    Predicate("date", "date:today", "When it was started: date>=2026-11-01", _of_date, "number"),
    _number("steps", "steps>1000", "By the calls of its step function", lambda r: r.steps),
    _number("points", "points>1e6", "By the points of all curves", lambda r: r.n_points),
    _number("size", "size>10MB", "By all its files on disk", lambda r: r.n_bytes),
    _number("took", "took>5min", "By how long it ran", lambda r: r.elapsed_seconds, _duration),
    *(
        _word(state.value, f"Those that are {state.value}", lambda r, state=state: r.state is state)
        for state in RunState
        if state.is_end or state in (RunState.RUNNING, RunState.PAUSED)
    ),
    _word("live", "Still going on", lambda r: r.state in _LIVE),
    _word("tagged", "With any tag", lambda r: bool(r.tags)),
    _word("unreadable", "Whose store cannot be read", lambda r: bool(r.problem)),
)  # fmt: skip
PREDICATES = {predicate.name: predicate for predicate in _PREDICATES}
for other, name in (("started", "date"), ("duration", "took")):
    PREDICATES[other] = PREDICATES[name]
COMPLETIONS = (
    *((predicate.example, predicate.help) for predicate in _PREDICATES),
    ("loss<0.1", "By the last value of a curve"),
)
