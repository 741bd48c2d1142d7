"""A column of a table: what it is called, says and looks like, without Qt."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

_R = TypeVar("_R")


@dataclass(frozen=True)
class Column:
    """A column: `name` is that of its setting, `title` that in its head."""

    name: str
    title: str
    width: int  # pixels, at first
    explanation: str
    look: Literal["plain", "code", "number", "mark", "marks", "strip"] = "plain"


@dataclass(frozen=True)
class Cell(Generic[_R]):
    """A column with what its cells say of a row, and the key by which it sorts."""

    column: Column
    text: Callable[[_R], str]
    key: Callable[[_R], Any]
