"""The lines of a source file before which a run can stop: where statements begin."""

import ast
from bisect import bisect_left
from functools import lru_cache
from pathlib import Path
from types import CodeType

_MAX_BYTES = 4_000_000


def stopping_line(file: str, line: int) -> int:
    """Return where the statement begins that `line` belongs to, or the next one; 0 for none.

    Of a statement that holds others only its head counts. Where the file cannot be read, or is no
    Python, it is `line` itself: the run will know.
    """
    try:
        found = Path(file).stat()
        spans = _spans(file, found.st_mtime_ns) if found.st_size <= _MAX_BYTES else None
    except OSError:
        spans = None
    if spans is None:
        return line
    within = [first for first, last in spans if first <= line <= last]
    return max(within) if within else next((first for first, _ in spans if first > line), 0)


@lru_cache(maxsize=32)
def _spans(file: str, _modified_ns: int) -> tuple[tuple[int, int], ...] | None:
    """Return the first and last lines of the statements with code; None for what is no Python.

    Nothing of the file is run: it is compiled, as Python does before it runs it.
    """
    try:
        tree = ast.parse(Path(file).read_bytes(), file)
        whole = compile(tree, file, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found: set[int] = set()
    codes = [whole]
    while codes:
        code = codes.pop()
        found |= {line for _, _, line in code.co_lines() if line}
        codes += [const for const in code.co_consts if isinstance(const, CodeType)]
    lines = sorted(found)
    spans = {_head(node) for node in ast.walk(tree) if isinstance(node, ast.stmt)}
    # Words alone, and declarations such as `global`, make no code.
    return tuple(sorted(span for span in spans if _has_line(lines, *span)))


def _head(node: ast.stmt) -> tuple[int, int]:
    """Return the lines of a statement, without those that it holds."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(each.lineno for each in decorators)])
    held: list[ast.stmt | ast.match_case] = getattr(node, "body", []) or getattr(node, "cases", [])
    if not held:
        return first, node.end_lineno or node.lineno
    inner = held[0]
    start = inner.pattern.lineno if isinstance(inner, ast.match_case) else _head(inner)[0]
    return first, max(node.lineno, start - 1)


def _has_line(lines: list[int], first: int, last: int) -> bool:
    at = bisect_left(lines, first)
    return at < len(lines) and lines[at] <= last
