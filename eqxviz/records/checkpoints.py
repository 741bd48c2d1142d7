"""Saving what a process holds in files of Equinox's format: once, or while a run goes on."""

from eqxviz.records.codec import Record, record


@record
class SaveLeaves(Record):
    """Write the leaves of what is at `node` of an open model to `path`. Answered by `Saved`.

    Where there is such a file already, the answer is a `Problem` of code `FILE_EXISTS` unless it
    `replaces` that.
    """

    revision: int
    node: int
    path: str  # absolute, on the machine of the process
    replaces: bool = False


FILE_EXISTS = "file-exists"


@record
class Saved(Record):
    """A file was written, whole.

    `n_keys` typed PRNG keys are in it as their data, for the format has no form for them.
    """

    path: str
    n_leaves: int
    n_bytes: int
    n_keys: int
    seconds: float


@record
class SavePlan(Record):
    """Save what the step function is given each so many steps from now on. Answered by `Done`.

    What a step's call is given is saved before the call is made, while the one before that is
    written.
    """

    every: int = 0  # steps; 0: not by steps
    at_end: bool = False  # also as the script ends or is stopped
    folder: str = ""  # absolute; "" is `checkpoints/NAME OF THE RUN` in the working directory
    # The name of a file: {step} and {name}, of what is saved, are filled in.
    pattern: str = "{name}_{step:06}.eqx"
    # Arguments, or paths in them as the tree writes them, with commas in between; "" is the
    # model: the module among the arguments, or the largest of them.
    argument: str = ""
    last: int = 0  # so many stay, older ones are removed; 0: all of them

    @property
    def is_on(self) -> bool:
        """Whether anything is to be saved."""
        return self.every > 0 or self.at_end


@record
class Checkpoint(Record):
    """What was saved of a run at a step."""

    step: int
    path: str
    n_bytes: int
    stall_seconds: float  # that the run waited for it: copying from the device
    write_seconds: float  # in the background


# So many checkpoints are listed.
MOST_LISTED = 100


@record
class Checkpoints(Record):
    """An event, of which the newest counts: what a run saves by itself, and has saved."""

    plan: SavePlan
    saved: tuple[Checkpoint, ...] = ()  # the newest that still exist, oldest first
    n_saved: int = 0  # those that were removed since are counted
    n_failed: int = 0
    failure: str = ""  # why the latest one failed, "" if it did not
    is_writing: bool = False
