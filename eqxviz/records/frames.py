"""The Python stack of a run that is paused, its variables, and expressions in one of its frames."""

from eqxviz.records.codec import Record, record
from eqxviz.records.problem import Frame


@record
class ReadStack(Record):
    """Ask for the frames of the thread that is paused. Answered by `Stack`."""


@record
class Stack(Record):
    """The frames of the thread that is paused, innermost first, without eqxviz's own.

    At an exception they are those where it was raised, to where it would leave the script.
    """

    frames: tuple[Frame, ...]


@record
class ReadVariables(Record):
    """Ask for the variables of one frame, by its place in `Stack.frames`. Answered by `Variables`.

    With `path`, for what is inside a variable of it: accessors after its name, `model.layers[0]`.
    """

    frame: int
    path: str = ""


@record
class Variable(Record):
    """A variable of a frame, or a part of one."""

    name: str  # as Python writes it: a local's name; within another ".weight", "[0]", "['lr']"
    type: str  # "Array", "MLP", "int"
    text: str  # short, of one line: "f32[8,3]", "0.001"
    is_global: bool = False
    has_parts: bool = False
    # It holds arrays: OpenModel(path="", name=its path, frame=...) opens it as a tree.
    is_tree: bool = False


@record
class Variables(Record):
    """The variables of a frame, its locals first; of a module its globals are its locals."""

    frame: int
    path: str
    variables: tuple[Variable, ...]
    n_more: int = 0  # that were left out


@record
class Evaluate(Record):
    """Run Python code in a frame of the paused thread. Answered by `Evaluated`.

    What it assigns is seen by the script when that goes on. `Cancel` interrupts it.
    """

    frame: int
    code: str  # an expression, or statements


@record
class Evaluated(Record):
    """What became of the code of an `Evaluate`: the text of its value, "" for statements.

    An exception is shown as a traceback of the code alone.
    """

    text: str
    type: str = ""  # of the value, "" for none
    output: str = ""  # what it printed
    error: str = ""
    is_tree: bool = False  # the value holds arrays: `_` opens it as a tree
    has_changed: bool = False  # it assigned something: variables are to be read again
