"""Which lines of a file can be stopped at: where in its code the statements begin."""

import ast
import bisect
import io
from collections.abc import Iterator
from types import CodeType
from typing import NamedTuple

# Their lines are those of the statement that they stand in.
_INNER = ("<lambda>", "<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>")


class Span(NamedTuple):
    """The lines of a statement; of one that holds others, those of its head."""

    first: int
    last: int
    is_loop: bool = False  # its head runs at each turn
    is_with: bool = False  # its head runs again as it is left


class CodeLines:
    """The statements of a Python file.

    Raises:
        OSError: If it cannot be read.
        SyntaxError: If it is no Python.
    """

    def __init__(self, file: str) -> None:
        with io.open_code(file) as opened:
            source = opened.read()
        tree = ast.parse(source, file)
        code = compile(tree, file, "exec", dont_inherit=True)
        lines = sorted({line for each in _codes(code) for line in _lines(each)})
        spans = sorted({_span(node) for node in ast.walk(tree) if isinstance(node, ast.stmt)})
        self._spans = [span for span in spans if _has_line(lines, span)]

    def span_at(self, line: int) -> Span | None:
        """Return the statement that `line` belongs to, or the next one; None after the last."""
        within = [span for span in self._spans if span.first <= line <= span.last]
        if within:
            return max(within)
        return next((span for span in self._spans if span.first > line), None)


def entries(code: CodeType, span: Span) -> frozenset[int]:
    """Return the offsets in `code` at which the statement at `span` begins.

    The lines of one may run in any order, and several times: that of a call over several lines
    begins with its first argument and ends on its first line. What runs before tells its beginning.
    """
    is_made_there = code.co_firstlineno == span.first and code.co_name != "<module>"
    if code.co_name in _INNER or is_made_there:
        return frozenset()
    found: list[int] = []
    is_inside = False
    for start, _stop, line in code.co_lines():
        # What has no line is where an exception comes in: a `finally` is there a second time.
        was_inside, is_inside = is_inside, line is not None and span.first <= line <= span.last
        if is_inside and not was_inside:
            found.append(start)
    return frozenset(found[:1] if span.is_with else found)


def _span(node: ast.stmt) -> Span:
    decorators = getattr(node, "decorator_list", ())
    first = min([node.lineno, *(each.lineno for each in decorators)])
    below = getattr(node, "body", None) or getattr(node, "cases", None)
    last = node.end_lineno or node.lineno
    if below:
        inner = below[0]
        start = inner.pattern.lineno if isinstance(inner, ast.match_case) else _span(inner).first
        last = max(node.lineno, start - 1)
    is_loop = isinstance(node, (ast.For, ast.AsyncFor, ast.While))
    return Span(first, last, is_loop, isinstance(node, (ast.With, ast.AsyncWith)))


def _has_line(lines: list[int], span: Span) -> bool:
    at = bisect.bisect_left(lines, span.first)
    return at < len(lines) and lines[at] <= span.last


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _lines(code: CodeType) -> Iterator[int]:
    return (line for _start, _stop, line in code.co_lines() if line is not None)
