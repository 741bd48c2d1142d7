"""What an expression of the user's stood for in a frame, as far as it can be told without effects.

Arrays that it would compute are known by their shapes alone: nothing is computed, and none of the
user's functions is called, Modules and what JAX transforms excepted, which are pure.
"""

import ast
import builtins
import inspect
import operator
import types
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any

import jax
import jax.numpy as jnp

from eqxviz.analysis.leaves import is_array
from eqxviz.analysis.modules import LIBRARIES, is_layer_class, is_module, is_module_class
from eqxviz.analysis.tracing import abstract, shape_of
from eqxviz.analysis.transformations import bound, transformation_of
from eqxviz.analysis.user_code import UserCode

_PURE = (
    *("jax.numpy", "jax.random", "jax.nn", "jax.lax", "jax.scipy", "jax.tree"),
    *(f"jax._src.{name}" for name in ("numpy", "random", "nn", "lax", "scipy", "tree", "image")),
)
# Those that only make a function.
_MAKERS = {"vmap", "grad", "value_and_grad", "jit", "jacfwd", "jacrev", "checkpoint"}
_MAKERS |= {f"filter_{name}" for name in _MAKERS} | {"partial", "Partial"}
_OF_TREES = {"combine", "filter", "partition", "inference_mode", "tree_inference", "tree_at"}
_BUILTINS = {"len", "min", "max", "abs", "int", "float", "bool", "tuple", "list", "dict", "range"}
_PLAIN = (int, float, complex, str, tuple, list, type(None))
_OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.MatMult: operator.matmul,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Invert: operator.invert,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_OF_SHAPE = {"shape", "ndim", "dtype", "size"}


class UnknownError(Exception):
    """Raised for an expression whose value cannot be told."""


class Reader:
    """Tells values of expressions in a frame."""

    def __init__(self, frame: FrameType, user_code: UserCode) -> None:
        self._names = {**vars(builtins), **frame.f_globals, **frame.f_locals}
        self._file = frame.f_code.co_filename
        self._user_code = user_code

    def value(self, node: ast.expr) -> Any:
        """Return what `node` stood for.

        Raises:
            UnknownError: If it cannot be told.
        """
        read = getattr(self, f"_{type(node).__name__.lower()}", None)
        if read is None:
            raise UnknownError(type(node).__name__)
        return read(node)

    def name_of(self, value: Any, other: str) -> str:
        """Return the name by which the user's file knows `value`, `other` if by none."""
        return next((name for name, known in self._names.items() if known is value), other)

    def _constant(self, node: ast.Constant) -> Any:
        return node.value

    def _name(self, node: ast.Name) -> Any:
        if node.id not in self._names:
            raise UnknownError(node.id)
        return self._names[node.id]

    def _attribute(self, node: ast.Attribute) -> Any:
        owner = self.value(node.value)
        if is_array(owner):
            if node.attr in _OF_SHAPE:
                return getattr(owner, node.attr)
            return result_shapes(lambda array: getattr(array, node.attr), owner)
        if not isinstance(owner, types.ModuleType) and not self._is_readable(owner, node.attr):
            raise UnknownError(node.attr)
        try:
            return getattr(owner, node.attr)
        except AttributeError as error:
            raise UnknownError(node.attr) from error

    def _is_readable(self, owner: Any, name: str) -> bool:
        """Whether no code of the user's runs to read an attribute; that of a Module is pure."""
        found = inspect.getattr_static(owner, name, None)
        if found is None:
            return False
        getter = getattr(found, "fget", None)
        code = getattr(getter, "__code__", None)
        is_own = code is not None and self._user_code.is_user(code.co_filename)
        return is_module(owner) or not is_own

    def _subscript(self, node: ast.Subscript) -> Any:
        owner, index = self.value(node.value), self.value(node.slice)
        if is_array(owner):
            return result_shapes(operator.getitem, owner, index)
        method: Any = getattr(type(owner), "__getitem__", None)
        if method not in (dict.__getitem__, list.__getitem__, tuple.__getitem__):
            raise UnknownError("[]")
        try:
            return method(owner, index)
        except (LookupError, TypeError) as error:
            raise UnknownError("[]") from error

    def _slice(self, node: ast.Slice) -> Any:
        bounds = (node.lower, node.upper, node.step)
        return slice(*(None if each is None else self.value(each) for each in bounds))

    def _tuple(self, node: ast.Tuple | ast.List) -> Any:
        return tuple(self.values(node.elts))

    def _list(self, node: ast.List) -> Any:
        return self.values(node.elts)

    def _dict(self, node: ast.Dict) -> Any:
        if None in node.keys:
            raise UnknownError("**")
        keys = self.values([key for key in node.keys if key is not None])
        return dict(zip(keys, self.values(node.values), strict=True))

    def values(self, nodes: Sequence[ast.expr]) -> list[Any]:
        """Return what `nodes` stood for, `*several` unpacked."""
        found: list[Any] = []
        for node in nodes:
            if not isinstance(node, ast.Starred):
                found.append(self.value(node))
                continue
            several = self.value(node.value)
            if not isinstance(several, (tuple, list)):
                raise UnknownError("*")
            found += several
        return found

    def _lambda(self, node: ast.Lambda) -> Any:
        code = compile(ast.Expression(node), self._file, "eval")
        return eval(code, dict(self._names))  # it makes a function, and calls nothing

    def _binop(self, node: ast.BinOp) -> Any:
        return self._operated(node.op, node.left, node.right)

    def _unaryop(self, node: ast.UnaryOp) -> Any:
        return self._operated(node.op, node.operand)

    def _compare(self, node: ast.Compare) -> Any:
        if len(node.ops) > 1:
            raise UnknownError("a < b < c")
        return self._operated(node.ops[0], node.left, node.comparators[0])

    def _operated(self, kind: Any, *operands: ast.expr) -> Any:
        operate = _OPERATORS.get(type(kind))
        values = self.values(operands)
        if operate is None:
            raise UnknownError(type(kind).__name__)
        if any(map(is_array, values)):
            return result_shapes(operate, *values)
        if not all(isinstance(each, _PLAIN) for each in values):
            raise UnknownError(type(kind).__name__)
        try:
            return operate(*values)
        except (TypeError, ValueError, ArithmeticError) as error:
            raise UnknownError(type(kind).__name__) from error

    def _call(self, node: ast.Call) -> Any:
        args = self.values(node.args)
        if any(keyword.arg is None for keyword in node.keywords):
            raise UnknownError("**")
        kwargs = {str(each.arg): self.value(each.value) for each in node.keywords}
        if isinstance(node.func, ast.Attribute):
            owner, name = self.value(node.func.value), node.func.attr
            if is_array(owner):
                return result_shapes(lambda a, *rest, **kw: getattr(a, name)(*rest, **kw), owner,
                                     *args, **kwargs)  # fmt: skip
        function = self.value(node.func)
        name = getattr(function, "__name__", "")
        root = str(getattr(function, "__module__", "")).partition(".")[0]
        if name in _MAKERS and root in ("jax", "equinox", "eqxcore", "functools"):
            return _made(function, args, kwargs)
        if (name in _BUILTINS and root == "builtins") or root == "optax":
            return _made(function, args, kwargs)
        return result_shapes(_pure(function), *args, **kwargs)


