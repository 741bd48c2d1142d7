"""An unrolled loop of the user's, written as a scan or a vmap."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import executing

from eqxviz.analysis import compat
from eqxviz.doctor.finding.loops import UnrolledLoop

_COMPREHENSIONS = (ast.ListComp, ast.GeneratorExp, ast.SetComp)
_LOOPS = (ast.For, ast.While, *_COMPREHENSIONS, ast.DictComp)
_LEAVING = (ast.Break, ast.Continue, ast.Return, ast.Yield, ast.YieldFrom, ast.Nonlocal, ast.Global)
_GENERAL = """def turn(carry, x):
    ...  # the loop's body
    return carry, None

carry, _ = jax.lax.scan(turn, carry, xs)"""


@dataclass(frozen=True)
class _Parts:
    """What a loop goes over, and what it does."""

    target: str  # "" for none that is used
    rows: str  # what a scan goes over: "jnp.arange(8)", "xs", "(xs, ys)"; "" for none
    over: str  # what the loop goes over, where those are PyTrees: "self.layers"


def rolled_up(loop: UnrolledLoop, library: str) -> str:
    """Return a loop written as what compiles one turn alone.

    `library` is the name by which the file calls eqxcore or Equinox, "" where it does not. Where
    the loop cannot be written anew as it stands, the pattern is returned.
    """
    tree = executing.Source.for_filename(loop.at.file).tree
    node = _node_of(loop, tree) if tree is not None else None
    if isinstance(node, ast.For):
        return _for(node, loop, library, tree) or _GENERAL
    if isinstance(node, ast.While):
        return _while(node, loop, tree) or _GENERAL
    if isinstance(node, _COMPREHENSIONS):
        return _comprehension(node, loop, library, tree) or _GENERAL
    return _GENERAL


def _node_of(loop: UnrolledLoop, tree: Any) -> Any:
    """Return the loop as it is written, None where its source is not at hand."""
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, _LOOPS) and node.lineno <= loop.at.line <= (node.end_lineno or 0)
    ]
    header = compat.line_of(loop.code, loop.start)
    own = [node for node in around if isinstance(node, ast.For) and node.lineno == header]
    if loop.code.co_name.startswith("<"):
        own = [node for node in around if isinstance(node, _COMPREHENSIONS)]
    return max(own or around, key=lambda node: node.lineno, default=None)


def _for(node: ast.For, loop: UnrolledLoop, library: str, tree: Any) -> str:
    body = _Body(node.body, *_around(node, tree))
    parts = _parts(node.target, node.iter, body.reads)
    if body.is_special or node.orelse:
        return ""
    if not body.carried and body.collected and not loop.has_parts:
        return _mapped_function(body, parts, node.iter)
    head, unpacked, rows = [], [], parts.rows
    target = parts.target or "_"
    if loop.has_parts and parts.over:
        head, unpacked, rows = _stacked(parts, library, tree)
        target = rows if not library else "arrays"
    return "\n".join([*head, *_scan(body, target, rows, unpacked, loop.n_turns)])


def _while(node: ast.While, loop: UnrolledLoop, tree: Any) -> str:
    counters = [name.id for name in ast.walk(node.test) if isinstance(name, ast.Name)]
    kept = [each for each in node.body if not _counts(each, counters)]
    body = _Body(kept, *_around(node, tree))
    if body.is_special or len(kept) == len(node.body) or body.reads & set(counters):
        return ""
    return "\n".join(_scan(body, "_", "", [], loop.n_turns))


def _comprehension(node: Any, loop: UnrolledLoop, library: str, tree: Any) -> str:
    first, *others = node.generators
    if others or first.ifs:
        return ""
    element = ast.unparse(node.elt)
    parts = _parts(first.target, first.iter, _names(node.elt))
    vmap = "jax.vmap"
    if loop.has_parts and library:
        vmap = f"{library}.filter_vmap"
    rows = parts.rows or f"jnp.arange({loop.n_turns})"
    target = parts.target or "_"
    called = f"{vmap}(lambda {_unwrapped(target)}: {element})({_unwrapped(rows)})"
    if not loop.has_parts:
        return called
    return f"{_making(parts, library, tree)}\n{called}"


def _around(loop: ast.stmt, tree: Any) -> tuple[set[str], set[str]]:
    """Return the names that the function stores before a loop, and those that it reads after."""
    last = loop.end_lineno or loop.lineno
    functions = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.lineno <= loop.lineno
        if last <= (node.end_lineno or 0)
    ]
    around: Any = max(functions, key=lambda node: node.lineno, default=tree)
    names = [node for node in ast.walk(around) if isinstance(node, ast.Name)]
    before = {each.id for each in names if each.lineno < loop.lineno and _is_stored(each)}
    return before, {each.id for each in names if each.lineno > last and not _is_stored(each)}


class _Body:
    """The statements of a loop: what they need of the turn before, what they collect."""

    def __init__(self, statements: Sequence[ast.stmt], before: set[str], later: set[str]) -> None:
        self.kept: list[ast.stmt] = []
        self.collected: dict[str, str] = {}  # by the name of a list: what is appended
        for each in statements:
            appended = _appended(each)
            if appended is not None:
                self.collected[appended[0]] = appended[1]
            else:
                self.kept.append(each)
        stored: list[str] = []
        self.reads: set[str] = set()
        first_read: list[str] = []
        for name, is_read in _accesses(statements):
            if is_read:
                self.reads.add(name)
                if name not in stored and name not in first_read:
                    first_read.append(name)
            elif name not in stored:
                stored.append(name)
        self.carried = [name for name in first_read if name in stored]
        wanted = {name for name in stored if name in later} - set(self.carried)
        self.carried += sorted(wanted & before)
        inner = [node for each in statements for node in _own_nodes(each)]
        kept = {n.id for each in self.kept for n in ast.walk(each) if isinstance(n, ast.Name)}
        self.is_special = (
            any(isinstance(node, _LEAVING) for node in inner)
            or any(_writes_into(node) for node in inner)
            or bool(kept & self.collected.keys())
            or bool(wanted - before)
        )


def _scan(
    body: _Body, target: str, rows: str, unpacked: Sequence[str], n_turns: int
) -> Iterator[str]:
    carry = _tuple(body.carried)
    is_packed = len(body.carried) > 1 or "," in target
    yield f"def turn({'carry' if len(body.carried) != 1 else carry}, {_argument(target)}):"
    if len(body.carried) > 1:
        yield f"    {_unwrapped(carry)} = carry"
    if is_packed and "," in target:
        yield f"    {target} = row"
    yield from (f"    {line}" for line in unpacked)
    yield from _written(body.kept)
    made = _tuple(list(body.collected.values())) or "None"
    yield f"    return {carry or 'carry'}, {made}"
    yield ""
    collected = _tuple(list(body.collected)) or "_"
    over = rows or f"length={n_turns}"
    yield f"{carry or '_'}, {collected} = jax.lax.scan(turn, {carry or 'None'}, {over})"


def _mapped_function(body: _Body, parts: _Parts, over: ast.expr) -> str:
    target = parts.target or "_"
    lines = [f"def turn({_unwrapped(target)}):", *_written(body.kept)]
    lines += [f"    return {_tuple(list(body.collected.values()))}", ""]
    rows = _unwrapped(parts.rows or _arange(over))
    lines.append(f"{_tuple(list(body.collected))} = jax.vmap(turn)({rows})")
    return "\n".join(lines)


def _stacked(parts: _Parts, library: str, tree: Any) -> tuple[list[str], list[str], str]:
    """Return what comes before a scan over PyTrees, how a turn gets its own, and the rows."""
    making = _making(parts, library, tree)
    if not library:
        return [making, ""], [], parts.target
    split = f"arrays, static = {library}.partition({parts.over}, {library}.is_array)"
    own = f"{parts.target} = {library}.combine(arrays, static)"
    return [making, split, ""], [own], "arrays"


def _making(parts: _Parts, library: str, tree: Any) -> str:
    """Return how PyTrees are made as one whose arrays have an axis more."""
    if not library:
        return f"{parts.target} = jax.tree.map(lambda *each: jnp.stack(each), *{parts.over})"
    made = [_made(node, library) for node in ast.walk(tree) if _makes(node, parts.over)]
    if len(made) == 1 and made[0]:
        return f"{made[0]}  # one, whose arrays have an axis more"
    return f"# `{parts.over}` made by `{library}.filter_vmap(make)(keys)`: `make(key)` makes one"


def _makes(node: ast.AST, name: str) -> bool:
    """Whether it is `name = [... for ... in ...]`."""
    if not isinstance(node, ast.Assign) or ast.unparse(node.targets[0]) != name:
        return False
    return isinstance(_comprehended(node.value), _COMPREHENSIONS)


def _comprehended(value: ast.expr) -> ast.expr:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.args:
        return value.args[0] if value.func.id in ("list", "tuple") else value
    return value


def _made(node: Any, library: str) -> str:
    made: Any = _comprehended(node.value)
    first, *others = made.generators
    if others or first.ifs or not isinstance(first.target, ast.Name):
        return ""
    parts = _parts(first.target, first.iter, {first.target.id})
    rows = f"jnp.stack({parts.rows})" if isinstance(first.iter, ast.Name) else parts.rows
    one = f"lambda {first.target.id}: {ast.unparse(made.elt)}"
    return f"{ast.unparse(node.targets[0])} = {library}.filter_vmap({one})({rows})"


def _parts(target: ast.expr, over: ast.expr, reads: set[str]) -> _Parts:
    """Return what a loop goes over, with what its body does not read left out."""
    used = {node.id for node in ast.walk(target) if isinstance(node, ast.Name)} & reads
    name = ast.unparse(target) if used else ""
    if isinstance(target, ast.Tuple):
        name = name[1:-1] if name.startswith("(") else name
    called = over.func.id if isinstance(over, ast.Call) and isinstance(over.func, ast.Name) else ""
    if called == "range":
        return _Parts(name, _arange(over) if used else "", "")
    if isinstance(over, ast.Call) and called == "zip":
        rows = f"({', '.join(map(ast.unparse, over.args))})"
        return _Parts(name, rows, rows)
    if isinstance(over, ast.Call) and called == "enumerate" and isinstance(target, ast.Tuple):
        index, inner = target.elts
        given = ast.unparse(over.args[0])
        if not _names(index) & used:
            return _Parts(ast.unparse(inner), given, given)
        return _Parts(name, f"(jnp.arange(len({given})), {given})", "")
    text = ast.unparse(over)
    return _Parts(name, text, text)


def _arange(over: ast.expr) -> str:
    args = over.args if isinstance(over, ast.Call) else [over]
    return f"jnp.arange({', '.join(map(ast.unparse, args))})"


def _accesses(statements: Sequence[ast.AST]) -> Iterator[tuple[str, bool]]:
    """Yield the names that are read (True) and stored, about in the order in which they are."""
    for node in statements:
        if isinstance(node, ast.Assign):
            yield from _accesses([node.value, *node.targets])
        elif isinstance(node, ast.AugAssign):
            if isinstance(node.target, ast.Name):
                yield node.target.id, True
            yield from _accesses([node.value, node.target])
        elif isinstance(node, ast.AnnAssign):
            yield from _accesses([each for each in (node.value, node.target) if each is not None])
        elif isinstance(node, ast.Name):
            yield node.id, isinstance(node.ctx, ast.Load)
        elif isinstance(node, (ast.Lambda, *_COMPREHENSIONS, ast.DictComp, ast.FunctionDef)):
            own = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and _is_stored(n)}
            own |= {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
            yield from ((name, True) for name in sorted(_names(node) - own))
            if isinstance(node, ast.FunctionDef):
                yield node.name, False
        else:
            yield from _accesses(list(ast.iter_child_nodes(node)))


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is in `node`, without what functions that are defined in it do."""
    yield node
    if not isinstance(node, (ast.FunctionDef, ast.Lambda)):
        for child in ast.iter_child_nodes(node):
            yield from _own_nodes(child)


