"""Places of Modules: as told while tracing, or else by the parameters that they read.

A transformation rebuilds the Modules it works on, and those of a list of blocks are all alike; but
in the jaxpr the parameters that a call reads are bound to arguments, which have paths.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from eqxviz.analysis.module_scopes import ModuleScope, joined


def module_paths(
    group_parent: Sequence[int],
    calls: Mapping[int, ModuleScope],
    places: Mapping[int, str],
    drawn: str,
) -> dict[int, str]:
    """Return the whole path of the Module of each group in `calls`.

    `places` are the paths of groups that are known by what they read, `drawn` is the name of what
    is drawn. What a derivative takes out of a loop, as all turns share it, has lost the names of
    the Modules around the loop; and what runs backward may read no parameters. Both are where the
    rest of their call is.
    """
    paths, around = [drawn], [0]  # of each group: its Module, "" while not known, and its call
    of_call: dict[int, set[str]] = {}
    for group, parent in enumerate(group_parent[1:], 1):
        path, number, call = paths[parent], around[parent], calls.get(group)
        if call is not None:
            is_lost = call.caller > 0 and number == 0
            path, number = places.get(group) or _told(call, "" if is_lost else path), call.call
            if path:
                of_call.setdefault(number, set()).add(path)
        paths.append(path)
        around.append(number)
    for group, parent in enumerate(group_parent[1:], 1):
        if not paths[group]:
            path, call = paths[parent], calls.get(group)
            if call is not None:
                if around[parent] == 0:
                    path = _only(of_call.get(call.caller, ())) or path
                path = _only(of_call.get(call.call, ())) or joined(path, call.path)
            paths[group] = path
    return {group: paths[group] for group in calls}


def _told(call: ModuleScope, holder: str) -> str:
    """Return the path that was told while tracing, "" if it is none or that of `holder` is not."""
    is_whole = bool(holder) or not call.path.startswith((".", "["))
    return joined(holder, call.path) if is_whole and call.path != call.class_name else ""


def _only(places: Collection[str]) -> str:
    return next(iter(places)) if len(places) == 1 else ""


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
