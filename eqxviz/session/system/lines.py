"""What is drawn over the time of a run: its speed, and its memory."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import DeviceMemory, SystemSample
from eqxviz.session import formatting

_NEAR_LIMIT = 0.9
_PER_SECOND = " steps/s"
_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """A line over seconds; NaN where nothing is known."""

    name: str
    values: _Floats
    is_limit: bool = False  # what the others are to stay below


@dataclass(frozen=True)
class Plot:
    """Lines of one unit over the same seconds; `said` are they in words."""

    title: str
    seconds: _Floats
    lines: tuple[Line, ...]
    text: Callable[[float], str]  # a value with its unit
    said: str


def speed_plot(samples: Sequence[SystemSample], *, is_over: bool = False) -> Plot:
    """Return the steps per second between each two samples.

    Of a run that is over, or so short that one sample alone tells of steps, the average is said.
    """
    seconds = np.array([sample.seconds for sample in samples])
    steps = np.array([sample.step for sample in samples], np.float64)
    rate = np.full(len(samples), np.nan)
    if len(samples) > 1:
        with np.errstate(divide="ignore", invalid="ignore"):
            rate[1:] = np.diff(steps) / np.diff(seconds)
    made = np.flatnonzero(steps > 0)
    said = "No steps" if is_over else "No steps yet"
    if len(made) == 1:
        n, so_long = int(steps[made[0]]), formatting.seconds(float(seconds[made[0]]))
        said = f"{n:,} {'step' if n == 1 else 'steps'} in {so_long}, with compiling"
    elif len(made) > 1:
        # From the first sample that has steps on: what came before was imported and compiled.
        first, last = made[0], made[-1]
        whole = (steps[last] - steps[first]) / max(seconds[last] - seconds[first], 1e-9)
        now, over_all = formatting.step_rate(float(rate[-1])), formatting.step_rate(float(whole))
        said = (
            f"{over_all} on average"
            if is_over
            else f"{now}, average {over_all.removesuffix(_PER_SECOND)}"
        )
    line = Line("steps/s", rate)
    return Plot("Steps per second", seconds, (line,), formatting.step_rate, said)


def memory_plot(samples: Sequence[SystemSample]) -> Plot:
    """Return the memory of the devices, and of the process where it is what the arrays are in.

    A device that does not say what it uses (a CPU) shares the memory of the process.
    """
    seconds = np.array([sample.seconds for sample in samples])
    told: dict[str, list[tuple[int, DeviceMemory]]] = {}
    for row, sample in enumerate(samples):
        for memory in sample.devices:
            if memory.in_use >= 0:
                told.setdefault(memory.device, []).append((row, memory))
    lines: list[Line] = []
    # Of several devices only what is used: their peaks and limits are told in words.
    columns = (("in use", "in_use"), ("peak", "peak"), ("limit", "limit"))
    for name, rows in told.items():
        for words, what in columns[: 1 if len(told) > 1 else None]:
            get, column = attrgetter(what), np.full(len(samples), np.nan)
            column[[row for row, _ in rows]] = _known([get(memory) for _, memory in rows])
            if np.isfinite(column).any():
                title = f"{name} {words}" if len(told) > 1 else words
                lines.append(Line(title, column, is_limit=what == "limit"))
    process = _known([sample.process_bytes for sample in samples])
    if np.isfinite(process).any():
        lines.append(Line("process", process))
    title = f"Memory of {next(iter(told))}" if len(told) == 1 else "Memory"
    return Plot(title, seconds, tuple(lines), _bytes_text, memory_words(samples))


def memory_words(samples: Sequence[SystemSample]) -> str:
    """Return how much memory is used now, and how near that is to what there is."""
    if not samples:
        return ""
    last = samples[-1]
    words: list[str] = []
    for memory in last.devices:
        if memory.in_use < 0:
            continue
        # With one device the title names it.
        name = f"{memory.device}: " if len(last.devices) > 1 else ""
        text = f"{name}{formatting.n_bytes(memory.in_use)}"
        if memory.peak >= 0:
            text += f", peak {formatting.n_bytes(memory.peak)}"
        if memory.limit > 0:
            text += f" of {formatting.n_bytes(memory.limit)}"
            if max(memory.peak, memory.in_use) >= _NEAR_LIMIT * memory.limit:
                text += ": nearly all that JAX may take"
        words.append(text)
    if last.process_bytes >= 0:
        words.append(f"process {formatting.n_bytes(last.process_bytes)}")
    return "; ".join(words)


def _known(sizes: Sequence[int]) -> _Floats:
    column = np.array(sizes, np.float64)
    column[column < 0] = np.nan
    return column


def _bytes_text(value: float) -> str:
    return formatting.n_bytes(round(value)) if math.isfinite(value) else formatting.NOTHING
