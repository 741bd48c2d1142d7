"""A tree as JSON, for other programs. Nodes are a flat list: any depth can be read."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from eqxviz.records import ModelTree, OpenedModel, ShareKind
from eqxviz.session.export.rows import Row, rows


def data(model: OpenedModel) -> Iterator[str]:
    """Yield a JSON object, a node a line.

    `nodes` are in the order in which the tree is read; `parent` is the place of a node's parent in
    it, -1 for the root. A node has `path`, `key`, `kind`, `type`, `parameters` and `bytes` (those
    of all arrays below it); a leaf has `value`, an array `shape` and `dtype` too; `mark`,
    `sharding`, `flags`, `shared` (a place in `groups`) and `problem` stand where there is
    something to say. A group has its `kind` and the places of its `nodes`.
    """
    tree = model.tree
    head = {
        "path": model.path,
        "target": model.target.name,
        "targets": [{"name": t.name, "type": t.type, "line": t.line} for t in model.targets],
        "inputs": model.inputs,
        "totals": {
            "nodes": len(tree),
            "leaves": int(tree.n_leaves[0]),
            "parameters": int(tree.n_params[0]),
            "bytes": int(tree.n_bytes[0]),
        },
    }
    yield json.dumps(head, indent=1)[:-2] + ',\n "nodes": ['
    place = np.zeros(len(tree), np.int64)
    separator = "\n  "
    for row in rows(tree):
        place[row.node] = row.row
        yield separator + json.dumps(_node(row))
        separator = ",\n  "
    yield '\n ],\n "groups": ['
    separator = "\n  "
    for group in _groups(tree, place):
        yield separator + json.dumps(group)
        separator = ",\n  "
    yield "\n ]\n}\n"


def _node(row: Row) -> dict[str, Any]:
    node: dict[str, Any] = {
        "parent": row.parent,
        "path": row.path,
        "key": row.key,
        "kind": row.kind,
        "type": row.type,
        "parameters": row.n_params,
        "bytes": row.n_bytes,
    }
    if row.shape is not None:
        node["shape"], node["dtype"] = list(row.shape), row.dtype
    said = {
        "mark": row.mark,
        "value": row.value,
        "sharding": row.sharding,
        "flags": list(row.flags),
        "problem": row.problem,
    }
    node |= {name: words for name, words in said.items() if words}
    if row.share >= 0:
        node["shared"] = row.share
    return node


def _groups(tree: ModelTree, place: np.ndarray[Any, np.dtype[np.int64]]) -> Iterator[Any]:
    for group, kind in enumerate(tree.share_kind):
        places = place[tree.places(group)]
        yield {"kind": ShareKind(int(kind)).name.lower(), "nodes": sorted(places.tolist())}
