"""What a target differentiates: the jaxpr of the function, and the arrays by their places."""

import ast
import inspect
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, NamedTuple

import executing
import jax
import jax.extend.core

from eqxviz.analysis import compat, jax_code
from eqxviz.analysis.children import accessors
from eqxviz.analysis.differentiation import variable_of, watch_differentiation
from eqxviz.analysis.leaves import is_array
from eqxviz.analysis.tracing import abstract
from eqxviz.analysis.user_code import UserCode
from eqxviz.doctor.seen import Line


class Leaf(NamedTuple):
    """An array in a PyTree, or a `None` where there may be one in another tree like it."""

    keys: tuple[Any, ...]
    types: tuple[type, ...]  # `types[i]` is the class of the node that `keys[i]` leads on from
    shape: tuple[int, ...]
    dtype: Any  # `float` or `complex` for a plain number, None for `None`

    @property
    def path(self) -> str:
        """Its path as Python writes it: ".layers[0].weight"."""
        return accessors(self.keys)


@dataclass(frozen=True, eq=False)
class Differentiation:
    """A function that was differentiated by arrays in one PyTree.

    The inputs of `jaxpr` are the leaves, its outputs what has a gradient. `variables` are those
    that stand for the leaves and then for the constants in the jaxpr of the function which does
    this, None for arrays that are there.
    """

    at: Line
    text: str  # how the user's line writes the PyTree: "model"
    leaves: list[Leaf]
    holes: list[Leaf]
    jaxpr: compat.OpenJaxpr
    variables: list[Any]
    seconds: float  # that it took to trace it


@dataclass(eq=False)
class EagerDifferentiation:
    """One that was made outside of jit: what it was of, at first and at last."""

    at: Line
    text: str
    function: Any
    has_aux: bool
    first: tuple[Any, ...]
    latest: tuple[Any, ...] = ()
    n_calls: int = 1

    def traced(self) -> Differentiation | None:
        """Return what was differentiated at first; None where it cannot be traced."""
        traced = _traced(self.function, abstract(self.first), self.has_aux, self.at, self.text)
        return None if traced is None else traced.seen


def leaves_of(tree: Any) -> Iterator[Leaf]:
    """Yield the arrays and the `None`s of a PyTree, in the order of flattening."""
    yield from _below(tree, (), ())


def _below(value: Any, keys: tuple[Any, ...], types: tuple[type, ...]) -> Iterator[Leaf]:
    if value is None:
        yield Leaf(keys, types, (), None)
        return
    if isinstance(value, (float, complex)):
        yield Leaf(keys, types, (), type(value))
        return
    if is_array(value):
        yield Leaf(keys, types, tuple(value.shape), value.dtype)
        return
    for key, child in compat.one_level(value) or ():
        yield from _below(child, (*keys, key), (*types, type(value)))


@contextmanager
def differentiations_noted(
    user_code: UserCode, otherwise: Line
) -> Generator[list[Differentiation]]:
    """Give the list of what is differentiated meanwhile, within traces.

    Each is at the user's line that runs meanwhile, where there is none at `otherwise`.
    """
    found: list[Differentiation] = []
    outside = {id(frame) for frame in _frames(sys._getframe())}

    def see(function: Any, primals: tuple[Any, ...], has_aux: bool) -> Any:
        frames = [frame for frame in _frames(sys._getframe(1)) if id(frame) not in outside]
        if is_outside() or _is_within_gradient(frames):
            return None
        frame = next((f for f in frames if user_code.is_user(f.f_code.co_filename)), None)
        at, text = otherwise, ""
        if frame is not None:
            at = Line(frame.f_code.co_filename, frame.f_lineno)
            text = _text(frame, primals)
        traced = _traced(function, primals, has_aux, at, text)
        if traced is None:
            return None
        found.append(traced.seen)
        return traced.run

    is_outside = compat.is_outside_traces()
    close = watch_differentiation(see)
    try:
        yield found
    finally:
        close()


