"""Which plots there are, what each holds, and how all of them are looked at."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from psygnal import Signal

from eqxviz.session.plots.scales import X_KINDS, XKind
from eqxviz.session.plots.smoothing import WINDOWS

Follow = Literal["all", "newest", "still"]
MOST_COLUMNS = 6
_VERSION = 1


@dataclass(frozen=True)
class Sight:
    """What stretch of x is in view, in places of the axis.

    "all": everything, as it grows. "newest": the end, `high - low` wide. "still": `low` to `high`,
    whatever comes.
    """

    follow: Follow = "all"
    low: float = 0.0
    high: float = 1.0

    def window(self, span: tuple[float, float]) -> tuple[float, float]:
        """Return the places at the left and right edges, where the curves span `span`."""
        first, last = span
        if self.follow == "still":
            return self.low, self.high
        if self.follow == "newest":
            width = self.high - self.low
            return last - width, last + 0.01 * width
        # A single place, such as one step, is shown with room on both sides.
        room = 0.01 * (last - first) if last > first else 0.5
        return first - room, last + room


@dataclass(frozen=True)
class Plot:
    """One plot: the names of its curves, those that are hidden, and its own axes.

    `y_range` is where the user put the vertical axis, in its places; None: it fits by itself.
    `sight` is the plot's own where plots are not looked at together.
    """

    id: int
    names: tuple[str, ...]
    hidden: frozenset[str] = frozenset()
    is_log: bool = False
    clips: bool = False  # the axis leaves outliers out
    y_range: tuple[float, float] | None = None
    sight: Sight = Sight()


@dataclass(frozen=True)
class Look:
    """How all plots are drawn."""

    x: XKind = "step"
    is_log_x: bool = False
    window: int = 1  # points that are averaged over; 1 does not smooth
    n_columns: int = 0  # 0: as fits the plots
    is_linked: bool = True  # all plots show the same stretch of x
    shows_state: bool = False
    sight: Sight = field(default_factory=Sight)


class Plots:
    """The plots, and the names of the curves that there are.

    Signals:
        changed: The plots, or how they are looked at.
        removed: A Plot that the user took away; `bring_back` undoes it.
    """

    changed = Signal()
    removed = Signal(object)

    def __init__(self) -> None:
        self.plots: tuple[Plot, ...] = ()
        self.maximised = -1  # the plot that has all the room
        self._is_state: dict[str, bool] = {}  # of the names that there are
        self._removed: set[str] = set()  # by the user's hand
        self._gone: list[tuple[int, Plot]] = []  # the plots that were removed, and their places
        self._next_id = 0

    @property
    def names(self) -> tuple[str, ...]:
        """All curves that there are, in the order in which they came."""
        return tuple(self._is_state)

    @property
    def n_state(self) -> int:
        """How many of them are part of the state, while there are others as well; else 0."""
        n = sum(self._is_state.values())
        return n if n < len(self._is_state) else 0

    @property
    def can_bring_back(self) -> bool:
        """Whether a plot was removed that `bring_back` has."""
        return bool(self._gone)

    def is_state(self, name: str) -> bool:
        """Return whether a curve is part of what goes back into the next call."""
        return self._is_state.get(name, False)

    def plot(self, plot: int) -> Plot:
        """Return the plot of an id."""
        return next(p for p in self.plots if p.id == plot)

    def know(self, names: Iterable[tuple[str, bool]]) -> None:
        """Take in the names of curves, and whether each is part of the state.

        A name that is in no plot, and was not taken out of one, gets a plot of its own.
        """
        new = {name: is_state for name, is_state in names if name not in self._is_state}
        if not new:
            return
        self._is_state |= new
        held = {name for plot in self.plots for name in plot.names}
        wanted = [name for name in new if name not in held and name not in self._removed]
        self.plots = (*self.plots, *(self._make((name,)) for name in wanted))
        self.changed.emit()

    def new_plot(self, names: Sequence[str] = ()) -> int:
        """Add a plot at the end, and return its id."""
        made = self._make(tuple(names))
        self._removed -= set(names)
        self._set((*self.plots, made))
        return made.id

    def remove(self, plot: int) -> None:
        """Take a plot away; its curves can be put into another."""
        gone = self.plot(plot)
        self._gone.append((self.plots.index(gone), gone))
        self._drop(plot)
        self.removed.emit(gone)

    def bring_back(self) -> Plot | None:
        """Put the plot that was removed last back to its place; None if there is none."""
        if not self._gone:
            return None
        at, plot = self._gone.pop()
        self._removed -= set(plot.names)
        self._set((*self.plots[:at], plot, *self.plots[at:]))
        return plot

    def add(self, plot: int, names: Iterable[str]) -> None:
        """Draw more curves in a plot."""
        now = self.plot(plot)
        more = tuple(name for name in names if name not in now.names)
        self._removed -= set(more)
        self.change(plot, names=(*now.names, *more))

    def take_out(self, plot: int, name: str) -> None:
        """Draw a curve in a plot no more; a plot that was left without one stays."""
        now = self.plot(plot)
        self._put(replace(now, names=tuple(n for n in now.names if n != name)))
        if not any(name in p.names for p in self.plots):
            self._removed.add(name)
        self.changed.emit()

    def merge(self, source: int, target: int) -> None:
        """Put what one plot holds into another, and take the first away."""
        if source != target:
            names = self.plot(source).names
            self.add(target, names)
            self._drop(source)
            self._removed -= set(names)

    def draw_together(self, names: tuple[str, ...]) -> None:
        """Put `names` into the first plot that holds one of them, out of those of their own."""
        target = next((p.id for p in self.plots if set(p.names) & set(names)), None)
        if target is None:
            self.new_plot(names)
            return
        self.add(target, names)
        for plot in self.plots:
            if plot.id != target and plot.names and set(plot.names) <= set(names):
                self._drop(plot.id)

    def toggle(self, plot: int, name: str) -> None:
        """Hide a curve of a plot, or show it again."""
        now = self.plot(plot)
        self.change(plot, hidden=now.hidden ^ {name})

    def change(self, plot: int, **changes: Any) -> None:
        """Change fields of a plot."""
        now = self.plot(plot)
        changed = replace(now, **changes)
        if changed != now:
            self._put(changed)
            self.changed.emit()

    def change_all(self, **changes: Any) -> None:
        """Change fields of every plot."""
        self._set(tuple(replace(p, **changes) for p in self.plots))

    def arrange(self, groups: Sequence[Sequence[str]]) -> None:
        """Draw each group of names in one plot, and every other name in one of its own."""
        grouped = {name for group in groups for name in group}
        alone = [(name,) for name in self.names if name not in grouped]
        firsts = [*(tuple(group) for group in groups), *alone]
        firsts.sort(key=lambda group: self.names.index(group[0]))
        self._removed.clear()
        self._gone.clear()
        self.maximised = -1
        self._set(tuple(self._make(group) for group in firsts))

    def _make(self, names: tuple[str, ...]) -> Plot:
        self._next_id += 1
        return Plot(self._next_id, names)

    def _drop(self, plot: int) -> None:
        gone = self.plot(plot)
        rest = tuple(p for p in self.plots if p.id != plot)
        held = {name for p in rest for name in p.names}
        self._removed |= set(gone.names) - held
        if self.maximised == plot:
            self.maximised = -1
        self._set(rest)

    def _put(self, plot: Plot) -> None:
        self.plots = tuple(plot if p.id == plot.id else p for p in self.plots)

    def _set(self, plots: tuple[Plot, ...]) -> None:
        self.plots = plots
        self.changed.emit()


class Board(Plots):
    """The plots of one window, and how they are looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.look = Look()

    def shown(self) -> tuple[Plot, ...]:
        """Return the plots that are to be seen: of what there is, and asked for."""
        if self.maximised >= 0:
            return (self.plot(self.maximised),)
        hides_state = self.n_state > 0 and not self.look.shows_state
        return tuple(plot for plot in self.plots if self._is_shown(plot, hides_state))

    def sight(self, plot: Plot) -> Sight:
        """Return what `plot` shows of x."""
        return self.look.sight if self.look.is_linked else plot.sight

    def forget_names(self) -> None:
        """Begin with another run: nothing is known of its curves yet."""
        self._is_state.clear()
        still = self.look.sight.follow == "still"
        self.look = replace(self.look, sight=Sight() if still else self.look.sight)
        self.plots = tuple(replace(p, y_range=None, sight=Sight()) for p in self.plots)
        self.maximised = -1

    def move(self, plot: int, by: int) -> None:
        """Put a plot `by` places further on among those that are shown."""
        order = [p.id for p in self.shown()]
        at = order.index(plot)
        other = order[min(max(at + by, 0), len(order) - 1)]
        if other == plot:
            return
        rest = [p for p in self.plots if p.id != plot]
        index = next(i for i, p in enumerate(rest) if p.id == other)
        rest.insert(index + (1 if by > 0 else 0), self.plot(plot))
        self._set(tuple(rest))

    def change_look(self, **changes: Any) -> None:
        """Change fields of the look; another axis shows everything at first."""
        look = replace(self.look, **changes)
        if (look.x, look.is_log_x) != (self.look.x, self.look.is_log_x):
            look = replace(look, sight=Sight())
            self.plots = tuple(replace(p, sight=Sight()) for p in self.plots)
        if look != self.look:
            self.look = look
            self.changed.emit()

    def look_at(self, plot: int, sight: Sight) -> None:
        """Show a stretch of x: in all plots, or in one where they are not linked."""
        if self.look.is_linked:
            self.change_look(sight=sight)
        else:
            self.change(plot, sight=sight)

    def follow(self, sight: Sight) -> None:
        """Show a stretch of x in every plot."""
        self.plots = tuple(replace(p, sight=sight) for p in self.plots)
        self.look = replace(self.look, sight=sight)
        self.changed.emit()

    def show_all(self) -> None:
        """Show everything in every plot: all of x, and of y what there is."""
        self.plots = tuple(replace(p, y_range=None) for p in self.plots)
        self.follow(Sight())

    def maximise(self, plot: int) -> None:
        """Give a plot all the room; give it back if it has that already, or with -1."""
        self.maximised = -1 if plot == self.maximised else plot
        self.changed.emit()

    def saved(self) -> str:
        """Return what is to be remembered of the board, for `restore`."""
        sight = self.look.sight
        follow = sight if sight.follow == "newest" else Sight()
        return json.dumps(
            {
                "version": _VERSION,
                "plots": [
                    [list(p.names), sorted(p.hidden), p.is_log, p.clips]
                    for p in self.plots
                    if not self._is_plain_state(p)
                ],
                "removed": sorted(self._removed),
                "look": [self.look.x, self.look.is_log_x, self.look.window, self.look.n_columns],
                "linked": self.look.is_linked,
                "state": self.look.shows_state,
                "follow": [follow.follow, follow.high - follow.low],
            }
        )

    def restore(self, text: str) -> None:
        """Take up what `saved` returned; anything else is the beginning of a board."""
        self.plots, self._removed, self.look, self.maximised = (), set(), Look(), -1
        self._gone.clear()
        try:
            self._restore(json.loads(text) if text else {})
        except (ValueError, TypeError, KeyError, AttributeError):
            self.plots, self._removed, self.look = (), set(), Look()
        known = tuple(self._is_state.items())
        self._is_state.clear()
        self.know(known)
        self.changed.emit()

    def _restore(self, said: dict[str, Any]) -> None:
        if said.get("version") != _VERSION:
            return
        plots: list[Plot] = []
        for names, hidden, is_log, clips in said["plots"]:
            made = self._make(tuple(str(name) for name in names))
            hides = frozenset(str(name) for name in hidden)
            plots.append(replace(made, hidden=hides, is_log=bool(is_log), clips=bool(clips)))
        x, is_log_x, window, n_columns = said["look"]
        follow, width = said["follow"]
        self.plots, self._removed = tuple(plots), {str(name) for name in said["removed"]}
        self.look = Look(
            x=x if x in X_KINDS else "step",
            is_log_x=bool(is_log_x),
            window=int(window) if window in WINDOWS else 1,
            n_columns=min(max(int(n_columns), 0), MOST_COLUMNS),
            is_linked=bool(said["linked"]),
            shows_state=bool(said["state"]),
            sight=Sight("newest", 0.0, float(width)) if follow == "newest" else Sight(),
        )

    def _is_shown(self, plot: Plot, hides_state: bool) -> bool:
        present = [name for name in plot.names if name in self._is_state]
        if not plot.names:
            return True
        return any(not (hides_state and self._is_state[name]) for name in present)

    def _is_plain_state(self, plot: Plot) -> bool:
        names = plot.names
        return len(names) == 1 and self.is_state(names[0]) and replace(plot, id=0) == Plot(0, names)
