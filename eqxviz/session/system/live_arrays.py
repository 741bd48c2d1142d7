"""The live arrays of a run by shape, and which of them become more and more."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from eqxviz.records import SystemSample
from eqxviz.session import formatting
from eqxviz.session.column import Cell, Column

_N_LOOKS = 8  # samples at which it is looked whether a group has grown
_FEWEST_LOOKS = 4
_FEWEST_NEW = 8  # arrays
_STEADY = 0.75  # of the times that were looked, there were more


@dataclass(frozen=True)
class LiveGroup:
    """The arrays of one shape and dtype. What is `new` since the start is None if not known."""

    aval: str
    count: int
    n_bytes: int
    new: int | None
    new_bytes: int | None
    is_growing: bool  # at each look there were more


def first_steady(samples: Sequence[SystemSample]) -> SystemSample | None:
    """Return the sample that growth is counted from: the second in which steps were made.

    Before, what is there from start to end is still being made.
    """
    made = [sample for sample in samples if sample.step > 0]
    return made[1] if len(made) > 1 else None


def live_groups(samples: Sequence[SystemSample]) -> list[LiveGroup]:
    """Return the groups of the latest sample, the largest first."""
    if not samples:
        return []
    last, start = samples[-1], first_steady(samples)
    looks = _looks(samples, start)
    tables = [_table(sample) for sample in looks]
    before = tables[0] if start is not None else None
    is_whole = start is not None and int(start.live_count.sum()) >= start.n_live
    groups: list[LiveGroup] = []
    for aval, (count, size) in _table(last).items():
        new = new_bytes = None
        if before is not None and (aval in before or is_whole):
            old_count, old_size = before.get(aval, (0, 0))
            new, new_bytes = count - old_count, size - old_size
        counts = [table.get(aval, (0, 0))[0] for table in tables]
        is_growing = (new is None or new >= _FEWEST_NEW) and _is_growing(counts)
        groups.append(LiveGroup(aval, count, size, new, new_bytes, is_growing))
    return sorted(groups, key=lambda group: (-group.n_bytes, -group.count, group.aval))


def live_summary(samples: Sequence[SystemSample]) -> str:
    """Return "1,240 live arrays, 28.3 MB", with how many more than at the start."""
    if not samples:
        return ""
    last, start = samples[-1], first_steady(samples)
    times = "1 live array" if last.n_live == 1 else f"{last.n_live:,} live arrays"
    words = f"{times}, {formatting.n_bytes(last.n_live_bytes)}"
    if start is not None and last.n_live != start.n_live and last is not start:
        words += f", {_signed(last.n_live - start.n_live)} since step {start.step:,}"
    return words


def leak_words(groups: Sequence[LiveGroup]) -> str:
    """Return what to do about arrays that become more and more; "" if none do."""
    growing = [group for group in groups if group.is_growing]
    if not growing:
        return ""
    names = ", ".join(group.aval for group in growing[:3])
    more = f" and {len(growing) - 3} more" if len(growing) > 3 else ""
    return (
        f"More and more {names}{more}: something keeps them. Of a list of losses, append "
        "float(loss)."
    )


def is_shortened(samples: Sequence[SystemSample]) -> bool:
    """Whether the latest sample tells the largest groups only."""
    return bool(samples) and int(samples[-1].live_count.sum()) < samples[-1].n_live


def growth_text(group: LiveGroup) -> str:
    """Return "▲ +1,240", "0"; the mark stands for a group that grows at each look."""
    if group.new is None:
        return formatting.NOTHING
    if not group.new:
        return "0"
    return f"{'▲ ' if group.is_growing else ''}{_signed(group.new)}"


def growth_words(group: LiveGroup) -> str:
    """Return what the growth means: "+1,240 arrays, +4.96 kB; more at each look"."""
    if group.new is None or group.new_bytes is None:
        return "How many there were at the start is not known"
    sign = "+" if group.new_bytes >= 0 else "-"
    words = f"{group.new:+,} arrays, {sign}{formatting.n_bytes(abs(group.new_bytes))}"
    return f"{words}; more at each look" if group.is_growing else words


LIVE: tuple[Cell[LiveGroup], ...] = (
    Cell(
        Column("aval", "Live arrays", 122, "Shape and dtype of the arrays", "code"),
        lambda group: group.aval,
        lambda group: group.aval,
    ),
    Cell(
        Column("count", "Number", 64, "How many of them there are", "number"),
        lambda group: formatting.count(group.count),
        lambda group: group.count,
    ),
    Cell(
        Column("n_bytes", "Bytes", 70, "All of them together", "number"),
        lambda group: formatting.n_bytes(group.n_bytes),
        lambda group: group.n_bytes,
    ),
    Cell(
        Column("new", "Change", 60, "Since steps are made. ▲: more at each look, a leak", "number"),
        growth_text,
        lambda group: group.new if group.new is not None else -1,
    ),
)


def _looks(samples: Sequence[SystemSample], start: SystemSample | None) -> list[SystemSample]:
    """Return `start`, the last sample, and some between them at equal distances."""
    if start is None:
        return [samples[-1]]
    first = next(i for i, sample in enumerate(samples) if sample is start)
    span = len(samples) - 1 - first
    n = min(_N_LOOKS, span)
    return [samples[first + round(span * i / n)] for i in range(n + 1)] if n else [start]


def _table(sample: SystemSample) -> dict[str, tuple[int, int]]:
    rows = zip(sample.live_aval, sample.live_count, sample.live_bytes, strict=True)
    return {aval: (int(count), int(size)) for aval, count, size in rows}


def _is_growing(counts: Sequence[int]) -> bool:
    steps = [after - before for before, after in itertools.pairwise(counts)]
    if len(counts) < _FEWEST_LOOKS or any(step < 0 for step in steps):
        return False
    return sum(step > 0 for step in steps) >= _STEADY * len(steps)


def _signed(n: int) -> str:
    return f"+{formatting.count(n)}" if n > 0 else formatting.count(n)