@dataclass(eq=False)
class DifferentiationWatch:
    """Tells of each differentiation outside of jit, once for each expression of the user's."""

    user_code: UserCode
    tell: Callable[[EagerDifferentiation], None]
    failed: Callable[[Exception], None]
    _known: dict[tuple[str, int, int], EagerDifferentiation] = field(default_factory=dict)

    def start(self) -> Callable[[], None]:
        """Watch this thread from now on; return what ends that."""
        self._is_outside = compat.is_outside_traces()
        return watch_differentiation(self._see)

    def _see(self, function: Any, primals: tuple[Any, ...], has_aux: bool) -> None:
        try:
            self._note(function, primals, has_aux, sys._getframe(1))
        except Exception as error:  # noqa: BLE001 - the script must not fail by us
            self.failed(error)

    def _note(
        self, function: Any, primals: tuple[Any, ...], has_aux: bool, inner: FrameType
    ) -> None:
        frame = self.user_code.frame_from(inner)
        if frame is None or not self._is_outside() or _is_within_gradient(_frames(inner)):
            return
        key = frame.f_code.co_filename, frame.f_lineno, frame.f_lasti
        known = self._known.get(key)
        if known is not None:
            known.latest, known.n_calls = primals, known.n_calls + 1
            return
        at, text = Line(*key[:2]), _text(frame, primals)
        self._known[key] = EagerDifferentiation(at, text, function, has_aux, primals)
        self.tell(self._known[key])


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _is_within_gradient(frames: Iterable[FrameType]) -> bool:
    """Whether JAX is computing a gradient, of which what is differentiated is a part."""
    file = jax_code.differentiating_file()
    return any(frame.f_code.co_filename == file for frame in frames)


class _Traced(NamedTuple):
    seen: Differentiation
    run: Callable[..., Any]  # does what the function does, without calling it


def _traced(
    function: Any, primals: tuple[Any, ...], has_aux: bool, at: Line, text: str
) -> _Traced | None:
    tree = primals[0] if len(primals) == 1 else primals
    found = list(leaves_of(tree))
    leaves = [leaf for leaf in found if leaf.dtype is not None]
    arrays = jax.tree.leaves(primals)
    variables = [variable_of(array) for array in arrays]
    is_nested = any(
        compat.is_tracer(array) and var is None
        for array, var in zip(arrays, variables, strict=True)
    )
    if is_nested or len(arrays) != len(leaves):
        return None

    began = time.perf_counter()
    try:
        made, result = jax.make_jaxpr(function, return_shape=True)(*primals)
    except Exception:  # noqa: BLE001 - the user's code; where it raises, that is told of elsewhere
        return None
    jaxpr = compat.open_jaxpr(made)
    assert jaxpr is not None
    n_outputs = len(jax.tree.leaves(result[0] if has_aux else result))
    jaxpr = jaxpr._replace(outvars=jaxpr.outvars[:n_outputs])
    variables += [variable_of(const) for const in jaxpr.consts]
    holes = [leaf for leaf in found if leaf.dtype is None]
    seconds = time.perf_counter() - began

    def run(*args: Any) -> Any:
        flat = jax.extend.core.jaxpr_as_fun(made)(*jax.tree.leaves(args))
        return jax.tree.unflatten(jax.tree.structure(result), flat)

    return _Traced(Differentiation(at, text, leaves, holes, jaxpr, variables, seconds), run)


def _text(frame: FrameType, primals: tuple[Any, ...]) -> str:
    """Return how the call that `frame` makes writes what is differentiated; "" where unknown."""
    node: Any = executing.Source.executing(frame).node
    wanted = {id(leaf) for leaf in jax.tree.leaves(primals)}
    if not isinstance(node, ast.Call) or len(primals) != 1:
        return ""
    for argument in node.args:
        held = jax.tree.leaves(_value(argument, frame))
        if held and wanted <= set(map(id, held)):
            return ast.unparse(argument)
    return ""


def _value(node: ast.expr, frame: FrameType) -> Any:
    """Return what a name, or an attribute of one, stands for; None for other expressions."""
    if isinstance(node, ast.Name):
        return frame.f_locals.get(node.id, frame.f_globals.get(node.id))
    if isinstance(node, ast.Attribute):
        owner = _value(node.value, frame)
        found = inspect.getattr_static(owner, node.attr, None)
        return None if isinstance(found, property) else found
    return None
