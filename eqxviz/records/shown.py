"""What a process says that shows an object of its own."""

from eqxviz.records.codec import Record, record


@record
class Shown(Record):
    """An event: from now on the process shows another object, called `name`."""

    name: str
