"""What a script's failure comes from, told beside the card of what it raised."""

import sys
from collections.abc import Iterator

from eqxviz.records import Problem


def with_diagnosis(card: Problem, error: BaseException, root: str) -> Iterator[Problem]:
    """Yield the card of `error`, then what in the user's code it comes from, where a rule knows.

    The first is there at once; the others may take some seconds.
    """
    yield card
    yield from diagnosis_of(error, root)


def diagnosis_of(error: BaseException, root: str) -> list[Problem]:
    """Return what in the user's code `error` comes from, where a rule knows; never raises."""
    # A script that does not use JAX is none of the rules' matter.
    if "jax" not in sys.modules:
        return []
    # Only now: they import JAX.
    from eqxviz.analysis.user_code import UserCode
    from eqxviz.doctor.diagnosis import diagnose

    return diagnose(error, UserCode(root))
