"""Where the user's code says what a part of a model is: the field, or the line that made it."""

import ast
import inspect
from typing import Any

from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.seen import Line
from eqxviz.doctor.watching.differentiating import Leaf


def declaration(cls: type, name: str) -> Line | None:
    """Return the line that declares a field, in the class that does so."""
    for base in cls.__mro__:
        if name not in vars(base).get("__annotations__", {}):
            continue
        try:
            lines, first = inspect.getsourcelines(base)
            file = inspect.getsourcefile(base) or ""
        except (OSError, TypeError):
            return None
        indent = len(lines[0]) - len(lines[0].lstrip())
        tree = ast.parse("".join(line[indent:] if line.strip() else line for line in lines))
        body = tree.body[0]
        for node in body.body if isinstance(body, ast.ClassDef) else ():
            if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == name:
                return Line(file, first + node.lineno - 1)
    return None


def users_field(evidence: Evidence, leaf: Leaf, depth: int) -> tuple[type, str, Line] | None:
    """Return the innermost field of a class of the user's above a node: class, name and line.

    The node is reached by the first `depth` keys of `leaf`.
    """
    for key, cls in reversed(list(zip(leaf.keys[:depth], leaf.types, strict=False))):
        name = getattr(key, "name", None)
        at = declaration(cls, name) if isinstance(name, str) else None
        if at is not None and evidence.user_code.is_user(at.file):
            return cls, str(name), at
    return None


def line_that_made(evidence: Evidence, name: str, array: Any) -> Line | None:
    """Return the user's line that computed an array, outside of jit; `name` is the user's."""
    wanted = {id(array)}
    root = name.partition(".")[0].partition("[")[0]
    for seen in evidence.trees:
        if seen.name == root:
            nodes = range(len(seen.tree))
            wanted |= {id(seen.nodes.object_at(n)) for n in nodes if seen.tree.path(n) == name}
    for operation in evidence.operations:
        if any(id(output) in wanted for output in operation.outputs):
            return operation.at
    return None