def _is_stored(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _appended(statement: ast.stmt) -> tuple[str, str] | None:
    """Return the list and what is appended to it, for `xs.append(x)`."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return None
    owner = call.func.value
    if call.func.attr != "append" or not isinstance(owner, ast.Name) or len(call.args) != 1:
        return None
    return owner.id, ast.unparse(call.args[0])


def _writes_into(node: ast.AST) -> bool:
    """Whether it changes an object in place, which a scan does once."""
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AugAssign):
        targets = [node.target]
    return any(isinstance(each, (ast.Attribute, ast.Subscript)) for each in targets)


def _counts(statement: ast.stmt, counters: Sequence[str]) -> bool:
    """Whether it is `i += 1` for a counter of the loop."""
    if not isinstance(statement, ast.AugAssign) or not isinstance(statement.target, ast.Name):
        return False
    return statement.target.id in counters and isinstance(statement.value, ast.Constant)


def _written(statements: Sequence[ast.stmt]) -> Iterator[str]:
    for each in statements:
        yield from (f"    {line}" for line in ast.unparse(each).splitlines())


def _tuple(words: Sequence[str]) -> str:
    return f"({', '.join(words)})" if len(words) > 1 else "".join(words)


def _argument(target: str) -> str:
    return "row" if "," in target else target


def _unwrapped(text: str) -> str:
    """Return `a, b` of `(a, b)`."""
    return text[1:-1] if text.startswith("(") and text.endswith(")") else text
