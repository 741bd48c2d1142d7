"""The programs that go wrong, and what is stated of each in the toml beside it.

Of a NaN it states the call that fails, counted by calls of that jitted function from 1, and in
`first` and `found.first` the equation that makes it: its source line, primitive and pass (a
`Stage`), the turns of the loops around it, and which elements of how many are not finite. `origin`
is "argument" or "constant" where no equation makes it of finite numbers; `reproduces` is false
where only the compiled call fails. Programs that are `meant` hold what is not finite and are right.
"""

import tomllib
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "programs"


class Stated:
    """A program, and what is stated of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.path = FOLDER / f"{name}.py"
        self.toml: dict[str, Any] = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))

    def __str__(self) -> str:
        return self.name

    @property
    def kind(self) -> str:
        """What goes wrong: "nan", "meant", "donated", "post-mortem"."""
        return self.toml["kind"]

    @property
    def call(self) -> tuple[str, int]:
        """The function that fails, and in which of its calls."""
        return self.toml["call"]["function"], self.toml["call"]["number"]

    @property
    def first(self) -> dict[str, Any]:
        """What is stated of the first equation to make what is not finite."""
        return {**self.toml["found"]["first"], **self.toml["first"]}


def stated(*kinds: str) -> list[Stated]:
    """Return the programs of these kinds."""
    every = [Stated(path.stem) for path in sorted(FOLDER.glob("*.toml"))]
    return [each for each in every if each.kind in kinds]
