"""The nodes of a tree in the order in which they are read, with what every form says of them."""

from collections.abc import Iterator
from typing import NamedTuple

from eqxviz.records import ModelTree, NodeFlag, NodeKind, ShareKind
from eqxviz.session.filtering import mark_of

FLAGS = {
    NodeFlag.WEAK_TYPE: "weakly typed",
    NodeFlag.NUMPY: "NumPy",
    NodeFlag.PRNG_KEY: "PRNG key",
    NodeFlag.DELETED: "deleted",
    NodeFlag.ABSTRACT: "shape only",
}
_SHARES = {kind.value: kind.name.lower() for kind in ShareKind}


class Row(NamedTuple):
    """One node. Texts are "" where there is nothing to say."""

    row: int  # its place in the order
    parent: int  # the row of its parent, -1 for the root
    depth: int
    node: int
    path: str
    key: str
    kind: str
    type: str
    shape: tuple[int, ...] | None
    dtype: str
    n_params: int
    n_bytes: int
    sharding: str
    mark: str
    value: str
    flags: tuple[str, ...]
    share: int  # the group of places with the same object, -1 for none
    share_kind: str
    problem: str


def rows(tree: ModelTree) -> Iterator[Row]:
    """Yield the nodes of a whole tree, parents before their children, as they are read."""
    texts = [tree.strings[i] for i in range(len(tree.strings))] + [""]
    shapes = [tree.shapes[i] for i in range(len(tree.shapes))]
    # A node and where its parent stands; the paths and rows of those above it, by depth.
    waiting: list[tuple[int, int]] = [(0, 0)]
    paths: list[str] = [""]
    above: list[int] = [-1]
    row = 0
    while waiting:
        node, depth = waiting.pop()
        key = texts[int(tree.key[node])] if node else ""
        del paths[depth + 1 :], above[depth + 1 :]
        path = paths[depth] + key if node else tree.name
        paths.append(path)
        above.append(row)
        yield _row(tree, texts, shapes, (row, above[depth], depth, node), path, key)
        waiting += [(child, depth + 1) for child in reversed(tree.children(node))]
        row += 1


def _row(
    tree: ModelTree,
    texts: list[str],
    shapes: list[tuple[int, ...]],
    place: tuple[int, int, int, int],
    path: str,
    key: str,
) -> Row:
    node = place[3]
    leaf, kind, share = int(tree.leaf[node]), int(tree.type[node]), int(tree.share[node])
    flags = int(tree.flags[node])
    shape = int(tree.leaf_shape[leaf]) if leaf >= 0 else -1
    return Row(
        *place,
        path,
        key or tree.name,
        NodeKind(int(tree.kind[node])).name.lower(),
        texts[int(tree.type_name[kind])] if kind >= 0 else "",
        shapes[shape] if shape >= 0 else None,
        texts[int(tree.leaf_dtype[leaf])] if leaf >= 0 else "",
        int(tree.n_params[node]),
        int(tree.n_bytes[node]),
        texts[int(tree.leaf_sharding[leaf])] if leaf >= 0 else "",
        mark_of(tree, node),
        texts[int(tree.leaf_summary[leaf])] if leaf >= 0 else "",
        tuple(word for flag, word in FLAGS.items() if flags & flag),
        share,
        _SHARES.get(int(tree.share_kind[share]), "") if share >= 0 else "",
        tree.problem(node) if flags & NodeFlag.PROBLEM else "",
    )
