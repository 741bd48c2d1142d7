"""Regular expressions taken apart: the syntax that an automaton can follow."""

import re
import warnings
from typing import NamedTuple

_ATOM = re.compile(
    r"""
    \[ \^? \]? (?: [^\]\\] | \\. )* \]      # a set
    | \\ x [0-9a-fA-F]{2} | \\ u [0-9a-fA-F]{4}
    | \\ [dDwWsStnrfv]
    | \\ [^a-zA-Z0-9]
    | [^\\()|*+?^$[]
    """,
    re.VERBOSE | re.DOTALL,
)
_COUNT = re.compile(r"\{(\d*)(,?)(\d*)\}")
_GROUP = re.compile(r"\((?:\?:|\?P<\w+>)?(?!\?)")


class UnsupportedError(Exception):
    """The pattern asks for more than an automaton can tell: look-around, back references."""


class Atom(NamedTuple):
    """One letter of those that `source` matches."""

    source: str


class Anchor(NamedTuple):
    r"""The text's beginning (`^`) or end (`$`), a word's beginning or end (`\b`), or not (`\B`)."""

    sign: str


class Sequence(NamedTuple):
    """One part after the other."""

    parts: "tuple[Part, ...]"


class Choice(NamedTuple):
    """One of the parts."""

    parts: "tuple[Part, ...]"


class Repeat(NamedTuple):
    """A part, `low` to `high` times; `high` None is without end."""

    part: "Part"
    low: int
    high: int | None


Part = Atom | Anchor | Sequence | Choice | Repeat


def compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern as Python matches it: case does not matter.

    Raises:
        re.error: If it is none; also `OverflowError` and `RecursionError`.
    """
    with warnings.catch_warnings():
        # `[[` may mean something else in a later Python.
        warnings.simplefilter("ignore", FutureWarning)
        return re.compile(pattern, re.IGNORECASE)


def parts_of(pattern: str) -> Part:
    """Return the parts of a pattern that `re` accepts.

    Raises:
        UnsupportedError: If an automaton cannot follow it.
    """
    return _Parser(pattern).choice()


def literal_in(part: Part) -> tuple[str, bool]:
    """Return the longest text that every match holds, and whether it is all that is asked for.

    It is in small letters, and "" where none is sure.
    """
    if not isinstance(part, Sequence):
        return "", False
    runs, is_all = [""], bool(part.parts)
    for inner in part.parts:
        letter = inner.source.removeprefix("\\") if isinstance(inner, Atom) else ""
        if isinstance(inner, Atom) and len(letter) == 1 and _is_plain(inner.source):
            runs[-1] += letter.lower()
        else:
            runs.append("")
            is_all = False
    return max(runs, key=len), is_all


def _is_plain(source: str) -> bool:
    """Whether the source of an atom stands for one letter, be it small or not."""
    return source != "." if len(source) == 1 else not source[1].isalnum()


class _Parser:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def choice(self) -> Part:
        parts = [self._sequence()]
        while self._next() == "|":
            self._at += 1
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _next(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _sequence(self) -> Part:
        parts: list[Part] = []
        while self._next() not in ("", "|", ")"):
            parts.append(self._repeated(self._single()))
        return Sequence(tuple(parts))

    def _single(self) -> Part:
        letter = self._next()
        if letter in "^$":
            self._at += 1
            return Anchor(letter)
        if self._pattern.startswith((r"\b", r"\B"), self._at):
            self._at += 2
            return Anchor(self._pattern[self._at - 2 : self._at])
        if letter == "(":
            group = _GROUP.match(self._pattern, self._at)
            if group is None:
                raise UnsupportedError
            self._at = group.end()
            inside = self.choice()
            self._at += 1  # the closing bracket
            return inside
        atom = _ATOM.match(self._pattern, self._at)
        if atom is None:
            raise UnsupportedError
        self._at = atom.end()
        return Atom(atom[0])

    def _repeated(self, part: Part) -> Part:
        while bounds := self._bounds():
            part = Repeat(part, *bounds)
            if self._next() == "+":  # possessive: it never gives back
                raise UnsupportedError
            if self._next() == "?":  # as few as possible: whether it matches is the same
                self._at += 1
        return part

    def _bounds(self) -> tuple[int, int | None] | None:
        letter = self._next()
        if letter and letter in "*+?":
            self._at += 1
            return int(letter == "+"), (1 if letter == "?" else None)
        count = _COUNT.match(self._pattern, self._at)
        if count is None or not (count[1] or count[3]):
            return None
        self._at = count.end()
        low = int(count[1] or 0)
        return low, (int(count[3]) if count[3] else None if count[2] else low)
