"""Objects that stand in several places of one PyTree."""

from collections.abc import Iterator
from dataclasses import dataclass

import jax
import numpy as np

from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.seen import Line
from eqxviz.doctor.trees import SeenTree
from eqxviz.records import NodeKind, ShareKind


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
            if len(nodes) < 2 or is_data or not _is_held_by_model(evidence, seen, nodes):
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


def _is_held_by_model(evidence: Evidence, seen: SeenTree, nodes: tuple[int, ...]) -> bool:
    """Whether they are parts of something to be trained: data may well hold one array twice."""
    tree = seen.tree
    above = _common_ancestors(tree.parent, nodes)
    if any(tree.kind[node] in (NodeKind.MODULE, NodeKind.NODE) for node in above):
        return True
    optimised = {
        id(leaf) for use in evidence.optimisers for leaf in jax.tree.leaves(use.trees.get("params"))
    }
    below = jax.tree.leaves(seen.nodes.object_at(nodes[0]))
    return any(id(leaf) in optimised for leaf in below)


def _summary(seen: SeenTree, node: int) -> str:
    tree = seen.tree
    leaf = int(tree.leaf[node])
    return tree.strings[int(tree.leaf_summary[leaf])] if leaf >= 0 else ""


def _made_at(evidence: Evidence, seen: SeenTree, nodes: tuple[int, ...]) -> Line:
    """Return where the innermost Module was made that holds all of `nodes`."""
    tree = seen.tree
    for node in _common_ancestors(tree.parent, nodes):
        if tree.kind[node] == NodeKind.MODULE:
            line = evidence.makings.line_of(seen.nodes.object_at(node))
            if line is not None:
                return line
    return seen.at


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
