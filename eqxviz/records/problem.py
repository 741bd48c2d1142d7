"""What went wrong, where in the user's file, why, and what to do."""

import enum

from eqxviz.records.codec import Record, record


class Severity(enum.StrEnum):
    """How much a problem matters."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@record
class Frame(Record):
    """One line of a traceback."""

    file: str
    line: int
    function: str
    text: str  # the source line, "" if unknown
    is_user: bool  # not the standard library, an installed package or eqxviz itself


@record
class Problem(Record):
    """A problem card: title, place, reason, remedy.

    `code` is stable (`missing-file`, `raised-on-import`, `worker-died`, ...). `file` is ""
    and `line` 0 where no place is known. `detail` is longer text for those who unfold the card.
    `function` is the id of the jitted function (`FunctionSeen`) that it is about, -1 for none.
    """

    code: str
    severity: Severity
    title: str
    why: str
    fix: str
    file: str = ""
    line: int = 0
    frames: tuple[Frame, ...] = ()
    detail: str = ""
    fix_code: str = ""
    function: int = -1
