"""How filtering sees the nodes of a model tree."""

from eqxviz.records import ModelTree, NodeFlag, NodeKind

# As plain numbers: the rows of the tree ask this of every leaf that is painted.
_ARRAY, _INEXACT, _REFUSED = int(NodeKind.ARRAY), int(NodeFlag.INEXACT), int(NodeFlag.REFUSED)
_MARKS = {
    int(NodeKind.STATIC_LEAF): "static",
    int(NodeKind.STATIC_FIELD): "static_field",
    int(NodeKind.NONE): "none",
}


def mark_of(tree: ModelTree, node: int) -> str:
    """Return the name of the mark of a leaf or a static field, "" for inner nodes."""
    kind = int(tree.kind[node])
    if kind == _ARRAY:
        return "differentiated" if int(tree.flags[node]) & _INEXACT else "traced"
    return "problem" if int(tree.flags[node]) & _REFUSED else _MARKS.get(kind, "")
