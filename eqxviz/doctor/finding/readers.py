"""Whether a part of a model is used by code that has not run yet."""

import ast
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from eqxviz.analysis import compat
from eqxviz.analysis.primitives import nested_jaxprs
from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.finding.untrained import Finding

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_MAKING = ("__init__", "__check_init__", "__post_init__")


def are_read_elsewhere(evidence: Evidence, finding: Finding) -> bool:
    """Whether a function that is named somewhere, but took no part in the loss, reads the arrays.

    It may train them later: a script is not run to its end.
    """
    keys = finding.leaves[0].keys[: finding.depth]
    names = [getattr(key, "name", getattr(key, "key", None)) for key in keys]
    name = next((each for each in reversed(names) if isinstance(each, str)), None)
    if name is None:
        return False
    ran = _lines_run(evidence, finding.training.of.jaxpr)
    trees = {file: _tree(file) for file in _files(evidence)}
    named = {each for tree in trees.values() for each in _names_used(tree)}
    is_elsewhere = False
    for file, tree in trees.items():
        for function in ast.walk(tree):
            if not isinstance(function, _Function) or function.name in _MAKING:
                continue
            if not any(_reads(node, name) for node in ast.walk(function)):
                continue
            lines = range(function.lineno, (function.end_lineno or function.lineno) + 1)
            if any((file, line) in ran for line in lines):
                return False
            is_elsewhere = is_elsewhere or function.name in named
    return is_elsewhere


def _lines_run(evidence: Evidence, jaxpr: compat.OpenJaxpr) -> set[tuple[str, int]]:
    """Return the user's lines that the equations of a jaxpr come from."""
    seen: set[tuple[Any, int]] = set()
    waiting = [jaxpr]
    while waiting:
        for equation in waiting.pop().eqns:
            seen.update(compat.frames_of(equation))
            waiting += [nested.jaxpr for nested in nested_jaxprs(equation)]
    is_user = evidence.user_code.is_user
    return {
        (code.co_filename, compat.line_of(code, offset))
        for code, offset in seen
        if is_user(code.co_filename)
    }


def _files(evidence: Evidence) -> Iterator[str]:
    files = {str(getattr(module, "__file__", None) or "") for module in list(sys.modules.values())}
    yield from sorted(file for file in files if file and evidence.user_code.is_user(file))


@lru_cache(maxsize=64)
def _tree(file: str) -> ast.AST:
    try:
        with open(file, encoding="utf-8") as source:
            return ast.parse(source.read())
    except (OSError, SyntaxError, UnicodeDecodeError, ValueError):
        return ast.Module([], [])


def _names_used(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def _reads(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == name and isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        return isinstance(node.slice, ast.Constant) and node.slice.value == name
    return False
