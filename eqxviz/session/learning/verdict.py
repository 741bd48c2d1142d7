"""What became of a learner's answer."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from eqxviz.records import Problem

VerdictKind = Literal["solved", "rejected", "failed", "stopped"]


@dataclass(frozen=True)
class Verdict:
    """How an answer was judged. `message` says it in a sentence or some.

    "rejected": it ran, and `message` says what is wrong with what it computes. "failed": it could
    not be judged; `problem` says why, with the line of the learner's script if it is known.
    """

    kind: VerdictKind
    message: str
    problem: "Problem | None" = None
    output: str = ""  # what the script printed meanwhile
