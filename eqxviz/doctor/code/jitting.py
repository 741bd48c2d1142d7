"""How lines of the user's would be written so that they are jitted, as code."""

import ast
import builtins
from collections.abc import Iterable, Iterator
from typing import TypeGuard

from eqxviz.doctor.code.source import tree_of
from eqxviz.doctor.code.writing import library_in, module_in
from eqxviz.doctor.seen import Line

_LOOPS = (ast.For, ast.While)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_NAMES = ("step", "train_step", "jitted_step")


def jit_in(file: str) -> str:
    """Return how a file of the user's would write `jit`."""
    library = library_in(file)
    return f"{library}.filter_jit" if library else f"{module_in(file, 'jax')}.jit"


def jitted_function(file: str, name: str) -> str:
    """Return the head of the function `name` of a file, jitted; "" where that would not do."""
    for node in ast.walk(tree_of(file)):
        if not isinstance(node, ast.FunctionDef) or node.name != name:
            continue
        if any(map(_has_effects, node.body)) or _has_loop_over_all(node):
            return ""
        returns = f" -> {ast.unparse(node.returns)}" if node.returns is not None else ""
        return f"@{jit_in(file)}\ndef {name}({ast.unparse(node.args)}){returns}:"
    return ""


def jitted_lines(first: Line, others: Iterable[Line]) -> str:
    """Return the statements at some lines of a loop as one jitted function, and its call.

    It is "" where they can't be put into one as they are.
    """
    lines = {each.line for each in (first, *others) if each.file == first.file}
    tree = tree_of(first.file)
    for owner, body in _bodies(tree):
        at = [i for i, each in enumerate(body) if _covers(each, lines)]
        covered = {line for line in lines for i in at if _covers(body[i], {line})}
        if covered != lines or not all(_is_plain(body[i]) for i in at):
            continue
        block = body[min(at) : max(at) + 1]
        if not all(map(_is_plain, block)):
            return ""
        given, made = _given_and_made(block)
        given = [name for name in given if _varies(name, block, owner, tree)]
        returned = [name for name in made if name in given or _is_read_beyond(name, block, tree)]
        if not given or not returned:
            return ""
        return _written(jit_in(first.file), _free_name(tree), given, block, returned)
    return ""


def _written(
    jit: str, name: str, given: list[str], block: list[ast.stmt], returned: list[str]
) -> str:
    body = "\n".join(f"    {line}" for each in block for line in ast.unparse(each).splitlines())
    arguments, results = ", ".join(given), ", ".join(returned)
    return (
        f"@{jit}\ndef {name}({arguments}):\n{body}\n    return {results}\n\n"
        f"{results} = {name}({arguments})"
    )


def _bodies(tree: ast.Module) -> Iterator[tuple[ast.AST, list[ast.stmt]]]:
    """Yield the bodies of loops and functions, the innermost first, and what they are of."""
    found = [each for each in ast.walk(tree) if isinstance(each, (*_LOOPS, *_FUNCTIONS))]
    yield from ((each, each.body) for each in reversed(found))


def _covers(node: ast.stmt, lines: set[int]) -> bool:
    return any(node.lineno <= line <= (node.end_lineno or node.lineno) for line in lines)


def _is_plain(node: ast.stmt) -> bool:
    """Whether it only gives values to names."""
    if not isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        return False
    return not _has_effects(node)


def _has_effects(node: ast.stmt) -> bool:
    """Whether it stores something anywhere but in names."""
    return any(
        isinstance(each, (ast.Attribute, ast.Subscript)) and isinstance(each.ctx, ast.Store)
        for each in ast.walk(node)
    )


def _has_loop_over_all(node: ast.FunctionDef) -> bool:
    return any(isinstance(each, _LOOPS) for each in ast.walk(node))


def _given_and_made(block: list[ast.stmt]) -> tuple[list[str], list[str]]:
    """Return the names that statements need, and those that they give values to."""
    given: dict[str, None] = {}
    made: dict[str, None] = {}
    for statement in block:
        own = {each.arg for each in ast.walk(statement) if isinstance(each, ast.arg)}
        over = [e.target for e in ast.walk(statement) if isinstance(e, ast.comprehension)]
        own |= {e.id for target in over for e in ast.walk(target) if isinstance(e, ast.Name)}
        names = [each for each in ast.walk(statement) if isinstance(each, ast.Name)]
        loads = [each.id for each in names if isinstance(each.ctx, ast.Load)]
        stores = [e.id for e in names if isinstance(e.ctx, ast.Store) and e.id not in own]
        if isinstance(statement, ast.AugAssign):
            loads += stores
        called = {_called(each) for each in ast.walk(statement)}
        own |= called | set(dir(builtins))
        given |= dict.fromkeys(name for name in loads if name not in own and name not in made)
        made |= dict.fromkeys(stores)
    return list(given), list(made)


def _called(node: ast.AST) -> str:
    """Return the name of the function that `node` calls, "" where it does not call one by name."""
    called = node.func if isinstance(node, ast.Call) else None
    return called.id if isinstance(called, ast.Name) else ""


def _varies(name: str, block: list[ast.stmt], owner: ast.AST, tree: ast.Module) -> bool:
    """Whether a name stands for something else from turn to turn, or may be an array at least."""
    if any(_is_stored(each) and each.id == name for each in ast.walk(owner)):
        return True
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            bound |= {(each.asname or each.name).partition(".")[0] for each in node.names}
        elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            bound.add(node.name)
    within = [each for statement in block for each in ast.walk(statement)]
    n_reads = sum(isinstance(each, ast.Name) and each.id == name for each in within)
    # `optim.update(...)`
    n_methods = sum(
        isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and isinstance(each.func.value, ast.Name)
        and each.func.value.id == name
        for each in within
    )
    return name not in bound and name.upper() != name and n_reads > n_methods


def _is_stored(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _is_read_beyond(name: str, block: list[ast.stmt], tree: ast.Module) -> bool:
    within = {id(each) for statement in block for each in ast.walk(statement)}
    return any(
        isinstance(each, ast.Name)
        and each.id == name
        and isinstance(each.ctx, ast.Load)
        and id(each) not in within
        for each in ast.walk(tree)
    )


def _free_name(tree: ast.Module) -> str:
    taken = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
    taken |= {each.name for each in ast.walk(tree) if isinstance(each, _FUNCTIONS)}
    return next((name for name in _NAMES if name not in taken), _NAMES[-1])
