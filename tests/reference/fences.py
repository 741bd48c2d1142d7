"""The Python examples of a Markdown document."""

import re
from dataclasses import dataclass
from textwrap import dedent

_OPENING = re.compile(r"(?P<indent> *)(?P<fence>`{3,}|~{3,}) *(?P<language>[\w+-]*)")
_LANGUAGES = ("python", "python3", "py")


@dataclass(frozen=True)
class Example:
    """A fenced block of Python: its number among those of the document, its line, and its text."""

    index: int
    line: int
    source: str


def python_examples(text: str) -> list[Example]:
    """Return the fenced blocks of `text` that are marked as Python, in order.

    `line` is that of the block's first line of code, counted from 1.
    """
    examples: list[Example] = []
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        opening = _OPENING.match(lines[at])
        at += 1
        if opening is None:
            continue
        start = at
        closing = re.compile(rf" *{opening['fence']}\s*")
        while at < len(lines) and closing.fullmatch(lines[at]) is None:
            at += 1
        if opening["language"] in _LANGUAGES:
            source = dedent("\n".join(lines[start:at]) + "\n")
            examples.append(Example(len(examples), start + 1, source))
        at += 1
    return examples
