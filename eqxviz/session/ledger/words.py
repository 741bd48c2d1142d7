"""Why a function was compiled again: on one line, and over all its compilations."""

from collections.abc import Iterable
from dataclasses import dataclass

from eqxviz.records import Cause, CauseKind, CompileEvent


@dataclass(frozen=True)
class Reason:
    """A cause that several compilations have; `cause` is that of the latest."""

    cause: Cause
    n_compiles: int


def change(cause: Cause) -> str:
    """Return "f32[8,3] → f32[7,3]", or the keys that came and went; "" where nothing is known."""
    if cause.kind is CauseKind.DICT_KEYS:
        lost = f"without {cause.old}" if cause.old else ""
        gained = f"with {cause.new}" if cause.new else ""
        return ", ".join(words for words in (lost, gained) if words)
    if cause.old == cause.new:
        return cause.new
    return f"{cause.old or 'none'} → {cause.new or 'none'}"


def cause_line(cause: Cause) -> str:
    """Return a cause on one line: "x: shape f32[8,3] → f32[7,3]"."""
    head = f"{cause.path}: " if cause.path else ""
    return f"{head}{cause.kind.value} {change(cause)}".rstrip()


def why_line(event: CompileEvent) -> str:
    """Return why a compilation was made, on one line; of several causes the first, and how many."""
    if event.nearest < 0:
        return "first compilation"
    if not event.causes:
        return "compiled again"
    first, *others = event.causes
    return cause_line(first) + (f", and {len(others)} more" if others else "")


def reasons(events: Iterable[CompileEvent]) -> list[Reason]:
    """Return the causes of all compilations, by what is about what, the most frequent first."""
    counts: dict[tuple[CauseKind, str], int] = {}
    latest: dict[tuple[CauseKind, str], Cause] = {}
    for event in events:
        for cause in event.causes:
            key = cause.kind, cause.path
            counts[key] = counts.get(key, 0) + 1
            latest[key] = cause
    order = sorted(counts, key=lambda key: -counts[key])
    return [Reason(latest[key], counts[key]) for key in order]
