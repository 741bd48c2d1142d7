"""The parts of what was seen of a target: lines, calls, eager operations, uses of optimisers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from eqxviz.records import FunctionSeen


class Line(NamedTuple):
    """A line of the user's."""

    file: str
    line: int


class Place(NamedTuple):
    """A line of the user's that was being carried out, and in which function."""

    file: str
    line: int
    function: str  # "<module>" outside of any

    @property
    def at(self) -> Line:
        """The line alone."""
        return Line(self.file, self.line)


@dataclass(eq=False)
class Call:
    """One of the user's jitted calls, as it was made.

    `args` and `kwargs` are held: arrays that the call would have donated, and NumPy arrays, are
    copies. `result` is None where it raised.
    """

    number: int  # the how-manieth of its function, from 1
    at: Line
    target: Any  # what the user called
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    start_seconds: float  # monotonic
    seconds: float = 0.0
    result: Any = None


@dataclass(eq=False)
class Function:
    """A jitted function of the user's, and its first and latest calls."""

    seen: FunctionSeen
    calls: list[Call] = field(default_factory=list)
    n_calls: int = 0

    @property
    def name(self) -> str:
        """Its name, without what it is defined in."""
        return self.seen.name.rpartition(".")[2]


@dataclass(frozen=True, eq=False)
class OptimiserUse:
    """A call of an Optax optimiser's `init` or `update` by the user's code."""

    method: str  # "init", "update"
    at: Line
    trees: Mapping[str, Any]  # what it was given, by the names of its parameters
    texts: Mapping[str, str]  # how the user's line writes them, where that is known
    result: Any  # None where it raised
    error: BaseException | None


@dataclass(frozen=True, eq=False)
class Operation:
    """A primitive that was carried out outside of jit, with its arguments and results.

    Where many large arrays were seen already, `jax.ShapeDtypeStruct` stands for further ones.
    """

    primitive: Any
    params: dict[str, Any]
    at: Line
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    places: tuple[Place, ...] = ()  # outermost first; the last is at `at`
    expression: int = 0  # the same for operations of one evaluation of one expression
    # Of the calls at `places[:gradient]` the last evaluates a gradient; 0 where none does.
    gradient: int = 0
    begun: float = 0.0  # monotonic
    seconds: float = 0.0  # until the results were there, if they were waited for
    watch_seconds: float = 0.0  # that were spent on seeing it
