"""What was seen of a target, as the rules need it: calls, eager operations, optimisers, an error."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from eqxviz.analysis.user_code import UserCode
from eqxviz.records import CompileEvent, FunctionSeen, Problem

if TYPE_CHECKING:
    from eqxviz.doctor.making import Makings
    from eqxviz.doctor.trees import SeenTree


class Line(NamedTuple):
    """A line of the user's."""

    file: str
    line: int


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
    """A primitive that was carried out outside of jit, with its arguments and results."""

    primitive: Any
    params: dict[str, Any]
    at: Line
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]


@dataclass(eq=False)
class Evidence:
    """All that was seen."""

    user_code: UserCode
    makings: "Makings"
    functions: dict[int, Function] = field(default_factory=dict)
    optimisers: list[OptimiserUse] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)  # outside of jit, in order
    compiles: list[CompileEvent] = field(default_factory=list)
    told: list[Problem] = field(default_factory=list)  # by the capture itself
    trees: list["SeenTree"] = field(default_factory=list)
    error: BaseException | None = None  # what the target did not catch
