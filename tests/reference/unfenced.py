"""The Python examples of a page whose code is not marked: a page saved as plain text.

An example begins where a line can begin nothing but code, at the left margin, and goes on for as
many lines as can be parsed together. Words of the text that could pass for code, such as the title
of the next box, are not taken for its end.
"""

import ast
import re

from tests.reference.fences import Example

_BEGINNING = re.compile(
    r"@[\w.]+|#\s|import [\w.]+( as \w+)?$|from [\w.]+ import |(def|class) \w+\b.*:"
)


def unfenced_examples(text: str) -> list[Example]:
    """Return the examples in `text`, in order. `line` is that of the first, counted from 1."""
    lines = text.splitlines()
    examples: list[Example] = []
    at = 0
    while at < len(lines):
        length = _length(lines[at:]) if _BEGINNING.match(lines[at]) else 0
        if length:
            source = "\n".join(lines[at : at + length]) + "\n"
            examples.append(Example(len(examples), at + 1, source))
        at += length or 1
    return examples


def _length(lines: list[str]) -> int:
    """Return how many of the first `lines` are code."""
    longest = 0
    for length in range(1, len(lines) + 1):
        line = lines[length - 1]
        if line and not line[0].isspace() and not _may_be_code(line):
            break
        tree = _parsed("\n".join(lines[:length]))
        if tree is not None and tree.body:
            longest = length if not _is_word(tree.body[-1]) else longest
    return longest


def _may_be_code(line: str) -> bool:
    """Return whether a line at the left margin could be one of an example, by itself."""
    return _BEGINNING.match(line) is not None or re.search(r"[=()\[\]]", line) is not None


def _is_word(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Name)


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except SyntaxError:
        return None
