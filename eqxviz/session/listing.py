"""A model's tree and a problem, as text for a terminal and as data for other programs."""

from typing import Any

from eqxviz.records import ModelTree, NodeFlag, NodeKind, OpenedModel, Problem, ShareKind
from eqxviz.session import formatting
from eqxviz.session.filtering import mark_of
from eqxviz.session.marks import MARKS

_FLAGS = {
    NodeFlag.WEAK_TYPE: "weakly typed",
    NodeFlag.NUMPY: "NumPy",
    NodeFlag.PRNG_KEY: "PRNG key",
    NodeFlag.DELETED: "deleted",
    NodeFlag.ABSTRACT: "shape only",
}
_MAX_VALUE = 60


def tree_text(model: OpenedModel) -> str:
    """Return the tree as a listing: a head, then one line a node, indented by depth."""
    tree = model.tree
    rows = [_row(tree, node, depth) for node, depth in _walk(tree)]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = [
        f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  "
        f"{row[3]:>{widths[3]}}  {row[4]}".rstrip()
        for row in rows
    ]
    others = [target.name for target in model.targets if target.name != model.target.name]
    tail = [f"also in this file: {', '.join(others)}"] if others else []
    if model.inputs:
        tail.insert(0, f"a call takes: {model.inputs}")
    return "\n".join([tree_headline(model), "", *lines, *([""] if tail else []), *tail])


def tree_headline(model: OpenedModel) -> str:
    """Return "make_model → MLP: 9 nodes, 6 leaves, 1,185 parameters, 4.74 kB"."""
    tree = model.tree
    return (
        f"{model.target.name} → {_what(tree, 0)}: {formatting.count(len(tree))} nodes, "
        f"{formatting.count(int(tree.n_leaves[0]))} leaves, "
        f"{formatting.count(int(tree.n_params[0]))} parameters, "
        f"{formatting.n_bytes(int(tree.n_bytes[0]))}"
    )


def tree_data(model: OpenedModel) -> dict[str, Any]:
    """Return the tree as plain data: what `tree_text` says, a dict a node, children nested."""
    tree = model.tree
    data: list[dict[str, Any]] = [_node_data(tree, node) for node in range(len(tree))]
    for node in range(1, len(tree)):
        data[int(tree.parent[node])].setdefault("children", []).append(data[node])
    return {
        "path": model.path,
        "target": model.target.name,
        "targets": [{"name": t.name, "type": t.type, "line": t.line} for t in model.targets],
        "inputs": model.inputs,
        "tree": data[0],
    }


def problem_text(problem: Problem) -> str:
    """Return a problem card: title, place, why, what to do, the user's frames."""
    lines = [f"{problem.severity.value}: {problem.title}"]
    if problem.file:
        lines.append(f"  {problem.file}" + (f":{problem.line}" if problem.line else ""))
    for frame in problem.frames:
        if frame.is_user:
            lines.append(f"  at {frame.file}:{frame.line} in {frame.function}")
            lines += [f"      {frame.text.strip()}"] if frame.text else []
    lines += _indented("why", problem.why) + _indented("fix", problem.fix)
    lines += [f"      {line}" for line in problem.fix_code.splitlines()]
    if problem.detail not in ("", problem.why) and not any(
        frame.is_user for frame in problem.frames
    ):
        lines += _indented("details", problem.detail)
    return "\n".join(lines)


def problem_data(problem: Problem) -> dict[str, Any]:
    """Return a problem as plain data."""
    names = ("code", "title", "why", "fix", "fix_code", "file", "line", "detail")
    frames = [{"file": f.file, "line": f.line, "function": f.function} for f in problem.frames]
    plain = {name: getattr(problem, name) for name in names}
    return {"problem": {**plain, "severity": problem.severity.value, "frames": frames}}


def _walk(tree: ModelTree) -> list[tuple[int, int]]:
    """Return `(node, depth)` of all nodes, parents before their children, as they are read."""
    found: list[tuple[int, int]] = []
    waiting = [(0, 0)]
    while waiting:
        node, depth = waiting.pop()
        found.append((node, depth))
        waiting += [(child, depth + 1) for child in reversed(tree.children(node))]
    return found


def _row(tree: ModelTree, node: int, depth: int) -> tuple[str, str, str, str, str]:
    key = tree.name if node == 0 else tree.strings[int(tree.key[node])]
    n_params, n_bytes = int(tree.n_params[node]), int(tree.n_bytes[node])
    return (
        "  " * depth + key,
        formatting.elide_middle(_what(tree, node), _MAX_VALUE),
        formatting.count(n_params) if n_params else "",
        formatting.n_bytes(n_bytes) if n_bytes else "",
        ", ".join(_words(tree, node)),
    )


def _what(tree: ModelTree, node: int) -> str:
    """Return the type of an inner node, the value of a leaf."""
    leaf = int(tree.leaf[node])
    if leaf >= 0:
        return " ".join(tree.strings[int(tree.leaf_summary[leaf])].split())
    kind = int(tree.type[node])
    return tree.strings[int(tree.type_name[kind])] if kind >= 0 else ""


def _words(tree: ModelTree, node: int) -> list[str]:
    mark = mark_of(tree, node)
    words = [MARKS[mark].word] if mark and mark != "none" else []
    flags = int(tree.flags[node])
    words += [word for flag, word in _FLAGS.items() if flags & flag]
    others = tree.shared_with(node)
    if others:
        words.append("same object as " + ", ".join(tree.path(other) for other in others))
    return words


def _node_data(tree: ModelTree, node: int) -> dict[str, Any]:
    leaf, kind, share = int(tree.leaf[node]), int(tree.type[node]), int(tree.share[node])
    shape = tree.shape(node)
    data: dict[str, Any] = {
        "path": tree.path(node),
        "kind": NodeKind(int(tree.kind[node])).name.lower(),
        "type": tree.strings[int(tree.type_name[kind])] if kind >= 0 else None,
        "parameters": int(tree.n_params[node]),
        "bytes": int(tree.n_bytes[node]),
    }
    if mark := mark_of(tree, node):
        data["mark"] = mark
    if leaf >= 0:
        data["value"] = tree.strings[int(tree.leaf_summary[leaf])]
    if shape is not None:
        data["shape"], data["dtype"] = list(shape), tree.strings[int(tree.leaf_dtype[leaf])]
    if share >= 0:
        data["shared"] = ShareKind(int(tree.share_kind[share])).name.lower()
        data["same_as"] = [tree.path(other) for other in tree.shared_with(node)]
    return data


def _indented(label: str, text: str) -> list[str]:
    lines = text.splitlines()
    first = [f"  {label}: {lines[0]}"] if lines else []
    return first + [f"       {line}" for line in lines[1:]]
