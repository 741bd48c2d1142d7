"""Named arrays as a tree: `layers.0.weight` is `['layers'][0]['weight']`."""

from collections.abc import Mapping
from typing import Any


def nested(arrays: Mapping[str, Any]) -> Any:
    """Return `arrays` as dictionaries and lists, split at the dots of their names.

    Where any name holds a slash, all are split at their slashes instead. What is numbered from 0 on
    without a gap becomes a list, in order; with gaps, a dictionary of numbers, for 2 to come before
    10. A name is split no further than where it goes on from
    another whole name: of `a` and `a.b` both stay as they are, for `a` cannot be an array and a
    dictionary. The same goes for names with an empty part, as `a..b`.
    """
    separator = "/" if any("/" in name for name in arrays) else "."
    tree: dict[str, Any] = {}
    for name in arrays:
        at = tree
        *above, last = _parts(name, separator, arrays)
        for part in above:
            at = at.setdefault(part, {})
        at[last] = arrays[name]
    return _with_lists(tree)


def _parts(name: str, separator: str, names: Mapping[str, Any]) -> list[str]:
    parts = name.split(separator)
    if not all(parts):
        return [name]
    end = 0
    for i, part in enumerate(parts[:-1]):
        end += len(part) + (i > 0)
        if name[:end] in names:
            # Up to here it is an array of that name already.
            return [*parts[:i], name[end - len(part) :]]
    return parts


def _with_lists(tree: dict[str, Any]) -> Any:
    """Return `tree` with the dictionaries that are numbered turned into lists."""
    # Not by recursion: a name may have any number of parts.
    found: list[tuple[dict[str, Any], str]] = []
    root = {"": tree}
    waiting: list[tuple[dict[str, Any], str]] = [(root, "")]
    while waiting:
        holder, key = waiting.pop()
        found.append((holder, key))
        below = holder[key]
        waiting += [(below, k) for k, value in below.items() if isinstance(value, dict)]
    for holder, key in reversed(found):
        below = holder[key]
        if below and all(str(i) in below for i in range(len(below))):
            holder[key] = [below[str(i)] for i in range(len(below))]
        elif all(part.isdecimal() and str(int(part)) == part for part in below):
            holder[key] = {int(part): below[part] for part in below}
    return root[""]
