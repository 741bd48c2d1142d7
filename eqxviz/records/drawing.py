"""What a window asks to be drawn, and of what."""

import enum

from eqxviz.records.codec import Record, record
from eqxviz.records.messages import Target


class DrawnAs(enum.StrEnum):
    """What of a function is drawn."""

    FORWARD = "forward"
    VMAP = "vmap"
    GRADIENT = "gradient"
    STEP = "step"


@record
class DrawModel(Record):
    """Trace a call of the opened model, or of a callable node of it. Answered by `Graph`.

    `inputs` are shapes as JAX writes them, separated by spaces: "f32[8,3] i32[]"; "" takes the
    proposal. With a `batch` an axis of that length is added to each, and the call is vmapped over
    it.
    """

    revision: int
    node: int
    inputs: str
    drawn_as: DrawnAs = DrawnAs.FORWARD
    batch: int = 0


@record
class DrawFunction(Record):
    """Trace a function seen in the run at its latest call's shapes. Answered by `Graph`."""

    function: int
    drawn_as: DrawnAs = DrawnAs.FORWARD


@record
class DrawCall(Record):
    """Trace a call of what `name` means in the file `path`. Answered by `Graph`.

    What makes a model is called for it first, and so is what "" finds; then the model's call is
    drawn. `inputs` may name variables of the file and hold Python values: "model f32[8,3] n=3". A
    model is made without its arrays where that is possible, or in any case with `shapes_only`. The
    one that is open stays so.
    """

    path: str
    name: str
    inputs: str
    drawn_as: DrawnAs = DrawnAs.FORWARD
    batch: int = 0
    shapes_only: bool = False


@record
class DrawShown(Record):
    """Trace the call that a process shows as its `number`, from 0 on. Answered by `Graph`.

    `inputs` are written in place of the arguments that it was shown with, "" for these.
    """

    number: int
    inputs: str
    drawn_as: DrawnAs = DrawnAs.FORWARD
    batch: int = 0


@record
class ListCalls(Record):
    """List what can be drawn of the file `path`. Answered by `OfferedCalls`."""

    path: str


@record
class OfferedCall(Record):
    """A function of a file, with its parameters as it writes them: "(model, x, *, key)"."""

    name: str
    parameters: str
    line: int


@record
class OfferedCalls(Record):
    """The functions of a file, and the models that it offers."""

    path: str
    calls: tuple[OfferedCall, ...]
    models: tuple[Target, ...]
