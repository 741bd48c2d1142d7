"""A call lowered to StableHLO, with the user's line that each line comes from."""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.tracing import argument_names as names_in_signature
from eqxviz.analysis.tracing import flattened
from eqxviz.analysis.user_code import UserCode
from eqxviz.records import MOST_LOWERED_BYTES, Interner, LoweredText, Strings

_MOST_ELEMENTS = 16  # of a constant: more are left out
# The location at the end of a line; those of a function's arguments stand within it.
_AT_END = re.compile(r" loc\((#loc\d*|unknown|\".*\")\)$")
_WITHIN = re.compile(r" loc\((?:#loc\d*|unknown|\"[^\"]*\")\)")
_DEFINED = re.compile(r"(#loc\d*) = loc\((.*)\)$")
_FILE = re.compile(r'"((?:[^"\\]|\\.)*)":(\d+):\d+')
_NAMED = re.compile(r'"((?:[^"\\]|\\.)*)"\((.*)\)$')
_REFERENCE = re.compile(r"#loc\d*")


def lowered_of(
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    title: str,
    argument_names: Sequence[str] | None = None,
    project_root: str | None = None,
    name: str | None = None,
) -> LoweredText:
    """Return what `fn(*args, **kwargs)` is lowered to; nothing is compiled, and only shapes count.

    The arguments are those of `graph_of`.

    Raises:
        Exception: Whatever `fn` raises while it is traced.
    """
    names = names_in_signature(fn, len(args)) if argument_names is None else argument_names
    call = flattened(fn, args, kwargs, names, name or title, names_modules=False)
    call.function.__name__ = name or title  # what the module is called
    text = compat.lowered_text(call.function, call.shapes, _MOST_ELEMENTS)
    return _record(title, text, UserCode(project_root))


class _Place(NamedTuple):
    """The innermost line of the user's that a location names, and whether it is the project's."""

    file: str
    line: int
    function: str
    is_in_project: bool


class _Locations:
    """The locations that a module defines, looked into when they are asked for."""

    def __init__(self, definitions: dict[str, str], user_code: UserCode) -> None:
        self._definitions = definitions
        self._user_code = user_code
        self._known: dict[str, _Place | None] = {}

    def place(self, location: str) -> _Place | None:
        """Return the user's line of a location, None where it has none.

        A location names others that were defined before it, so that the depth is theirs.
        """
        waiting = [location]
        while waiting:
            asked = waiting[-1]
            body = self._definitions.get(asked, "")
            parts = [p for p in _REFERENCE.findall(body) if p not in self._known and p != asked]
            if parts:
                waiting.extend(parts)
            else:
                self._known[asked] = self._read(body)
                waiting.pop()
        return self._known[location]

    def _read(self, body: str) -> _Place | None:
        file = _FILE.match(body)
        if file is not None:
            path = file.group(1)
            if not self._user_code.is_user(path):
                return None
            return _Place(path, int(file.group(2)), "", self._user_code.is_in_project(path))
        found = [self._known.get(part) for part in _REFERENCE.findall(body)]
        places = [place for place in found if place is not None]
        if not places:
            return None
        innermost = next((place for place in places if place.is_in_project), places[0])
        named = _NAMED.match(body)
        if named is not None and not innermost.function:
            return innermost._replace(function=named.group(1))
        return innermost


def _record(title: str, text: str, user_code: UserCode) -> LoweredText:
    lines = text.splitlines()
    definitions = {m.group(1): m.group(2) for m in map(_DEFINED.match, lines) if m is not None}
    locations, strings = _Locations(definitions, user_code), Interner()
    rows: dict[tuple[int, int, int], int] = {}
    kept: list[str] = []
    sources: list[int] = []
    n_bytes = 0
    for line in lines:
        if line.startswith("#loc"):
            continue
        at_end = _AT_END.search(line)
        shown = _WITHIN.sub("", line[: at_end.start()] if at_end is not None else line)
        n_bytes += len(shown.encode()) + 1
        if n_bytes > MOST_LOWERED_BYTES:
            continue
        place = locations.place(at_end.group(1)) if at_end is not None else None
        source = -1
        if place is not None:
            row = strings(place.file), place.line, strings(place.function)
            source = rows.setdefault(row, len(rows))
        kept.append(shown)
        sources.append(source)
    files, numbers, functions = zip(*rows, strict=True) if rows else ((), (), ())
    return LoweredText(
        title=title,
        lines=Strings.of(kept),
        line_source=np.array(sources, np.int32),
        n_bytes=n_bytes,
        strings=strings.strings(),
        source_file=np.array(files, np.int32),
        source_line=np.array(numbers, np.int32),
        source_function=np.array(functions, np.int32),
    )
