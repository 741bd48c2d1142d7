"""One line of what is known: a name, a value, and where the value leads."""

from dataclasses import dataclass

from eqxviz.session.selection import Selection


@dataclass(frozen=True)
class Fact:
    """What it is, what it says, and what a click on the value selects.

    A `mark` (a key of `eqxviz.session.marks.MARKS`) is drawn before the value.
    """

    name: str
    value: str
    link: Selection | None = None
    is_mono: bool = False
    mark: str = ""
