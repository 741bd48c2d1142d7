"""A column of a table: what it is called, says and looks like, without Qt."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Column:
    """A column: `name` is that of its setting, `title` that in its head."""

    name: str
    title: str
    width: int  # pixels, at first
    explanation: str
    look: Literal["plain", "code", "number", "mark", "marks"] = "plain"
