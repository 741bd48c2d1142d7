"""What the window asks of a worker, and what a worker answers.

Every request is answered once, by the record that its docstring names or by a `Problem`. What a
worker says of its own accord (`RunStatus`, `MetricBatch`, `CompileEvent`, ...) carries request -1.
"""

import enum

from eqxviz.records.codec import Record, record
from eqxviz.records.model_tree import ModelTree
from eqxviz.records.problem import Problem


@record
class Hello(Record):
    """The first frame of a connection, from the engine. Answered by `Welcome`."""

    token: str


@record
class Welcome(Record):
    """Who answers: a worker that is ready for requests."""

    pid: int
    python: str
    folder: str  # the run's folder: output, store; "" for a worker that runs nothing
    script: str  # the script that it runs, "" otherwise
    run: str = ""  # tells its run from all others, wherever they are
    name: str = ""  # what the user calls it, "" for the name of the script
    # The user started it, and made it observable: it may be paused, and is never ended from afar.
    is_captured: bool = False


# The name under which all arguments of a paused call are opened as one tree; no identifier.
ALL_VARIABLES = "all variables"


@record
class OpenModel(Record):
    """Load `path` and show the PyTree called `name` ("" picks the best). Answered by `OpenedModel`.

    In a running worker, `path` is "" and `name` an argument of the paused call, after the end of
    the script a global, or `ALL_VARIABLES`. Where the script goes on it is an argument of the next
    call of the step function, as it is then. With a `frame`, a place in `Stack.frames`, it is a
    variable of that frame, or what is in one: "model.layers[0]". The models that were open before
    are closed, unless it is opened `beside` them, to be compared; snapshots stay. With `weights`, a
    file, the model gets its arrays from there; with `shapes_only` it is made without arrays.
    """

    path: str
    name: str
    beside: bool = False
    weights: str = ""
    shapes_only: bool = False
    frame: int = -1


@record
class Target(Record):
    """Something in a file that can be opened by name."""

    name: str
    type: str
    line: int


@record
class OpenedModel(Record):
    """A model, ready to be asked about, and what else its file offers.

    `notes` are what there is to know about how it was opened; `step` is the run's, where it went on
    meanwhile.
    """

    path: str
    target: Target
    targets: tuple[Target, ...]
    tree: ModelTree
    inputs: str  # proposed example inputs of its call: "f32[2]"; "" if none could be found
    notes: tuple[Problem, ...] = ()
    step: int = -1


class GateCommand(enum.StrEnum):
    """What the gate between two calls shall do."""

    PAUSE = "pause"
    STEP = "step"  # let one call of the step function pass, then pause
    CONTINUE = "continue"
    RUN_TO = "run to"  # pause before call number `Control.call` of the step function
    STOP = "stop"


@record
class Control(Record):
    """Tell the gate of a run. Answered by `Done`; `RunStatus` follows when it takes effect.

    With `is_onward` the run goes on for `call` calls, counted from when the gate hears of it.
    """

    command: GateCommand
    call: int = -1
    is_onward: bool = False


@record
class TypeInput(Record):
    """Type `text` on the script's standard input. Answered by `Done`."""

    text: str


@record
class Watch(Record):
    """Send everything from metric point `first_sequence` on: past records first, then live ones.

    Of the other records, the first `n_records` that were sent earlier are left out; those of which
    only the newest counts do not count among them. Answered by `Done` after all that is past was
    sent.
    """

    first_sequence: int
    n_records: int = 0


@record
class Ping(Record):
    """Ask whether anyone is there, over a connection that may die in silence. Answered by `Done`.

    A worker takes a connection by a port for dead when it hears nothing by it for a while.
    """


@record
class Leave(Record):
    """Whoever asked hangs up on purpose: a run that is paused waits for the next. Never answered.

    Without it the connection is lost, and what it has paused goes on.
    """


@record
class Done(Record):
    """The request was carried out, and there is nothing to say."""


@record
class Cancel(Record):
    """The answer to an earlier request of this connection is no longer wanted. Never answered.

    A request that waits is dropped, one that is being worked at ends soon; both may stay
    unanswered.
    """

    request: int
