"""Which lines of a function need a value: by the names that it is given, and what is made of it.

Every doubt counts as a need. Names stand for paths such as "self.history"; what is stored under a
subscript belongs to the path before it.
"""

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import CodeType

from eqxviz.doctor.code.source import tree_of

_MOST_ROUNDS = 20
_COMPOUND = (ast.For, ast.AsyncFor, ast.While, ast.If, ast.With, ast.AsyncWith, ast.Try, ast.Match)


@dataclass(eq=False)
class Statement:
    """A simple statement, or the head of a compound one."""

    node: ast.stmt
    uses: list[ast.expr]
    targets: list[str]  # the paths that it gives values to
    above: "list[Statement]" = field(default_factory=list)  # the `if`s and `while`s it is within

    @property
    def lines(self) -> range:
        """Its lines, without the body."""
        ends = [each.end_lineno or each.lineno for each in self.uses]
        last = max(ends, default=self.node.lineno)
        if not isinstance(self.node, _COMPOUND):
            last = self.node.end_lineno or last
        return range(self.node.lineno, last + 1)


class Flow:
    """What flows to where in a function.

    Args:
        code: Of the function.
        changes: Whether what a path stands for can be changed by a call that it is given to.
    """

    def __init__(self, code: CodeType, changes: Callable[[str], bool]) -> None:
        self._changes = changes
        self._tree = tree_of(code.co_filename)
        self._functions: dict[str, list[ast.AST]] = {}
        for node in ast.walk(self._tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._functions.setdefault(node.name, []).append(node)
        body = _body(self._tree, code)
        self.statements = list(_statements(body, [])) if body is not None else []
        self.is_known = body is not None

    def statement_at(self, line: int) -> Statement | None:
        """Return the statement that is at `line`, None for none."""
        found = [each for each in self.statements if line in each.lines]
        return found[-1] if found else None

    def fresh_targets(self, line: int) -> set[str]:
        """Return what the statement at `line` gives values to, and is not given itself.

        Of `model, loss = step(model, batch)` that is `loss`.
        """
        statement = self.statement_at(line)
        if statement is None:
            return set()
        used = set(_paths(statement.uses))
        return {path for path in statement.targets if not _is_any_related(path, used)}

    def given_by(self, line: int) -> set[str]:
        """Return all that may hold what the statement at `line` reads."""
        statement = self.statement_at(line)
        if statement is None:
            return set()
        calls = (call for use in statement.uses for call in _calls(use))
        return set(statement.targets) | {path for call in calls for path in self._changed(call)}

    def reached(self, paths: Iterable[str]) -> tuple[set[str], set[int]]:
        """Return what may hold one of `paths`, or what is made of it, and the lines that do so."""
        known = set(paths)
        needing: set[int] = set()
        for _ in range(_MOST_ROUNDS):
            before = len(known), len(needing)
            for statement in self.statements:
                is_within = any(id(each) in needing for each in statement.above)
                if is_within or self._needs(statement, known):
                    needing.add(id(statement))
                    known |= set(statement.targets) | set(self._made_by(statement, known))
            if (len(known), len(needing)) == before:
                break
        lines = (each.lines for each in self.statements if id(each) in needing)
        return known, {line for some in lines for line in some}

    def owner_at(self, line: int, method: str) -> str:
        """Return "trainer" where the statement at `line` calls `trainer.method`, else ""."""
        statement = self.statement_at(line)
        calls = (call for use in (statement.uses if statement else ()) for call in _calls(use))
        paths = ((_path(call.func) or "").rpartition(".") for call in calls)
        return next((owner for owner, _, name in paths if name == method), "")

    def _needs(self, statement: Statement, known: set[str]) -> bool:
        return any(_is_any_related(path, known) for path in _paths(statement.uses)) or any(
            self._is_told(call, known) for use in statement.uses for call in _calls(use)
        )

    def _is_told(self, call: ast.Call, known: set[str]) -> bool:
        """Whether a function of the same file, or a method of the same object, reads one."""
        path = _path(call.func)
        if path is None or not known:
            return False
        owner, _, name = path.rpartition(".")
        inner = {each.removeprefix(f"{owner}.") for each in known if each.startswith(f"{owner}.")}
        wanted = inner if owner else known
        return bool(wanted & self._read_by(name, set()))

    def _read_by(self, name: str, seen: set[str]) -> set[str]:
        """Return what functions of the file called `name` read: attributes, names of others."""
        read: set[str] = set()
        for function in self._called(name, seen):
            own = {each.arg for each in ast.walk(function) if isinstance(each, ast.arg)}
            names: set[str] = set()
            for each in ast.walk(function):
                if isinstance(each, ast.Attribute):
                    read.add(each.attr)
                elif isinstance(each, ast.Name):
                    (names if isinstance(each.ctx, ast.Load) else own).add(each.id)
            read |= names - own
        return read

    def _written_by(self, name: str, seen: set[str]) -> set[str]:
        """Return the attributes that methods of the file called `name` may change."""
        written: set[str] = set()
        for function in self._called(name, seen):
            for each in ast.walk(function):
                if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store):
                    written.add(each.attr)
                elif isinstance(each, (ast.Call, ast.Subscript)):
                    inner = each.func if isinstance(each, ast.Call) else each
                    parts = (_path(inner) or "").split(".")
                    written |= set(parts[1:] if isinstance(each, ast.Subscript) else parts[1:-1])
        return written

    def _called(self, name: str, seen: set[str]) -> Iterator[ast.AST]:
        """Yield the functions of the file that are called `name`, and those that they call."""
        if name in seen:
            return
        seen.add(name)
        for node in self._functions.get(name, ()):
            yield node
            for call in (each for each in ast.walk(node) if isinstance(each, ast.Call)):
                yield from self._called((_path(call.func) or "").rpartition(".")[2], seen)

    def _made_by(self, statement: Statement, known: set[str]) -> Iterator[str]:
        """Yield what the statement's calls may have put a needed value into."""
        for use in statement.uses:
            for call in _calls(use):
                args = [*call.args, *(keyword.value for keyword in call.keywords)]
                if any(_is_any_related(path, known) for path in _paths(args)):
                    yield from self._changed(call)

    def _changed(self, call: ast.Call) -> Iterator[str]:
        """Yield what a call may change: the object of its method, what it is given."""
        owner, _, name = (_path(call.func) or "").rpartition(".")
        if owner and name in self._functions:
            yield from (f"{owner}.{attribute}" for attribute in self._written_by(name, set()))
            owner = ""
        args = [*call.args, *(keyword.value for keyword in call.keywords)]
        paths = [path for path in map(_path, args) if path is not None]
        for path in [*([owner] if owner else []), *paths]:
            if self._changes(path):
                yield path


