"""What surrounds the calls of a run: time, memory, progress, and what the run was started as."""

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.checkpoints import Checkpoints
from eqxviz.records.codec import Record, record
from eqxviz.records.columns import check_lengths
from eqxviz.records.dynamics import DynamicsState
from eqxviz.records.run import FunctionTotals, RunStatus
from eqxviz.records.stops import Keeping


@record
class DeviceMemory(Record):
    """The memory of one device in bytes; -1 where the backend does not say."""

    device: str  # "cuda:0"
    in_use: int
    peak: int
    limit: int


@record
class SystemSample(Record):
    """Where the time and the memory of the run are, about once a second while calls are made.

    The seconds are totals since the start of the run, without those spent paused: all of them,
    those inside observed calls, and of these the ones spent compiling. What is left is spent
    outside jit: loading data, eager operations, printing. Where the backend computes
    asynchronously, waiting for a result (`float(loss)`) is no call: `waiting_seconds` is what is
    known of that.

    `live_*` are the largest groups of live arrays by shape and dtype: rows of one length.
    """

    seconds: float
    step: int
    call_seconds: float
    compile_seconds: float
    waiting_seconds: float  # NaN where it is not known
    process_bytes: int  # resident memory of the worker; -1 where it is not known
    devices: tuple[DeviceMemory, ...]
    live_aval: tuple[str, ...]  # "f32[768,768]"
    live_count: NDArray[np.int64]
    live_bytes: NDArray[np.int64]
    n_live: int  # arrays in all
    n_live_bytes: int  # in all
    first_call_seconds: float = 0.0  # when the first call was made: before that, Python imports

    def check(self) -> None:
        columns = ("live_aval", "live_count", "live_bytes")
        check_lengths({c: len(getattr(self, c)) for c in columns}, "SystemSample")


@record
class Bar(Record):
    """A progress bar of the script's, as `tqdm` shows it."""

    id: int
    text: str  # its description, "" for none
    n: float
    total: float  # NaN: not known
    unit: str  # "it", "batch"
    seconds: float  # since it began
    is_over: bool


@record
class Bars(Record):
    """All progress bars that are shown now, outermost first. The newest replaces those before."""

    bars: tuple[Bar, ...]


@record
class BatchSize(Record):
    """From call `step` of the step function on, each call takes so many samples."""

    step: int
    size: int


@record
class Pace(Record):
    """From its step `step` on, a curve makes `per_call` steps in each call of the step function.

    `calls` is how many calls, and what part of one, were done at that step. Steps of a curve that
    has no pace are calls.
    """

    series: int
    step: int
    calls: float
    per_call: float


@record
class SeedSeen(Record):
    """The script seeded a generator: `jax.random.key(0)`, `numpy.random.default_rng(0)`."""

    source: str  # "jax.random.key"
    seed: str  # as Python writes it
    file: str
    line: int


@record
class RunDescription(Record):
    """What a run was started as. The newest replaces those before: versions come with imports.

    Of the environment, only variables that steer JAX, XLA, CUDA, Python and threads are kept, so
    that no password of the user's is.
    """

    script: str
    argv: tuple[str, ...]
    folder: str  # working directory
    python: str  # of the interpreter: its path
    versions: tuple[tuple[str, str], ...]  # ("jax", "0.10.2"), ...
    environment: tuple[tuple[str, str], ...]
    host: str
    devices: tuple[str, ...]  # "cuda:0 NVIDIA H200"; () until a backend exists
    script_text: str
    git_commit: str  # "" outside of a repository
    git_branch: str
    git_diff: str  # of tracked files against the commit, cut off where it is large
    started: float  # seconds since 1970


# Of these only the newest counts: it replaces those of its type before it, wherever a run is kept.
REPLACED = (RunStatus, FunctionTotals, Bars, RunDescription, Keeping, Checkpoints, DynamicsState)
