"""What is asked about a learner's answer to an exercise, and what is found."""

import enum

from eqxviz.records.codec import Record, record
from eqxviz.records.problem import Problem


class Outcome(enum.StrEnum):
    """What became of a script, and of its check."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"  # by the check, which says why
    RAISED = "raised"  # by the script's own code, as it ran or when the check called it
    BROKEN = "broken"  # the check itself failed


@record
class Judge(Record):
    """Run `script`, and have the file `judge`, which defines `check(answer)`, look at its module.

    Without one, "", it is only run. Answered by `Judged`.
    """

    script: str
    judge: str


@record
class Judged(Record):
    """How an answer was judged."""

    outcome: Outcome
    message: str  # of the check that rejected it, "" for all else
    problem: Problem | None  # what was raised, where it was
    output: str  # what was printed meanwhile, the end of it