def _body(tree: ast.Module, code: CodeType) -> list[ast.stmt] | None:
    if code.co_name == "<module>":
        return tree.body
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == code.co_name:
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            if first == code.co_firstlineno:
                return node.body
    return None


def _statements(body: list[ast.stmt], above: list[Statement]) -> Iterator[Statement]:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        bodies = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
        bodies += [each.body for each in getattr(node, "handlers", [])]
        bodies += [each.body for each in getattr(node, "cases", [])]
        statement = Statement(node, *_parts(node), above)
        yield statement
        is_test = isinstance(node, (ast.If, ast.While, ast.Match))
        within = [*above, statement] if is_test else above
        for each in bodies:
            yield from _statements(each, within)


def _parts(node: ast.stmt) -> tuple[list[ast.expr], list[str]]:
    """Return the expressions of a statement itself, and the paths that it gives values to."""
    uses: list[ast.expr] = []
    targets: list[ast.expr] = []
    if isinstance(node, (ast.For, ast.AsyncFor)):
        uses, targets = [node.iter], [node.target]
    elif isinstance(node, (ast.While, ast.If)):
        uses = [node.test]
    elif isinstance(node, ast.Match):
        uses = [node.subject]
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        uses = [item.context_expr for item in node.items]
        targets = [item.optional_vars for item in node.items if item.optional_vars is not None]
    elif isinstance(node, ast.Assign):
        uses, targets = [node.value], node.targets
    elif isinstance(node, ast.AugAssign):
        uses, targets = [node.value], [node.target]
    elif not isinstance(node, ast.Try):
        uses = [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)]
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
    walrus = [
        each.target for use in uses for each in ast.walk(use) if isinstance(each, ast.NamedExpr)
    ]
    return uses, [path for target in [*targets, *walrus] for path in _target_paths(target)]


def _target_paths(target: ast.expr) -> Iterator[str]:
    if isinstance(target, (ast.Tuple, ast.List)):
        for each in target.elts:
            yield from _target_paths(each)
    elif isinstance(target, ast.Starred):
        yield from _target_paths(target.value)
    else:
        path = _path(target)
        if path is not None:
            yield path


def _calls(node: ast.expr) -> Iterator[ast.Call]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Call))


def _paths(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the paths that expressions read, each as long as it goes."""
    for node in nodes:
        path = _path(node)
        if path is not None:
            yield path
        if isinstance(node, ast.Subscript):
            yield from _paths([node.slice])
        if path is None or isinstance(node, ast.Subscript):
            yield from _paths(ast.iter_child_nodes(node))


def _path(node: ast.AST) -> str | None:
    """Return "a.b" for `a.b` and `a.b[0]`, None for what is no name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Subscript):
        return _path(node.value)
    if isinstance(node, ast.Attribute):
        owner = _path(node.value)
        return f"{owner}.{node.attr}" if owner is not None else None
    return None


def _is_any_related(path: str, others: Iterable[str]) -> bool:
    """Whether one of `others` is `path`, a part of it, or what it is a part of."""
    return any(
        path == each or path.startswith(f"{each}.") or each.startswith(f"{path}.")
        for each in others
    )
