"""What a training run tells while it goes on."""

import dataclasses
import enum
import math

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.codec import CodecError, Record, record
from eqxviz.records.columns import check_ids, check_lengths
from eqxviz.records.stops import Halt


class RunState(enum.StrEnum):
    """Where a run is. The last five are ends."""

    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    FINISHED = "finished"  # the script came to its end, or called sys.exit(0)
    FAILED = "failed"  # it raised, or called sys.exit with an error
    STOPPED = "stopped"  # because the user said so
    DIED = "died"  # the process ended by itself: a signal, os._exit
    # Of a copy: the run had not ended yet, on its own machine, when it was last heard of.
    ELSEWHERE = "elsewhere"

    @property
    def is_end(self) -> bool:
        """Whether nothing more will happen here."""
        return self in _ENDS


_ENDS = frozenset(tuple(RunState)[-5:])


class JitFlavour(enum.StrEnum):
    """By which door a function was jitted."""

    JAX = "jax.jit"
    EQXCORE = "eqxcore.filter_jit"
    EQUINOX = "equinox.filter_jit"


@record
class FunctionSeen(Record):
    """A jitted function, known by its file, line and qualified name."""

    id: int
    name: str
    file: str
    line: int
    flavour: JitFlavour
    is_user: bool  # False: from an installed package


@record
class FunctionTotals(Record):
    """Running totals of every function seen. `seconds` is time inside calls, compiling included.

    Runs are told apart from compilations: `first_run_seconds` is what is left of the calls that
    compiled, the later columns are of the calls that did not, NaN where there was none. A run lasts
    until its call returns: where the backend computes asynchronously, that is the time to hand the
    work over, unless the queue was full.

    Compilations outside of these calls are counted together: of operations by themselves, of the
    backward halves of gradients, of what is lowered and compiled by hand.
    """

    function: NDArray[np.int32]
    calls: NDArray[np.int64]
    seconds: NDArray[np.float64]
    compiles: NDArray[np.int64]
    first_run_seconds: NDArray[np.float64]  # of all calls that compiled together
    later_run_median: NDArray[np.float64]  # seconds, within 2 %
    later_run_worst: NDArray[np.float64]  # seconds
    outside_compiles: int = 0
    outside_seconds: float = 0.0  # in all stages

    def check(self) -> None:
        columns = (f.name for f in dataclasses.fields(self) if not f.name.startswith("outside"))
        check_lengths({c: len(getattr(self, c)) for c in columns}, "FunctionTotals")


class CauseKind(enum.StrEnum):
    """What made a call compile although its function had been compiled before."""

    SHAPE = "shape"
    DTYPE = "dtype"
    WEAK_TYPE = "weak type"
    STATIC_VALUE = "static value"  # of a static leaf or argument: a number, string, function, ...
    NEW_FUNCTION = "new function object"  # the same code, made again
    DICT_KEYS = "dict keys"
    STATIC_FIELD = "static field"  # of a Module: part of the treedef
    NODE_TYPE = "node type"  # None became an array, a list a tuple, ...
    STRUCTURE = "structure"  # another number of children, or of arguments
    DEVICE = "device"
    COMMITTED = "committed"  # to a device, or free to follow the others
    SHARDING = "sharding"
    DONATION = "donation"
    CONFIG = "config"  # a setting of JAX
    TRANSFORMATION = "transformation"  # called under grad or vmap, or by itself
    EVICTION = "cache eviction"  # compiled before for the same signature, and forgotten
    UNKNOWN = "unknown"


@record
class Cause(Record):
    """One thing in which a call differs from the nearest earlier one that was compiled."""

    kind: CauseKind
    path: str  # as the user writes it, "model.layers[2].n", "x"; the setting's name; "" for none
    old: str  # "f32[8,3]"
    new: str


class CacheUse(enum.StrEnum):
    """What the persistent compilation cache had for a compilation."""

    NONE = "none"  # there is no such cache, or it does not take this one
    MISS = "miss"
    HIT = "hit"


@record
class CompileEvent(Record):
    """One compilation. Times are in seconds; `start_seconds` counts from the run's start.

    `causes` say why a function was compiled again, against its earlier compilation `nearest`, the
    one that differs least; they are empty for the first, of which `nearest` is -1.
    """

    id: int
    function: int
    call: int  # the how-manieth call of the function, from 1
    thread: int
    start_seconds: float
    trace_seconds: float
    lower_seconds: float
    compile_seconds: float
    cache_load_seconds: float  # spent reading the persistent compilation cache; 0 for a miss
    file: str  # the user's line that made the call
    line: int
    cache: CacheUse = CacheUse.NONE
    nearest: int = -1
    causes: tuple[Cause, ...] = ()


@record
class AskExecutable(Record):
    """Ask what XLA says of the program that the compilation `event` made.

    Answered by `Executable`, or by a `Problem` where JAX has it no more: it is not made anew.
    """

    event: int  # CompileEvent.id


@record
class Executable(Record):
    """What XLA says of the program that the compilation `event` made; -1 where it does not say."""

    event: int
    argument_bytes: int
    output_bytes: int
    temp_bytes: int
    alias_bytes: int
    code_bytes: int
    flops: float  # NaN where XLA does not say; a loop's body counts once
    has_loop: bool = True  # as XLA compiled it; also where that is not known


@record
class Series(Record):
    """A curve: a scalar that a call returns, or one that the script logs."""

    id: int
    name: str  # as the user's code names it: "loss", 'metrics["accuracy"]'
    function: int  # FunctionSeen.id; -1: logged
    file: str
    line: int
    is_state: bool = False  # part of a tree that goes back in with the next call: a parameter


@record
class MetricBatch(Record):
    """Points of all curves, in the order in which they were made.

    `first_sequence` numbers the first point of the batch within the run; batches leave no gap.
    """

    first_sequence: int
    new_series: tuple[Series, ...]
    series: NDArray[np.int32]
    step: NDArray[np.int64]
    seconds: NDArray[np.float64]
    value: NDArray[np.float64]

    def check(self) -> None:
        columns = ("series", "step", "seconds", "value")
        check_lengths({c: len(getattr(self, c)) for c in columns}, "MetricBatch")
        check_ids(self.series, np.iinfo(np.int32).max, "MetricBatch.series")
        if len(self.series) and int(self.series.min()) < 0:
            raise CodecError("MetricBatch.series holds a negative id")


@record
class RunStatus(Record):
    """The run as it is now. Sent on every change of state, and a few times a second."""

    state: RunState
    step: int  # calls of the step function so far
    step_function: int  # FunctionSeen.id; -1 until one is known
    steps_per_second: float  # NaN until two steps were seen
    elapsed_seconds: float  # without the time spent paused
    device: str  # "cpu:0"; "" until a backend exists
    at_function: int  # paused before a call of this function; -1 otherwise
    at_file: str
    at_line: int
    exit_code: int  # -1 until the end
    halt: Halt | None = None  # while it is paused

    @property
    def moment(self) -> tuple[RunState, int, int, int, float, Halt | None]:
        """What tells one pause from the next: the clock stands still while the run is paused."""
        at = self.at_function, self.at_line
        return self.state, self.step, *at, self.elapsed_seconds, self.halt

    @staticmethod
    def at_start() -> "RunStatus":
        """Return the status of a run of which nothing has been heard yet."""
        return RunStatus(RunState.STARTING, 0, -1, math.nan, 0.0, "", -1, "", 0, -1)
