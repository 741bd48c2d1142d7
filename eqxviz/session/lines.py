"""Text that is shown line by line: its pieces, what of it is folded, and the search in it."""

import re
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.graph import EquationKind

Lines = NDArray[np.int64]


class Span(NamedTuple):
    """A piece of a line.

    The tone is "variable", "type", "literal", "parameter", "keyword", "comment", "plain", or that
    of a primitive, "kind.matmul". `value` is the variable that it names, -1 for all else.
    """

    text: str
    tone: str = "plain"
    value: int = -1


class LineText(Protocol):
    """A text of many lines. A line whose block ends later than it begins can be folded."""

    @property
    def end(self) -> NDArray[np.int32]:
        """The last line of each line's block: the line itself where it is alone."""
        ...

    @property
    def folded(self) -> NDArray[np.bool_]:
        """Which lines are folded at first."""
        ...

    def __len__(self) -> int: ...

    def indent(self, line: int) -> int:
        """Return the columns before a line."""
        ...

    def spans(self, line: int, is_folded: bool = False) -> list[Span]:
        """Return the pieces of a line, without its indentation."""
        ...

    def text(self, line: int, is_folded: bool = False) -> str:
        """Return a line with its indentation."""
        ...

    def note(self, line: int) -> str:
        """Return what stands at the right of a line."""
        ...

    def kind_at(self, line: int) -> EquationKind | None:
        """Return the kind of the equation that begins at `line`, None for other lines."""
        ...


class Folding:
    """Which blocks of a text are folded, and so which lines are seen: the rows."""

    def __init__(self, text: LineText) -> None:
        self._end = text.end.astype(np.int64)
        self._can_fold = self._end > np.arange(len(self._end))
        self._is_folded = text.folded & self._can_fold
        self.rows: Lines = np.zeros(0, np.int64)  # the line of each row
        self._see()

    def can_fold(self, line: int) -> bool:
        """Whether a line has a block."""
        return bool(self._can_fold[line])

    def is_folded(self, line: int) -> bool:
        """Whether the block of a line is hidden."""
        return bool(self._is_folded[line])

    def row_of(self, line: int) -> int:
        """Return the row of a line; of one that is hidden, the row of what hides it."""
        return int(np.searchsorted(self.rows, line, "right")) - 1

    def set_folded(self, line: int, is_folded: bool) -> None:
        """Fold or unfold the block of a line, if it has one."""
        if self._can_fold[line] and self._is_folded[line] != is_folded:
            self._is_folded[line] = is_folded
            self._see()

    def fold_all(self) -> None:
        """Fold every block but the outermost."""
        self._is_folded = self._can_fold.copy()
        self._is_folded[:1] = False
        self._see()

    def unfold_all(self) -> None:
        """Unfold every block."""
        self._is_folded[:] = False
        self._see()

    def reveal(self, line: int) -> None:
        """Unfold what hides a line."""
        around = self.head_of(line)
        hidden = False
        while around >= 0:
            hidden |= bool(self._is_folded[around])
            self._is_folded[around] = False
            around = self.head_of(around)
        if hidden:
            self._see()

    def head_of(self, line: int) -> int:
        """Return the line whose block holds `line`, the innermost one; -1 where there is none."""
        before = np.flatnonzero(self._end[:line] >= line)
        return int(before[-1]) if len(before) else -1

    def _see(self) -> None:
        heads = np.flatnonzero(self._is_folded)
        hidden = np.zeros(len(self._end) + 1, np.int64)
        np.add.at(hidden, heads + 1, 1)
        np.add.at(hidden, self._end[heads] + 1, -1)
        self.rows = np.flatnonzero(np.cumsum(hidden)[:-1] == 0)


def pattern_of(wanted: str) -> re.Pattern[str] | None:
    """Return what to look for: a text, or a regular expression after "/"; None for nothing.

    Capitals count where there are any.

    Raises:
        ValueError: If it is no regular expression.
    """
    is_regex, text = wanted.startswith("/"), wanted.removeprefix("/")
    if not text.strip():
        return None
    flags = re.MULTILINE | (re.NOFLAG if any(map(str.isupper, text)) else re.IGNORECASE)
    try:
        return re.compile(text if is_regex else re.escape(text), flags)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error


@dataclass(frozen=True, eq=False)
class WholeText:
    """All lines of a text as one string, to be searched; made in a thread where it is large."""

    text: str
    starts: Lines

    @staticmethod
    def of(text: LineText) -> "WholeText":
        """Return the whole of `text`, unfolded."""
        lines = [text.text(line) for line in range(len(text))]
        starts = np.fromiter(accumulate((len(x) + 1 for x in lines), initial=0), np.int64)
        return WholeText("\n".join(lines), starts[:-1])

    def find(self, pattern: re.Pattern[str]) -> Lines:
        """Return the lines in which `pattern` is found, in order."""
        places = [match.start() for match in pattern.finditer(self.text)]
        return np.unique(np.searchsorted(self.starts, places, "right") - 1)
