"""The lines of a source file before which a run can stop: those that have code."""

from bisect import bisect_left
from functools import lru_cache
from pathlib import Path
from types import CodeType

_MAX_BYTES = 4_000_000


def stopping_line(file: str, line: int) -> int:
    """Return the first line from `line` on that has code, 0 if there is none.

    Where the file cannot be read, or is no Python, it is `line` itself: the run will know.
    """
    try:
        found = Path(file).stat()
        lines = _lines(file, found.st_mtime_ns) if found.st_size <= _MAX_BYTES else None
    except OSError:
        lines = None
    if lines is None:
        return line
    at = bisect_left(lines, line)
    return lines[at] if at < len(lines) else 0


@lru_cache(maxsize=32)
def _lines(file: str, _modified_ns: int) -> tuple[int, ...] | None:
    """Return the lines with code in their order, None for what is no Python.

    Nothing of the file is run: it is compiled, as Python does before it runs it.
    """
    try:
        whole = compile(Path(file).read_bytes(), file, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found: set[int] = set()
    codes = [whole]
    while codes:
        code = codes.pop()
        # The line on which a function is defined begins its code object; it runs before the first
        # one of the body does, without being a line of it.
        own = {line for _, _, line in code.co_lines() if line}
        found |= own - {code.co_firstlineno} if code is not whole else own
        codes += [const for const in code.co_consts if isinstance(const, CodeType)]
    return tuple(sorted(found))
