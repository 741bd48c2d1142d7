"""The lines of a plot: which curves of which runs, and how each is told from the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from eqxviz.session.curves import Curve
from eqxviz.session.plots.board import Plot
from eqxviz.session.run_view import RunView

N_COLOURS = 8
MARKERS = ("circle", "square", "triangle", "diamond", "cross", "plus", "down", "bar")
# Pixels that are drawn and left out in turn: of the run at hand, and of those drawn over.
DASHES: tuple[tuple[float, ...], ...] = ((), (7, 4), (2, 3), (12, 4, 2, 4), (2, 6))


class Style(NamedTuple):
    """How a line looks: never by its colour alone."""

    colour: int
    marker: str
    dash: tuple[float, ...]
    is_hollow: bool


class ShownRun(NamedTuple):
    """A run whose curves are drawn, and what it is called; "" for the one at hand."""

    view: RunView
    label: str

    def by_name(self) -> dict[str, list[Curve]]:
        """Return its curves: several of a name where several functions return one."""
        found: dict[str, list[Curve]] = {}
        for curve in self.view.series.values():
            found.setdefault(curve.series.name, []).append(curve)
        return found


@dataclass(frozen=True)
class Line:
    """A curve of a run in a plot."""

    curve: Curve
    run: RunView
    run_index: int  # 0: the run at hand
    name: str
    label: str
    style: Style
    is_hidden: bool

    @property
    def key(self) -> tuple[int, int]:
        """What tells it from the other lines of all plots."""
        return self.run_index, self.curve.series.id


def lines_of(
    plot: Plot, runs: Sequence[ShownRun], by_name_of: Sequence[Mapping[str, list[Curve]]]
) -> list[Line]:
    """Return the lines of `plot`: of the run at hand first, in the order of its names.

    `by_name_of` has the curves of each of the `runs`.
    """
    lines: list[Line] = []
    for run_index, ((view, label), by_name) in enumerate(zip(runs, by_name_of, strict=True)):
        for name in plot.names:
            curves = by_name.get(name, [])
            for curve in curves:
                at = len(lines)
                # Once all colours are used they come again with other marks.
                marker = MARKERS[(at + at // N_COLOURS) % len(MARKERS)]
                dash = DASHES[min(run_index, 1) + max(run_index - 1, 0) % (len(DASHES) - 1)]
                style = Style(at % N_COLOURS, marker, dash, run_index > 0)
                words = name if len(curves) == 1 else f"{name} of {_function(view, curve)}"
                words = f"{words} · {label}" if label else words
                hidden = name in plot.hidden
                lines.append(Line(curve, view, run_index, name, words, style, hidden))
    return lines


def _function(view: RunView, curve: Curve) -> str:
    seen = view.functions.get(curve.series.function)
    return seen.name if seen is not None else f"{curve.series.file}:{curve.series.line}"
