"""Objects that stand in several places of one PyTree."""

import collections
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from eqxviz.doctor.code.writing import library_in
from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.seen import Line
from eqxviz.doctor.watching.trees import SeenTree
from eqxviz.records import ModelTree, NodeKind, ShareKind


@dataclass(frozen=True)
class SharedObject:
    """A Module, container or array that a tree holds more than once."""

    seen: SeenTree
    kind: ShareKind
    nodes: tuple[int, ...]
    paths: tuple[str, ...]
    made_at: Line  # where what holds all of its places was made, as far as that is known
    type_name: str  # "Linear"
    summary: str  # "f32[8,3]"


def shared_objects(evidence: Evidence) -> Iterator[SharedObject]:
    """Yield what models hold more than once, where it has arrays to be trained."""
    for seen in evidence.trees:
        tree = seen.tree
        for group, kind in enumerate(tree.share_kind):
            nodes = tuple(int(node) for node in tree.places(group))
            is_data = not any(tree.n_params[list(nodes)])
            if len(nodes) < 2 or is_data or not _is_trained_apart(evidence, seen, nodes):
                continue
            yield SharedObject(
                seen,
                ShareKind(int(kind)),
                nodes,
                tuple(map(tree.path, nodes)),
                _made_at(evidence, seen, nodes),
                tree.strings[int(tree.type_name[tree.type[nodes[0]]])],
                _summary(seen, nodes[0]),
            )


def tying_code(shared: SharedObject) -> str:
    """Return code that ties the places by `nn.Shared`; "" where the file imports no library."""
    name, library = shared.seen.name, library_in(shared.made_at.file)
    if not library or not name.isidentifier():
        return ""
    keep, *others = (f"m{path.removeprefix(name)}" for path in shared.paths)
    where, get = ", ".join(others), ", ".join([keep] * len(others))
    if len(others) > 1:
        where, get = f"[{where}]", f"[{get}]"
    return f"{library}.nn.Shared({name}, where=lambda m: {where}, get=lambda m: {get})"


def _is_trained_apart(evidence: Evidence, seen: SeenTree, nodes: tuple[int, ...]) -> bool:
    """Whether they are parts of something to be trained: data may well hold one array twice.

    What an optimiser was given once only is trained in one place, and the other one follows it: a
    target network.
    """
    tree = seen.tree
    inits = {
        tuple(map(id, jax.tree.leaves(use.trees.get("params"))))
        for use in evidence.optimisers
        if use.method == "init"
    }
    optimised = collections.Counter(itertools.chain.from_iterable(inits))
    below = jax.tree.leaves(seen.nodes.object_at(nodes[0]))
    times = {optimised[id(leaf)] for leaf in below} - {0}
    if times:
        return max(times) > 1
    above = _common_ancestors(tree.parent, nodes)
    if any(tree.kind[node] in (NodeKind.MODULE, NodeKind.NODE) for node in above):
        return True
    paths = {tree.path(node).removeprefix(seen.name) for node in nodes}
    return any(len(paths & _paths(each.argument)) > 1 for each in evidence.gradients)


def _paths(tree: ModelTree) -> set[str]:
    """Return the paths of all nodes, without the name of the root."""
    root = tree.path(0)
    return {tree.path(node).removeprefix(root) for node in range(len(tree))}


def _summary(seen: SeenTree, node: int) -> str:
    tree = seen.tree
    leaf = int(tree.leaf[node])
    return tree.strings[int(tree.leaf_summary[leaf])] if leaf >= 0 else ""


def _made_at(evidence: Evidence, seen: SeenTree, nodes: tuple[int, ...]) -> Line:
    """Return where the object was put into its second place, as far as that was seen.

    That is where the last was made of the Modules that hold it.
    """
    tree = seen.tree
    holders: list[Any] = []
    for place in nodes:
        above = (node for node in _ancestors(tree.parent, place))
        modules = (seen.nodes.object_at(n) for n in above if tree.kind[n] == NodeKind.MODULE)
        known = (module for module in modules if evidence.makings.line_of(module) is not None)
        holders += itertools.islice(known, 1)
    return evidence.makings.line_of_last(holders) or seen.at


def _common_ancestors(parent: np.ndarray, nodes: tuple[int, ...]) -> list[int]:
    """Return the nodes above all of `nodes`, the innermost first."""
    common = _ancestors(parent, nodes[0])
    for node in nodes[1:]:
        others = set(_ancestors(parent, node))
        common = [each for each in common if each in others]
    return common


def _ancestors(parent: np.ndarray, node: int) -> list[int]:
    """Return the nodes above `node`, the innermost first."""
    found: list[int] = []
    while (node := int(parent[node])) >= 0:
        found.append(node)
    return found
