"""The programs that do the same on both packages, by name."""

from collections.abc import Iterator

from tests.parity.outcome import Program
from tests.parity.test_parity import GROUPS


def parity_programs() -> Iterator[tuple[str, Program]]:
    """Yield all programs of all groups, each with the name of its group and its own."""
    for group in GROUPS:
        for name, program in group.PROGRAMS.items():
            yield f"{group.__name__.rpartition('.')[2]}: {name}", program
