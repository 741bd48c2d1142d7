"""What XLA says of a program that a call compiled, asked for later: it is found again, not made."""

import contextlib
import math
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any, NamedTuple

import jax
import jax.monitoring
import jax.tree_util as jtu

from eqxviz.analysis import compat
from eqxviz.capturing.abstract_calls import AbstractCall
from eqxviz.capturing.functions import code_of
from eqxviz.records import Executable, JitFlavour

_MOST_PROGRAMS = 64
_COMPILING = "/jax/compilation_cache/compile_requests_use_cache"


class GoneError(Exception):
    """Raised when a program cannot be found again; the text says why, and how it could be."""

    def __init__(self, why: str, fix: str) -> None:
        super().__init__(why)
        self.why = why
        self.fix = fix


class _MadeAnewError(Exception):
    """Stops JAX when it begins to trace or to compile."""


class Compiled(NamedTuple):
    """A call that compiled."""

    target: Callable[[], Any]  # the jitted object, None once it does not exist any more
    flavour: JitFlavour
    call: AbstractCall
    is_plain: bool  # made outside of any transformation


class Programs(OrderedDict[int, Compiled]):
    """Of one jitted object, by compilation: it lives as long as that, and can be referred weakly.

    The latest are kept.
    """

    def add(self, event: int, compiled: Compiled) -> None:
        """Keep the call that compilation `event` was made for."""
        self[event] = compiled
        if len(self) > _MOST_PROGRAMS:
            self.popitem(last=False)


def executable(event: int, compiled: Compiled) -> Executable:
    """Return what XLA says of the program that `compiled` made, as the compilation `event`.

    Raises:
        GoneError: If JAX does not have it any more.
    """
    with _found_again(compiled) as lower:
        found = lower().compile()
    return _described(event, getattr(found, "compiled", found))


def jaxpr_of(compiled: Compiled) -> Any:
    """Return the jaxpr that `compiled` was traced to.

    Raises:
        GoneError: If JAX does not have it any more.
    """
    with _found_again(compiled) as lower, compat.lowered_jaxprs() as jaxprs:
        lower()
    return jaxprs[-1] if jaxprs else None


@contextlib.contextmanager
def _found_again(compiled: Compiled) -> Iterator[Callable[[], Any]]:
    """Give what lowers `compiled` again, in a context in which JAX makes nothing anew.

    Raises:
        GoneError: If it would have to.
    """
    if not compiled.is_plain:
        raise GoneError(
            "It was compiled within a transformation such as jax.grad, in which JAX puts its "
            "programs together from parts.",
            "Jit the gradient, or what is transformed, as a whole.",
        )
    target = compiled.target()
    if target is None:
        raise GoneError(
            "The script has let go of the jitted function, and JAX of its programs.",
            "Keep a reference to the jitted function in the script.",
        )
    arguments = compiled.call.arguments()
    if arguments is None:
        raise GoneError(
            "One of its static arguments does not exist any more.",
            "Keep what is passed as static in a variable of the script.",
        )
    args, kwargs = arguments
    if compiled.flavour is JitFlavour.EQUINOX:
        args, kwargs = jtu.tree_map(_stand_in, (args, kwargs))
    try:
        with _made_nothing(code_of(target)):
            yield lambda: target.lower(*args, **kwargs)
    except _MadeAnewError as error:
        raise GoneError(
            "JAX has it no more, or would take other settings or contexts into account now; it "
            "would have to be compiled anew.",
            "Ask before the caches are cleared, and with the settings of that call.",
        ) from error


def _described(event: int, compiled: Any) -> Executable:
    memory = compiled.memory_analysis()
    costs = compiled.cost_analysis() or {}
    if isinstance(costs, (list, tuple)):  # one for each program, on some backends
        costs = costs[0] if costs else {}
    argument, output, temp, alias, code = (
        int(getattr(memory, f"{name}_size_in_bytes", -1))
        for name in ("argument", "output", "temp", "alias", "generated_code")
    )
    flops = float(costs.get("flops", math.nan))
    return Executable(event, argument, output, temp, alias, code, flops, _has_loop(compiled))


def _has_loop(compiled: Any) -> bool:
    """Whether the program has a loop, or does not tell: JAX's own, such as of random bits, too."""
    text = compiled.as_text()
    return text is None or " while(" in text


class _ShapeOfArray(jax.ShapeDtypeStruct):
    # Equinox traces what is an instance of `jax.Array` and holds all else to be static; to JAX,
    # which asks for the type, this is a shape.
    @property
    def __class__(self) -> type:  # type: ignore[override]  # that of `object` can be set
        return jax.Array


def _stand_in(leaf: Any) -> Any:
    """Return what stands for an array, for a shape; it takes no memory of the device."""
    if not isinstance(leaf, jax.ShapeDtypeStruct):
        return leaf
    return _ShapeOfArray(leaf.shape, leaf.dtype, sharding=leaf.sharding, weak_type=leaf.weak_type)


@contextlib.contextmanager
def _made_nothing(code: CodeType | None) -> Iterator[None]:
    """Raise `_MadeAnewError` where JAX begins to trace `code`, or to compile, in this thread."""
    thread = threading.get_ident()

    def on_event(event: str, **details: str | int) -> None:
        if event == _COMPILING and threading.get_ident() == thread:
            raise _MadeAnewError

    def on_call(frame: FrameType, event: str, arg: Any) -> None:
        if frame.f_code is code:
            raise _MadeAnewError

    # The user may be profiling the script: then the trace is made, and the compilation is not.
    watches = code is not None and sys.getprofile() is None
    jax.monitoring.register_event_listener(on_event)
    if watches:
        sys.setprofile(on_call)
    try:
        yield
    finally:
        if watches:
            sys.setprofile(None)
        jax.monitoring.unregister_event_listener(on_event)