def result_shapes(function: Any, *args: Any, **kwargs: Any) -> Any:
    """Return what a call returns, with shapes for arrays. It is traced; nothing is computed.

    Raises:
        UnknownError: If it raises.
    """
    leaves, treedef = jax.tree.flatten((function, args, kwargs))
    traced = [i for i, leaf in enumerate(leaves) if is_array(leaf)]
    made: list[Any] = []

    def flat(arrays: list[Any]) -> list[Any]:
        filled = list(leaves)
        for i, array in zip(traced, arrays, strict=True):
            filled[i] = array
        call, positional, named = jax.tree.unflatten(treedef, filled)
        returned, structure = jax.tree.flatten(call(*positional, **named))
        made[:] = [returned, structure]
        return [each for each in returned if is_array(each)]

    try:
        shapes = iter(jax.eval_shape(flat, [abstract(shape_of(leaves[i])) for i in traced]))
    except Exception as error:
        raise UnknownError(str(error)) from error
    returned, structure = made
    filled = [next(shapes) if is_array(leaf) else leaf for leaf in returned]
    return jax.tree.unflatten(structure, filled)


def _pure(function: Any) -> Any:
    """Return a function that may be called, or its like of JAX for one of NumPy."""
    called = bound(function, ())[0]
    if isinstance(function, type) and is_module_class(function) and is_layer_class(function):
        return function
    owner = getattr(function, "__self__", None)
    if is_module(called) or is_module(owner) or transformation_of(called) is not None:
        return function
    module = str(getattr(called, "__module__", ""))
    if module.startswith(_PURE) or (module.startswith(LIBRARIES) and _name(called) in _OF_TREES):
        return function
    if module == "numpy":
        like = getattr(jnp, _name(called), None)
        if like is not None:
            return like
    raise UnknownError(module)


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", ""))


def _made(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    if any(map(is_array, [*args, *kwargs.values()])) and function is not len:
        return result_shapes(function, *args, **kwargs)
    try:
        return function(*args, **kwargs)
    except (TypeError, ValueError) as error:
        raise UnknownError(str(error)) from error
