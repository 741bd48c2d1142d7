"""The text of the user's files, and what it parses to."""

import ast
import linecache
from functools import lru_cache

from eqxviz.doctor.seen import Line


@lru_cache(maxsize=64)
def tree_of(file: str) -> ast.Module:
    """Return what a file parses to, an empty module where it does not; not to be changed."""
    try:
        return ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:  # of a notebook's cell, say
        return ast.Module([], [])


def text_of(at: Line) -> str:
    """Return a line without what surrounds it."""
    return linecache.getline(at.file, at.line).strip()
