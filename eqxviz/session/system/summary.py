"""All that is known of a run's time and memory, as a view shows it and as a text to be copied."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eqxviz.records import SystemSample
from eqxviz.session import formatting
from eqxviz.session.run_view import RunView
from eqxviz.session.system.lines import Plot, memory_plot, speed_plot
from eqxviz.session.system.live_arrays import (
    LIVE,
    LiveGroup,
    is_shortened,
    leak_words,
    live_groups,
    live_summary,
)
from eqxviz.session.system.time_shares import (
    LATELY_SECONDS,
    Judgement,
    TimeShares,
    judge_time,
    shares_text,
    time_shares,
)

ASYNCHRONOUS = (
    "JAX hands work over and goes on: a call may return before its result is there. How long the "
    "script then waits for results (float(loss), printing) is not told apart here: it counts as "
    "outside jit."
)
WAITING_KNOWN = (
    "JAX hands work over and goes on: a call may return before its result is there. Waiting for "
    "results is told apart as far as it is known."
)


@dataclass(frozen=True)
class SystemSummary:
    """What the samples of a run say. `lately` is None while the run is hardly longer than that."""

    whole: TimeShares
    lately: TimeShares | None
    judgement: Judgement  # of what was lately, where that is known
    speed: Plot
    memory: Plot
    groups: tuple[LiveGroup, ...]
    live: str  # how many arrays there are
    leak: str  # what to do about those that become more and more, "" for none
    note: str  # what the times do not tell apart


def summarise(samples: Sequence[SystemSample], *, is_over: bool = False) -> SystemSummary | None:
    """Return what the samples say, None if there are none; of a run that is over, on the whole."""
    whole = time_shares(samples)
    if whole is None:
        return None
    lately = time_shares(samples, LATELY_SECONDS) if not is_over else None
    groups = tuple(live_groups(samples))
    live = live_summary(samples)
    if is_shortened(samples):
        live += "; the largest groups are listed"
    return SystemSummary(
        whole,
        lately,
        judge_time(lately or whole),
        speed_plot(samples, is_over=is_over),
        memory_plot(samples),
        groups,
        live,
        leak_words(groups),
        WAITING_KNOWN if whole.knows_waiting else ASYNCHRONOUS,
    )


def system_text(run: RunView, summary: SystemSummary) -> str:
    """Return all of it as lines of text."""
    name = Path(run.script).name
    lines = [
        f"{name}: {run.status.step:,} steps in {formatting.seconds(run.samples[-1].seconds)}",
        f"{_sentence(summary.judgement)}.",
    ]
    if summary.lately is not None:
        lines.append(f"Last {formatting.seconds(LATELY_SECONDS)}: {shares_text(summary.lately)}")
    lines += [
        f"Since the first call: {shares_text(summary.whole)}",
        f"{summary.speed.title}: {summary.speed.said}",
        f"Memory: {summary.memory.said}" if summary.memory.said else "",
        summary.live,
        summary.leak,
        "\t".join(cell.column.title for cell in LIVE),
        *("\t".join(cell.text(group) for cell in LIVE) for group in summary.groups),
    ]
    return "\n".join(line for line in lines if line) + "\n"


def _sentence(judgement: Judgement) -> str:
    return f"{judgement.words}: {judgement.what}" if judgement.what else judgement.words
