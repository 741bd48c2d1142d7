"""Places of Modules that could not be told while tracing, by the parameters that they read.

A transformation rebuilds the Modules it works on, and those of a list of blocks are all alike; but
in the jaxpr the parameters that a call reads are bound to arguments, which have paths.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence


def place_of(paths: Iterable[str], class_name: str, modules: Mapping[str, str]) -> str:
    """Return the path of the Module of a class below which all of `paths` lie, if there is one.

    Paths that lie below no such Module, as those of other inputs, do not count. `modules` are the
    classes of the Modules among the arguments, by path. Of several the innermost is returned, ""
    for none.
    """
    above = [_modules_above(path, class_name, modules) for path in paths]
    counted = [places for places in above if places]
    if not counted:
        return ""
    counts = Counter(place for places in counted for place in places)
    common = [place for place, n in counts.items() if n == len(counted)]
    return max(common, key=len, default="")


def paths_read_in(
    groups: Iterable[int],
    group_parent: Sequence[int],
    equation_group: Sequence[int],
    paths_of: Callable[[int], Iterable[str]],
) -> dict[int, set[str]]:
    """Return for each of `groups` the paths of what is read in it, and in the groups inside.

    `paths_of` tells those of an equation.
    """
    read: dict[int, set[str]] = {group: set() for group in groups}
    for equation, group in enumerate(equation_group):
        holders: list[int] = []
        while group >= 0:
            if group in read:
                holders.append(group)
            group = group_parent[group]
        if holders:
            paths = set(paths_of(equation))
            for holder in holders:
                read[holder] |= paths
    return read


def _modules_above(path: str, class_name: str, modules: Mapping[str, str]) -> set[str]:
    ends = [i for i, character in enumerate(path) if character in ".["]
    return {path[:end] for end in ends if modules.get(path[:end]) == class_name}
