"""Asking a run to be looked at by the doctor, and what the doctor found."""

from eqxviz.records.codec import Record, record
from eqxviz.records.problem import Problem

# Of `Problem.code`, where it is eqxviz that has failed, and not the program.
CAPTURE_FAILED = "capture-failed"
NOT_SEEN = "check-failed"


@record
class Examine(Record):
    """Look at the script that is about to start, and stop it once enough was seen.

    Enough is three calls of each jitted function, or `n_steps` steps where that is not 0. Of a
    script that calls nothing jitted the model is looked at, the best of the file or the one called
    `model`. With a `name` the script is not run: its file is loaded, and what is called so is made.

    Asked for before the script starts; `Examined` follows, before the end of the run or after it
    was seen that the script does not obey.
    """

    n_steps: int = 0
    name: str = ""
    model: str = ""


@record
class Examined(Record):
    """What the doctor found, in the order of files and lines."""

    problems: tuple[Problem, ...]
    n_rules: int  # that judged; 0: there was nothing to judge, as the script has no JAX
    n_functions: int  # jitted ones that were called
    n_calls: int  # of them, that were looked at
    n_steps: int  # the same, of the step function
    n_trees: int  # PyTrees that were looked at
    is_over: bool  # False: the script goes on, though it was told to stop
