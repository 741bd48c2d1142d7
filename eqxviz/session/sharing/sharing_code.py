"""The ways out of sharing, as code for the real paths."""

from dataclasses import dataclass

from eqxviz.records import ModelTree, NodeKind, ShareKind
from eqxviz.session.paths import expression, python_path
from eqxviz.session.sharing.sharing_map import SharingMap

MOST_PLACES = 200  # code with more paths than this is not read by anybody
_LIBRARY = "eqxcore"
_WIDTH = 84


@dataclass(frozen=True)
class Fix:
    """One way out: its name, what it does, and the code that does it."""

    title: str
    why: str
    code: str


@dataclass(frozen=True)
class _Root:
    """What the code is about: a model, or several variables together."""

    argument: str  # of the lambdas
    value: str
    paths: tuple[str, ...]  # of the places, from `argument`


def fixes(sharing: SharingMap, group: int, library: str = "") -> tuple[Fix, ...]:
    """Return the ways out for a group, best first; none where no code leads to its places."""
    tree = sharing.tree
    if int(sharing.n_places[group]) > MOST_PLACES:
        return ()
    places = sharing.places(group).tolist()
    root = _root(tree, places)
    if root is None:
        return ()
    keep, *others = root.paths
    is_plain = len(others) == 1 and int(tree.kind[places[0]]) != NodeKind.CONTAINER
    where = _function(root.argument, others, is_plain)
    get = _function(root.argument, [keep] * len(others), is_plain)
    nothing = "None" if is_plain else f"[None] * {len(others)}"
    start = f"import {library or _LIBRARY} as eqx\n"
    kept, rest = _named(tree, places[:1]), _named(tree, places[1:])
    imports, copied = f"import jax.numpy as jnp\n\n{start}\n", "jnp.copy"
    if sharing.kind(group) != ShareKind.ARRAY:
        imports = f"import jax\n{imports}"
        leaf = "lambda leaf: jnp.copy(leaf) if eqx.is_array(leaf) else leaf"
        copied = f"lambda node: jax.tree_util.tree_map(\n        {leaf}, node\n    )"
    return (
        Fix(
            "Tie the places",
            "One copy is stored, and trained by the gradients of all places; a call puts it back "
            "at each of them.",
            f"{start}\nshared = eqx.nn.Shared(\n    {root.value},\n    where={where},\n"
            f"    get={get},\n)\n\n# Train and save `shared`; where the model is used, begin with\n"
            f"{root.value.strip('()')} = shared()\n",
        ),
        Fix(
            "Store it once",
            f"Keep {kept}, and use it in the code where {rest} is used now.",
            f"{start}\n{_updated(root, where, f'replace={nothing}')}",
        ),
        Fix(
            "Make them independent",
            "If they were never meant to be one: each place gets its own from the start.",
            f"{imports}{_updated(root, where, f'replace_fn={copied}')}",
        ),
    )


def _root(tree: ModelTree, places: list[int]) -> _Root | None:
    """Return what code for these places is about, None where Python has no path to one of them."""
    if tree.name:
        value = tree.name if tree.name.isidentifier() else "model"
        argument = "m" if value == "model" else value[0]
        starts = [argument] * len(places)
    else:
        tops = [_variable(tree, place) for place in places]
        names = list(dict.fromkeys(tree.strings[int(tree.key[top])] for top in tops))
        value = names[0] if len(names) == 1 else f"({', '.join(names)})"
        argument = "m" if len(names) == 1 else "trees"
        at = [names.index(tree.strings[int(tree.key[top])]) for top in tops]
        starts = [argument if len(names) == 1 else f"trees[{i}]" for i in at]
    written = [expression(s, tree, place) for s, place in zip(starts, places, strict=True)]
    if any(path.fault for path in written):
        return None
    return _Root(argument, value, tuple(path.text for path in written))


def _variable(tree: ModelTree, node: int) -> int:
    """Return the child of the root that `node` lies in."""
    while (above := int(tree.parent[node])) > 0:
        node = above
    return node


def _function(argument: str, paths: list[str], is_plain: bool) -> str:
    """Return a lambda for `where` and `get`: one node, or a list of them."""
    if is_plain:
        return f"lambda {argument}: {paths[0]}"
    line = f"lambda {argument}: [{', '.join(paths)}]"
    if len(line) <= _WIDTH:
        return line
    return f"lambda {argument}: [\n        " + ",\n        ".join(paths) + ",\n    ]"


def _updated(root: _Root, where: str, what: str) -> str:
    target = root.value.strip("()")
    return f"{target} = eqx.tree_at(\n    {where},\n    {root.value},\n    {what},\n)\n"


def _named(tree: ModelTree, places: list[int]) -> str:
    """Return the places in words: "model.head.weight", "a, b and 3 more"."""
    names = [python_path(tree, place).text for place in places[:3]]
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    return ", ".join(names) + more
