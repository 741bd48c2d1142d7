"""One plot as it is drawn: the stretch in view, the traces of its lines, and the marks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from eqxviz.session.curves import Curve
from eqxviz.session.plots.averages import Averages
from eqxviz.session.plots.axis import XAxis
from eqxviz.session.plots.board import Board, Plot
from eqxviz.session.plots.compile_marks import CompileMark, CompileMarks
from eqxviz.session.plots.lines import Line, ShownRun, lines_of
from eqxviz.session.plots.scales import X_TITLES, Scale
from eqxviz.session.plots.trace import Trace, fitting, trace_of

Range = tuple[float, float]
_MARKS_APART = 12  # pixels


class DrawnLine(NamedTuple):
    """A line, its trace, and that of its average; None where there is none, or not yet."""

    line: Line
    trace: Trace
    smooth: Trace | None


@dataclass(frozen=True)
class Drawing:
    """What a plot shows. Places of x go from `window[0]` to `window[1]`, those of y as `reach`."""

    plot: Plot
    axis: XAxis
    y: Scale
    window: Range
    reach: Range
    all_lines: tuple[Line, ...]  # hidden ones too
    lines: tuple[DrawnLine, ...]
    compiles: tuple[CompileMark, ...]
    smooths: bool
    note: str  # of what cannot be shown
    n_points: tuple[int, ...]  # of each of all lines
    signature: object  # two drawings of one signature are alike


class Drawer:
    """Makes drawings of the plots of a board, for some runs."""

    def __init__(self, board: Board, averages: Averages) -> None:
        self._board = board
        self.averages = averages
        self._marks = CompileMarks()
        self._refined = 0
        self._span: Range = (0.0, 1.0)
        self._curves: list[dict[str, list[Curve]]] = []  # of each of the runs
        self.runs: tuple[ShownRun, ...] = ()
        self.axis = XAxis("step", False)
        averages.refined.connect(self.on_refined)

    def on_refined(self) -> None:
        """Draw everything anew: points were read that were not at hand before."""
        self._refined += 1

    def begin(self, runs: Sequence[ShownRun]) -> None:
        """Take in what the runs are now, before their plots are drawn."""
        look = self._board.look
        self.runs = tuple(runs)
        self._curves = [run.by_name() for run in runs]
        self.averages.begin(look.window)
        has_samples = bool(runs) and bool(runs[0].view.counted.sizes)
        kind = look.x if has_samples or look.x != "samples" else "step"
        self.axis = XAxis(kind, look.is_log_x, has_samples)
        if look.is_linked:
            names = {name for plot in self._board.shown() for name in plot.names}
            found = (by_name.get(name, []) for by_name in self._curves for name in names)
            self._span = self.axis.span([curve for curves in found for curve in curves])

    def lines(self, plot: Plot) -> list[Line]:
        """Return the lines of `plot`, hidden ones too."""
        return lines_of(plot, self.runs, self._curves)

    def draw(self, plot: Plot, n_buckets: int, height: int, before: Drawing | None) -> Drawing:
        """Return how `plot` looks in so many columns of pixels; `before` where nothing changed."""
        look, axis = self._board.look, self.axis
        lines = tuple(self.lines(plot))
        curves = [line.curve for line in lines]
        span = self._span if look.is_linked else axis.span(curves)
        sight = self._board.sight(plot)
        window = sight.window(span)
        n_points = tuple(curve.n for curve in curves)
        n_compiles = len(self.runs[0].view.compiles) if self.runs else 0
        asked = (plot, replace(look, sight=sight), axis.kind, window, n_buckets, height)
        keys = tuple(line.key for line in lines)
        signature = (asked, self.runs, keys, n_points, n_compiles, self._refined)
        if before is not None and before.signature == signature:
            return before
        y = Scale(plot.is_log)
        smooths = look.window > 1
        drawn = tuple(
            self._line(line, window, n_buckets, y, smooths) for line in lines if not line.is_hidden
        )
        return Drawing(
            replace(plot, sight=sight),
            axis,
            y,
            window,
            self._reach(plot, drawn, window, before),
            lines,
            drawn,
            self._compiles(window, n_buckets),
            smooths,
            self._note(drawn, y),
            n_points,
            signature,
        )

    def _line(
        self, line: Line, window: Range, n_buckets: int, y: Scale, smooths: bool
    ) -> DrawnLine:
        low, high = window
        trace = trace_of(self.axis.outline(line.curve, low, high, n_buckets), y)
        smooth = None
        if smooths:
            extent = self.axis.extent(line.curve, low, high, n_buckets)
            found = self.averages.outline(line.curve, extent)
            if found is not None:
                smooth = trace_of(found._replace(x=self.axis.places(found.x, line.curve)), y)
        return DrawnLine(line, trace, smooth)

    def _reach(
        self, plot: Plot, drawn: Sequence[DrawnLine], window: Range, before: Drawing | None
    ) -> Range:
        """Return what of y is in view. What comes does not move it while x stands still."""
        if plot.y_range is not None:
            return plot.y_range
        if before is not None and self._board.sight(plot).follow == "still":
            is_same = before.window == window and before.plot.y_range is None
            is_same &= (before.plot.is_log, before.plot.clips) == (plot.is_log, plot.clips)
            if is_same and [d.line.key for d in before.lines] == [d.line.key for d in drawn]:
                return before.reach
        return fitting((d.trace for d in drawn), window, clips=plot.clips)

    def _compiles(self, window: Range, n_buckets: int) -> tuple[CompileMark, ...]:
        if not self.runs:
            return ()
        apart = (window[1] - window[0]) / max(n_buckets, 1) * _MARKS_APART
        return tuple(self._marks.marks(self.runs[0].view, self.axis, window, apart))

    def _note(self, drawn: Sequence[DrawnLine], y: Scale) -> str:
        """Return what is in view and cannot be shown, "" if all is."""
        if y.is_log and any(len(d.trace.below) for d in drawn):
            return "▼ 0 or less: no logarithm"
        firsts = [d.line.curve.span(self.axis.base)[0] for d in drawn if d.line.curve.n]
        if self.axis.is_log and self.axis.kind != "samples" and firsts and min(firsts) <= 0:
            return f"{X_TITLES[self.axis.kind]} 0 has no logarithm"
        return ""
