"""How filtering sees the nodes of a model tree."""

from eqxviz.records import ModelTree, NodeFlag, NodeKind

_MARKS = {
    NodeKind.STATIC_LEAF: "static",
    NodeKind.STATIC_FIELD: "static_field",
    NodeKind.NONE: "none",
}


def mark_of(tree: ModelTree, node: int) -> str:
    """Return the name of the mark of a leaf or a static field, "" for inner nodes."""
    kind = NodeKind(int(tree.kind[node]))
    if kind == NodeKind.ARRAY:
        is_inexact = int(tree.flags[node]) & NodeFlag.INEXACT
        return "differentiated" if is_inexact else "traced"
    return _MARKS.get(kind, "")
