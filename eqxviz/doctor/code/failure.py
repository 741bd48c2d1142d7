"""The calls of the user's code that an exception came through, with what they were given.

An exception is all that is known: JAX takes its own frames out of it, the user's are left, with
their variables. What a line calls, and with what, is read from there.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Any

import executing

from eqxviz.analysis.transformations import bound
from eqxviz.analysis.user_code import UserCode
from eqxviz.doctor.code.expressions import Reader, UnknownError
from eqxviz.doctor.seen import Line

UNKNOWN: Any = object()  # stands for a value that cannot be told
_MOST_FRAMES = 100
_MOST_LINES = 40  # of a statement that is written anew


@dataclass(frozen=True, eq=False)
class Argument:
    """One argument of a call."""

    text: str  # as the user's line writes it
    value: Any


@dataclass(frozen=True, eq=False)
class FailedCall:
    """A call that did not return. What it calls has bound arguments before those of the line."""

    at: Line
    text: str  # what is called, as the line writes it: "jax.vmap(model)"
    target: Any  # as the line has it, UNKNOWN
    args: tuple[Argument, ...] | None  # None where it is not known how many they are
    kwargs: Mapping[str, Argument]
    reader: Reader
    is_innermost: bool  # none of the user's code ran in it
    node: ast.Call
    statements: frozenset[ast.stmt]
    lines: list[str] = field(repr=False)  # of the file

    @property
    def bound(self) -> tuple[Any, tuple[Argument, ...], Mapping[str, Argument]]:
        """What is called, with all that it is given, the `self` of a method first."""
        function, held, named = bound(self.target, ())
        args = tuple(Argument("self", value) for value in held) + (self.args or ())
        return function, args, {k: Argument(k, v) for k, v in named.items()} | dict(self.kwargs)

    def mended(self, *changes: tuple[ast.expr, str]) -> str:
        """Return the user's statement with parts of it written in another way."""
        found = [each for each in self.statements if not isinstance(each, _COMPOUND)]
        whole = found[0] if len(found) == 1 else self.node
        return _rewritten(self.lines, whole, changes)


_COMPOUND = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.With, ast.Try)


@dataclass(frozen=True, eq=False)
class Failure:
    """An exception, and the calls that it came through, the outermost first."""

    error: BaseException
    user_code: UserCode
    calls: tuple[FailedCall, ...]

    @property
    def innermost(self) -> FailedCall | None:
        """The call in which none of the user's code ran, if it was one that failed there."""
        return next((call for call in self.calls if call.is_innermost), None)


def failures(error: BaseException, user_code: UserCode) -> Iterator[Failure]:
    """Yield an exception, and those that it was raised from on purpose, as far as users see."""
    seen: set[int] = set()
    waiting: BaseException | None = error
    while waiting is not None and id(waiting) not in seen:
        seen.add(id(waiting))
        calls = tuple(_calls(waiting.__traceback__, user_code))
        if calls:
            yield Failure(waiting, user_code, calls)
        waiting = waiting.__cause__


def _calls(start: TracebackType | None, user_code: UserCode) -> Iterator[FailedCall]:
    found: list[TracebackType] = []
    while start is not None:
        if user_code.is_user(start.tb_frame.f_code.co_filename):
            found.append(start)
        start = start.tb_next
    for each in found[-_MOST_FRAMES:]:
        call = _call(each, user_code, is_innermost=each is found[-1])
        if call is not None:
            yield call


def _call(at: TracebackType, user_code: UserCode, *, is_innermost: bool) -> FailedCall | None:
    frame: FrameType = at.tb_frame
    seen = executing.Source.executing(at)
    node: Any = seen.node
    if not isinstance(node, ast.Call):
        return None
    reader = Reader(frame, user_code)
    return FailedCall(
        Line(frame.f_code.co_filename, at.tb_lineno),
        ast.unparse(node.func),
        _value(reader, node.func),
        _args(reader, node),
        {
            each.arg: Argument(ast.unparse(each.value), _value(reader, each.value))
            for each in node.keywords
            if each.arg
        },
        reader,
        is_innermost,
        node,
        frozenset(seen.statements or ()),
        seen.source.lines,
    )


def _args(reader: Reader, node: ast.Call) -> tuple[Argument, ...] | None:
    found: list[Argument] = []
    for each in node.args:
        if not isinstance(each, ast.Starred):
            found.append(Argument(ast.unparse(each), _value(reader, each)))
            continue
        several = _value(reader, each.value)
        if not isinstance(several, (tuple, list)):
            return None
        text = ast.unparse(each.value)
        found += [Argument(f"{text}[{i}]", value) for i, value in enumerate(several)]
    return None if any(k.arg is None for k in node.keywords) else tuple(found)


def _value(reader: Reader, node: ast.expr) -> Any:
    try:
        return reader.value(node)
    except UnknownError:
        return UNKNOWN


def _rewritten(lines: list[str], node: Any, changes: tuple[tuple[ast.expr, str], ...]) -> str:
    """Return the source of `node` with that of other nodes in it replaced."""
    first, last = node.lineno - 1, node.end_lineno
    if last - first > _MOST_LINES:
        return ""
    rows = [line.encode() for line in lines[first:last]]
    rows[-1] = rows[-1][: node.end_col_offset]
    for part, text in sorted(changes, key=lambda each: (-each[0].lineno, -each[0].col_offset)):
        start, end = part.lineno - 1 - first, (part.end_lineno or part.lineno) - 1 - first
        tail = rows[end][part.end_col_offset :]
        rows[start : end + 1] = [rows[start][: part.col_offset] + text.encode() + tail]
    rows[0] = rows[0][node.col_offset :]
    indent = node.col_offset
    return "\n".join([rows[0].decode(), *(_dedented(row.decode(), indent) for row in rows[1:])])


def _dedented(row: str, n: int) -> str:
    return row[n:] if not row[:n].strip() else row
