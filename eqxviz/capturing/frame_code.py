"""Python code that runs in a frame of the script, as if it stood there."""

import ast
import builtins
import ctypes
import inspect
import linecache
import symtable
import sys
from collections.abc import Mapping
from types import CellType, CodeType, FrameType, FunctionType
from typing import Any, NamedTuple, cast

_FUTURES = 0xFFE0000  # the flags of a code object that say which `__future__` it was compiled with
_INNER = "<module>"  # as what it stands in a traceback


class NoValueError(NameError):
    """Raised where code reads a local of the frame that has no value there."""


class _Names(NamedTuple):
    """Names that the code assigns, or deletes: those that it declares global, and the others."""

    bound: frozenset[str]
    is_global: frozenset[str]


class FrameCode:
    """An expression, or statements of which the last may be an expression.

    What it assigns is assigned in the frame, and seen by the code that goes on there: locals and
    what they share with other functions, and globals that the frame has no local of.

    Args:
        given: Values by name; they hide the frame's, unless the code assigns that name itself.

    Raises:
        SyntaxError: If it is not Python.
    """

    def __init__(self, source: str, file: str, given: Mapping[str, Any] = {}) -> None:
        lines = source.splitlines(keepends=True)
        linecache.cache[file] = (len(source), None, lines, file)
        self.file = file
        self._tree = ast.parse(source, file)
        # Within a function `return` and the like would be taken; said of a module it is an error.
        compile(self._tree, file, "exec", dont_inherit=True)
        self._names = _names_of(self._tree, source, file)
        self._given = {f"<{name}>": v for name, v in given.items() if name not in self._names.bound}
        _Renamed(self._given).visit(self._tree)
        self._inner: dict[CodeType, CodeType] = {}

    @property
    def assigns(self) -> bool:
        """Whether it assigns or deletes anything, be it an attribute or an item."""
        nodes = ast.walk(self._tree)
        stores = any(isinstance(getattr(n, "ctx", None), (ast.Store, ast.Del)) for n in nodes)
        return stores or bool(self._names.bound or self._names.is_global)

    def run(self, frame: FrameType) -> Any:
        """Run it, and return the value of its last expression; None for other statements.

        Raises what it raises, and `NoValueError` for a local that has no value.
        """
        builtins.__dict__.update(self._given)
        try:
            if frame.f_code.co_flags & inspect.CO_OPTIMIZED:
                return self._run_in_function(frame)
            return self._run_in_namespaces(frame)
        finally:
            for name in self._given:
                builtins.__dict__.pop(name, None)

    def _run_in_namespaces(self, frame: FrameType) -> Any:
        """Run it where locals are a mapping: in a module, in a class body."""
        body, last = self._apart()
        flags = frame.f_code.co_flags & _FUTURES
        first = compile(ast.Module(body, []), self.file, "exec", flags, dont_inherit=True)
        exec(first, frame.f_globals, frame.f_locals)
        if last is None:
            return None
        code = compile(ast.Expression(last), self.file, "eval", flags, dont_inherit=True)
        return eval(code, frame.f_globals, frame.f_locals)

    def _run_in_function(self, frame: FrameType) -> Any:
        """Run it as a function within that of the frame, of which it takes the locals along."""
        code = self._inner.get(frame.f_code)
        if code is None:
            code = self._inner[frame.f_code] = self._function_code(frame)
        before = dict(frame.f_locals)
        cells = {n: CellType(before[n]) if n in before else CellType() for n in code.co_freevars}
        function = FunctionType(code, frame.f_globals, _INNER, None, tuple(cells.values()))
        try:
            return function()
        except NameError as error:
            here = error.__traceback__.tb_next if error.__traceback__ is not None else None
            is_by_itself = here is not None and here.tb_next is None  # not by what it calls
            own = {*frame.f_code.co_varnames, *frame.f_code.co_cellvars, *frame.f_code.co_freevars}
            if not is_by_itself or error.name not in own or _is_bound(cells[error.name]):
                raise
            # Python's own words are of a function within, which the user did not write.
            raise NoValueError(
                f"{error.name} has no value here: it is not assigned yet, or was deleted.",
                name=error.name,
            ) from None
        finally:
            after = {name: cell.cell_contents for name, cell in cells.items() if _is_bound(cell)}
            missing = object()
            _assign(frame, {n: v for n, v in after.items() if before.get(n, missing) is not v})

    def _function_code(self, frame: FrameType) -> CodeType:
        code = frame.f_code
        local = {*code.co_varnames, *code.co_cellvars, *code.co_freevars, *frame.f_locals}
        bound = self._names.bound
        is_global = {n for n in bound if n not in local and n in frame.f_globals}
        held = [n for n in {*local, *bound} - is_global - self._names.is_global if n.isidentifier()]
        body, last = self._apart()
        if is_global:
            body.insert(0, ast.Global(sorted(is_global)))
        if held:
            body.insert(0, ast.Nonlocal(sorted(held)))
        body.append(ast.Return(last) if last is not None else ast.Pass())
        module = ast.parse(f"def outer({', '.join(sorted(held))}):\n def inner(): pass")
        outer = cast(ast.FunctionDef, module.body[0])
        inner = cast(ast.FunctionDef, outer.body[0])
        inner.name, inner.body = _INNER, body
        ast.fix_missing_locations(module)
        flags = code.co_flags & _FUTURES
        compiled = compile(module, self.file, "exec", flags, dont_inherit=True)
        made = _code_within(_code_within(compiled, "outer"), _INNER)
        return made.replace(co_qualname=_INNER)

    def _apart(self) -> tuple[list[ast.stmt], ast.expr | None]:
        """Return the statements, and the expression at their end."""
        *body, last = self._tree.body or [ast.Pass()]
        if isinstance(last, ast.Expr):
            return body, last.value
        return [ast.fix_missing_locations(each) for each in (*body, last)], None


class _Renamed(ast.NodeTransformer):
    """Has the code read given values under names that nobody else can have."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """Rename what is given."""
        if f"<{node.id}>" not in self._given:
            return node
        return ast.copy_location(ast.Name(f"<{node.id}>", node.ctx), node)


def _names_of(tree: ast.Module, source: str, file: str) -> _Names:
    table = symtable.symtable(source, file, "exec")
    bound = {each.get_name() for each in table.get_symbols() if each.is_assigned()}
    # In a comprehension `:=` assigns outside of it.
    named = (node.target for node in ast.walk(tree) if isinstance(node, ast.NamedExpr))
    bound.update(target.id for target in named)
    declared = (node.names for node in tree.body if isinstance(node, ast.Global))
    is_global = {name for names in declared for name in names}
    return _Names(frozenset(bound - is_global), frozenset(is_global))


def _code_within(code: CodeType, name: str) -> CodeType:
    return next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name)


def _is_bound(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - that of an empty cell raises
    except ValueError:
        return False
    return True


def _assign(frame: FrameType, values: Mapping[str, Any]) -> None:
    """Assign the locals `values` in the running function of `frame`."""
    if not values:
        return
    frame.f_locals.update(values)
    if sys.version_info < (3, 13):  # there `f_locals` is a copy, which is read from
        ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
