"""What a process says that shows something of its own."""

from eqxviz.records.codec import Record, record


@record
class Shown(Record):
    """An event: from now on the process shows another object, called `name`."""

    name: str


@record
class ShownCall(Record):
    """An event: the process shows a call of the function `name`, its `number` from 0 on."""

    name: str
    number: int
