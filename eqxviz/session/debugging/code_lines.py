"""The line of a source file before which a stop holds, as it is shown while nothing runs."""

from functools import lru_cache
from pathlib import Path

from eqxviz.engine.code_lines import CodeLines

_MAX_BYTES = 4_000_000


def stopping_line(file: str, line: int) -> int:
    """Return where the statement begins that `line` belongs to, or the next one; 0 for none.

    Of a statement that holds others only its head counts. Where the file cannot be read, or is no
    Python, it is `line` itself: the run will know.
    """
    try:
        found = Path(file).stat()
        lines = _lines(file, found.st_mtime_ns) if found.st_size <= _MAX_BYTES else None
    except OSError:
        lines = None
    if lines is None:
        return line
    span = lines.span_at(line)
    return span.first if span is not None else 0


@lru_cache(maxsize=32)
def _lines(file: str, _modified_ns: int) -> CodeLines | None:
    """Return the statements of a file; None for what is no Python."""
    try:
        return CodeLines(file)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
