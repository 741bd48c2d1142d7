"""Replaying the call that was kept, equation by equation.

Equations are those of `Graph`, as `DrawFunction` draws the function of the kept call.
"""

import enum

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.codec import Record, record
from eqxviz.records.messages import OpenedModel


@record
class ReplayEquation(Record):
    """Replay the kept call of `function` up to `equation`. Answered by `Replayed`.

    While it is not there yet the answer is a `Progress`: ask the same again. `iterations` choose
    one turn of each loop around it, outermost first, from 0; those left out are the first ones.
    What was opened by the same asker before is closed.
    """

    function: int  # FunctionSeen.id
    equation: int
    iterations: tuple[int, ...] = ()


@record
class LoopTurns(Record):
    """A loop around an equation, and how often it turned in the kept call."""

    equation: int  # the scan or while
    n_turns: int


@record
class Replayed(Record):
    """What an equation read and made, opened as a tree of `inputs` and `outputs`.

    `values` are the graph's values, inputs then outputs, and `nodes` those of the tree that hold
    them; -1 for what is no array.
    """

    function: int
    call: int
    equation: int
    loops: tuple[LoopTurns, ...]  # around it, outermost first
    iterations: tuple[int, ...]  # of each of these loops
    opened: OpenedModel
    values: NDArray[np.int32]
    nodes: NDArray[np.int32]
    seconds: float  # that the replay took
    was_run: bool = True  # False: in a branch that the call did not take; there are no values


@record
class CheckReplay(Record):
    """Compare the replayed results with those of the kept call itself.

    Answered by `ReplayCheck`, and by `Progress` until then.
    """

    function: int


@record
class ReplayCheck(Record):
    """How far the replayed results are from the call's own, one row an array of the result.

    They differ where XLA fuses operations: it rounds less often than the equations do by
    themselves.
    """

    function: int
    call: int
    names: tuple[str, ...]  # paths in the result, "[0].layers[1].weight"
    greatest: NDArray[np.float64]  # absolute difference, of elements finite in both
    relative: NDArray[np.float64]  # to the greatest magnitude of the array
    n_otherwise: NDArray[np.int64]  # elements that are finite in one of them only
    seconds: float
    epsilons: tuple[float, ...] = ()  # of each array's dtype, 0 where it is not of floats


class Origin(enum.StrEnum):
    """Where what is not finite comes from."""

    EQUATION = "equation"  # made of finite inputs
    ARGUMENT = "argument"  # it came in with the call
    CONSTANT = "constant"  # made of an Inf that the program holds, as by inf - inf
    NOWHERE = "nowhere"  # the replay stays finite: the compiled call rounds otherwise


class Stage(enum.StrEnum):
    """Which part of a training step an equation belongs to."""

    FORWARD = "forward"  # of a function that is differentiated
    BACKWARD = "backward"  # computed for the derivative alone
    UPDATE = "update"  # made of a gradient, as what an optimiser does
    UNKNOWN = ""  # such as where nothing is differentiated


@record
class FindNonFinite(Record):
    """Find the first equation to make what is not finite in the result of the kept call.

    Answered by `Blame`, and by `Progress` until then. `output` is the path in the result from which
    to look; "" for all of the result, floating scalars first.
    """

    function: int
    output: str = ""


@record
class Operand(Record):
    """What an equation read: statistics of its finite elements, counts of the others."""

    name: str  # the path of an argument or constant; "" for what another equation made
    aval: str  # "f32[8,3]"
    value: int  # of the graph, -1 for none
    n_nan: int
    n_inf: int
    minimum: float  # NaN where no element is finite, or it is no number
    maximum: float
    mean: float
    # Elements that the first of `Blame.at` was made of, where they are known by position.
    at_first: tuple[float, ...] = ()


@record
class Blame(Record):
    """Why a result is not finite."""

    function: int
    call: int
    output: str  # the path in the result from which it was looked for
    origin: Origin
    makes: str  # "nan", "inf"
    equation: int = -1
    iterations: tuple[int, ...] = ()  # of the loops around it, outermost first
    loops: tuple[LoopTurns, ...] = ()
    primitive: str = ""
    stage: Stage = Stage.UNKNOWN
    file: str = ""  # the user's line
    line: int = 0
    text: str = ""  # of that line
    argument: str = ""  # ARGUMENT: "x", "model.layers[0].weight"
    n_elements: int = 0  # of what it makes, or of the argument
    n_nan: int = 0
    n_inf: int = 0
    at: tuple[tuple[int, ...], ...] = ()  # the first few positions that are not finite
    operands: tuple[Operand, ...] = ()
    road: tuple[int, ...] = ()  # equations from there to the result, one after the other
    why: str = ""  # "log of 0 is -inf: element [3] of probs (8 elements) is 0"
    fix: str = ""
    seconds: float = 0.0


class ReplayState(enum.StrEnum):
    """Why a call cannot be replayed; the codes of the `Problem` that says so."""

    NOT_KEPT = "not-kept"  # the mode was off as the call was made
    DONATED = "donated"  # arguments were given away, and are gone
    OTHER_CALL = "other-call"  # another function's call was kept
