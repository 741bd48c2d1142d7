"""The stops of a run: what the user has asked it to pause at."""

from collections.abc import Callable, Sequence

from eqxviz.capturing.conditions import Conditions
from eqxviz.capturing.curves import Curves
from eqxviz.capturing.gate import Gate
from eqxviz.capturing.judge import Judge
from eqxviz.engine.comparisons import Comparison, ComparisonError, canonical
from eqxviz.records import FunctionSeen, Stop, StopKind

_IN_FRAMES = (StopKind.CALL, StopKind.LINE)
_ON_FUNCTIONS = (StopKind.CALL, StopKind.RECOMPILE)


class StopError(ValueError):
    """Raised for a stop that can never be met; the text says why, `fix` what to do."""

    def __init__(self, stop: Stop, why: str, fix: str) -> None:
        super().__init__(why)
        self.stop = stop
        self.fix = fix


class Stops:
    """The stops that are set, for those who meet them. They may be set before JAX is there.

    Those on curves are met as points are read; the others wherever somebody asks `of`.
    """

    def __init__(self, gate: Gate, curves: Curves) -> None:
        self.conditions = Conditions()
        self._curves = curves
        self._judge = Judge(gate.meet, curves.by_id)
        self._stops: tuple[Stop, ...] = ()
        self._listeners: list[Callable[[], None]] = []
        gate.interrupt = self.conditions.interrupt

    def set(self, stops: Sequence[Stop]) -> None:
        """Have these stops and no others.

        Raises:
            StopError: If one of them cannot be read; the others are set then.
        """
        refused: list[StopError] = []
        readable: list[Stop] = []
        for stop in stops:
            try:
                self._check(stop)
            except StopError as error:
                refused.append(error)
            else:
                readable.append(stop)
        self._stops = tuple(stop for stop in readable if stop.is_enabled)
        self._judge.set(self._stops, self._curves.newest())
        self._curves.judge(self._judge if self._judge.is_at_work else None)
        for tell in self._listeners:
            tell()
        if refused:
            raise refused[0]

    def of(self, kind: StopKind) -> tuple[Stop, ...]:
        """Return the enabled stops of one kind."""
        return tuple(stop for stop in self._stops if stop.kind is kind)

    def on(self, kind: StopKind, function: FunctionSeen) -> tuple[Stop, ...]:
        """Return the stops of `kind`, CALL or RECOMPILE, that wait for this function."""
        return tuple(stop for stop in self._stops if stop.kind is kind and _is_on(stop, function))

    @property
    def are_on_curves(self) -> bool:
        """Whether there are stops that points of curves can meet."""
        return self._judge.is_at_work

    def on_change(self, tell: Callable[[], None]) -> None:
        """Call `tell` whenever there are other stops, in the thread that sets them."""
        self._listeners.append(tell)

    def unknown_curves(self) -> dict[str, list[Stop]]:
        """Return the names of curves that stops wait for and that there are none of so far."""
        known = set(map(canonical, self._curves.names))
        return {name: stops for name, stops in self._judge.names().items() if name not in known}

    def unknown_functions(self, functions: Sequence[FunctionSeen]) -> list[Stop]:
        """Return the stops that wait for a function which is none of these."""
        named = (s for s in self._stops if s.function and s.kind in _ON_FUNCTIONS)
        return [stop for stop in named if not any(_is_on(stop, each) for each in functions)]

    def _check(self, stop: Stop) -> None:
        try:
            if stop.kind is StopKind.CONDITION:
                Comparison(stop.condition)
            elif stop.kind in _IN_FRAMES:
                self.conditions.check(stop.condition)
        except ComparisonError as error:
            raise StopError(stop, str(error), error.fix) from error
        except (SyntaxError, ValueError) as error:
            said = getattr(error, "msg", error)
            raise StopError(
                stop,
                f"`{stop.condition}` is no expression of Python: {said}.",
                "Write one of the variables at that place: `step == 7`.",
            ) from error
        if stop.kind is StopKind.LINE and not (stop.file and stop.line > 0):
            raise StopError(
                stop, f"It names the file {stop.file!r} and the line {stop.line}.",
                "Give a file, and a line from 1 on.",
            )  # fmt: skip


def _is_on(stop: Stop, function: FunctionSeen) -> bool:
    """Whether `stop` means `function`: by all that it says of it, a name without what it is in."""
    if stop.file and (stop.file, stop.line) != (function.file, function.line):
        return False
    name = stop.function
    return not name or name == function.name or function.name.endswith("." + name)
