"""What the libraries' own check says of an open model."""

from eqxviz.records.codec import Record, record


@record
class CheckTree(Record):
    """Run `tree_check` of the model's own library on the open model. Answered by `TreeCheck`."""

    revision: int


@record
class TreeCheck(Record):
    """What `tree_check` of `library` ("eqxcore" or "equinox") raised, word for word; "" for no."""

    revision: int
    library: str
    error: str
