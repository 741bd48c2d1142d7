"""What becomes of a call's result where there is no source: in a REPL, in code that was made."""

import ast
import dis
from collections.abc import Iterator
from types import CodeType

_STORES = ("STORE_NAME", "STORE_FAST", "STORE_GLOBAL", "STORE_DEREF")
# As Python 3.13 joins instructions.
_TWO, _AND_LOAD = "STORE_FAST_STORE_FAST", "STORE_FAST_LOAD_FAST"
_IDLE = ("CACHE", "EXTENDED_ARG", "NOP", "COPY_FREE_VARS")


def targets_after(code: CodeType, offset: int) -> ast.expr | None:
    """Return the names that the result of the call at `offset` is assigned to at once.

    None stands for anything else that is done with it.
    """
    return _target(_names(iter(_following(code, offset))))


def _following(code: CodeType, offset: int) -> Iterator[dis.Instruction]:
    for found in dis.get_instructions(code):
        if found.offset > offset and found.opname not in _IDLE:
            yield found


def _names(instructions: Iterator[dis.Instruction]) -> Iterator[str | int]:
    """Yield the names that are stored to, and how many parts a value is taken apart into."""
    for found in instructions:
        if found.opname in _STORES:
            yield str(found.argval)
        elif found.opname == _TWO:
            yield from (str(name) for name in found.argval)
        elif found.opname == "UNPACK_SEQUENCE":
            yield int(found.argval)
        elif found.opname == _AND_LOAD:
            yield str(found.argval[0])
            return
        else:
            return


def _target(names: Iterator[str | int]) -> ast.expr | None:
    found = next(names, None)
    if found is None or isinstance(found, str):
        return None if found is None else ast.Name(found)
    parts = [_target(names) for _ in range(found)]
    # What follows is stored elsewhere: in an attribute, an item.
    return ast.Tuple([ast.Name("_") if part is None else part for part in parts])
