"""Where a run is to stop, where it has stopped, and what is kept of its calls for replay."""

import enum

from eqxviz.records.codec import Record, record


class StopKind(enum.StrEnum):
    """What a stop waits for."""

    CALL = "call"  # the next call of a jitted function
    LINE = "line"  # a source line, before it runs
    CONDITION = "condition"  # a curve that meets `Stop.condition`
    NONFINITE = "non-finite"  # NaN or Inf in a curve; of kept calls, in any part of the result
    RECOMPILE = "recompile"  # a function that was compiled before is compiled again
    EXCEPTION = "exception"  # an exception that nothing catches


@record
class Stop(Record):
    """Something at which the run is to pause, by itself.

    Which fields count is a matter of the kind; the others keep their defaults.
    """

    id: int
    kind: StopKind
    # LINE: the place. CALL, RECOMPILE: where the function is defined (FunctionSeen.file, line), so
    # that it is known before it was called; "" for any function.
    file: str = ""
    line: int = 0
    function: str = ""  # CALL, RECOMPILE: FunctionSeen.name; "" for any function
    # CONDITION: a comparison of curves, "loss > 10"; NONFINITE: the name of a curve, "" for any.
    # CALL, LINE: an expression in the frame that is about to go on, "step == 7"; "" for always.
    condition: str = ""
    is_enabled: bool = True


# Of a `Problem`: a stop was met, and the script had ended by then.
STOP_CAME_LATE = "stop-came-late"
# Of a `Problem`: capture could not begin, so that no jitted call and none of their curves is met.
NOT_OBSERVED = "not-observed"


@record
class SetStops(Record):
    """Have these stops and no others.

    Answered by `Done`, or by a `Problem`: an error of a stop that can never be met, and those of
    before stay, or a note of one that waits for a curve that there is not yet.
    """

    stops: tuple[Stop, ...]


class HaltKind(enum.StrEnum):
    """Where in the script a run that is paused stands."""

    CALL = "before a call"
    RETURN = "after a call"
    LINE = "before a line"
    EXCEPTION = "at an exception"


@record
class Halt(Record):
    """What is known of where a run is paused beyond its line, and why it paused.

    At an exception it goes on when it is let go: the exception takes its course.
    """

    kind: HaltKind
    thread: str  # its name
    stop: int = -1  # Stop.id that was met; -1: the user asked for the pause
    why: str = ""  # "loss is 12.3 at step 41"; "" where the user asked
    call: int = -1  # the how-manieth call of the function it is about, from 1
    has_result: bool = False  # the result of that call can be opened
    error: str = ""  # at an exception: "ValueError: ...", its first line
    stop_kind: StopKind | None = None  # of the stop that was met, whoever set it
    callback: str = ""  # "train.py:12", where that was raised if in a callback of the line's call


@record
class KeepCalls(Record):
    """Keep what the latest call was given, so that it can be replayed, or keep nothing.

    While it is on arrays that a call would donate are copied first. Answered by `Done`; `Keeping`
    says what is kept.
    """

    is_on: bool


@record
class Keeping(Record):
    """An event, of which the newest counts: what is kept for replay."""

    is_on: bool
    function: int = -1  # of the kept call; -1: there is none yet
    call: int = -1  # the how-manieth of that function, from 1
    n_bytes: int = 0  # of the arrays that are kept: one more model and optimiser state
    n_copied_bytes: int = 0  # of them, those copied for each call as it would donate them
    why_not: str = ""  # why the latest call cannot be replayed, "" if it can
