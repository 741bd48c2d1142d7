"""Every use of JAX beyond its documented API, so that a new JAX is met in one file.

Checked against JAX 0.10, 0.11 and 0.12.
"""

import contextlib
import functools
import math
import re
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from types import CodeType, FunctionType
from typing import Any, NamedTuple, cast

import jax
import jax.extend.core
import jax.tree_util
import numpy as np

from eqxviz.analysis.high_primitives import with_calls
from eqxviz.analysis.short_dtypes import short_dtype
from eqxviz.records.minimum import is_too_old, why_too_old

# JAX is annotated in part only; what a type checker cannot follow is reached through these.
tree_util: Any = jax.tree_util
_jax: Any = jax


class UnsupportedJaxError(ImportError):
    """Raised when the installed JAX lacks something that the analysis needs."""

    def __init__(self, lacking: str) -> None:
        super().__init__(why_too_old(jax.__version__, lacking))


def check_jax() -> None:
    """Raise `UnsupportedJaxError` if the installed JAX is too old."""
    if is_too_old(jax.__version__):
        raise UnsupportedJaxError("current introspection API")


# --- PyTrees


def one_level(value: Any) -> Sequence[tuple[Any, Any]] | None:
    """Return the `(key, child)` pairs of a PyTree node, None for a leaf.

    Raises whatever the node's own flattening raises: `ValueError` for a dict whose keys cannot be
    sorted.
    """
    flat = _registry().flatten_one_level_with_keys(value)
    if flat is None:
        return None
    pairs = cast(Sequence[tuple[Any, Any]], flat[0])
    fields = getattr(cast(Any, value), "_fields", None) if isinstance(value, tuple) else None
    if fields is not None and len(fields) == len(pairs):
        # JAX 0.10 gives every child of a named tuple the key of the first.
        return [
            (jax.tree_util.GetAttrKey(f), child)
            for f, (_, child) in zip(fields, pairs, strict=True)
        ]
    return pairs


@functools.cache
def _registry() -> Any:
    registry = getattr(jax.tree_util, "default_registry", None)
    if not hasattr(registry, "flatten_one_level_with_keys"):
        raise UnsupportedJaxError("jax.tree_util.default_registry.flatten_one_level_with_keys")
    return registry


def is_tracer(value: Any) -> bool:
    """Whether `value` stands for an array while a function is traced."""
    return issubclass(type(value), _jax.core.Tracer)  # an object's own `__class__` may raise


def is_outside_traces() -> Callable[[], bool]:
    """Return the function that tells whether a call made now is made by no transformation."""
    try:
        from jax._src.core import trace_ctx, trace_state_clean
    except ImportError as error:
        raise UnsupportedJaxError("trace_state_clean") from error
    context: Any = trace_ctx
    return lambda: trace_state_clean() or type(context.trace) is _watching_trace()


def watch_operations(
    see: Callable[[Any, Any, dict[str, Any], Any, float], None],
) -> Callable[[], None]:
    """Have `see` told of what this thread computes outside of traces; return what ends that.

    It gets each primitive with its arguments, parameters and results, and when that was begun
    (`time.perf_counter`), and jitted functions as the primitive "jit". They are carried out as
    ever, though without JAX's short cuts in C++.
    """
    from jax._src import core

    context: Any = core.trace_ctx
    before: Any = context.trace
    context.set_trace(_watching_trace()(see))
    return lambda: context.set_trace(before)


@functools.cache
def _watching_trace() -> type:
    try:
        from jax._src import core
    except ImportError as error:
        raise UnsupportedJaxError("jax._src.core") from error
    evaluating: Any = core.EvalTrace

    class WatchingTrace(evaluating):
        def __init__(self, see: Callable[..., None]) -> None:
            evaluating.__init__(self)
            self._see = see

        def process_primitive(self, primitive: Any, args: Any, params: Any, /) -> Any:
            begun = time.perf_counter()
            made: Any = evaluating.process_primitive(self, primitive, args, params)
            self._see(primitive, args, params, made, begun)
            return made

    return WatchingTrace


def outside_traces() -> AbstractContextManager[None]:
    """Compute with arrays as they are meanwhile, also where the caller is being traced."""
    if is_outside_traces()():
        return contextlib.nullcontext()
    return _jax.ensure_compile_time_eval()


def is_under_jit() -> bool:
    """Whether the caller runs because a function is traced for compilation, or for its shapes."""
    return _jax.extend.core.unsafe_am_i_under_a_jit_DO_NOT_USE()


def trace_of(value: Any) -> Any:
    """Return the trace that a tracer belongs to, None for what is no tracer."""
    return getattr(value, "_trace", None) if is_tracer(value) else None


def concrete(value: Any) -> Any:
    """Return the array that a tracer of `grad` or `jvp` stands for, None if it stands for none."""
    while is_tracer(value):
        value = getattr(value, "primal", None)
    return value


_TRACES = {"BatchTrace": "vmap", "LinearizeTrace": "grad", "JVPTrace": "jvp"}


def transformations_of(tracer: Any) -> tuple[str, ...]:
    """Return within what a tracer was made, the outermost first: "vmap", "grad", "jvp".

    `jax.vjp`, `jax.linearize` and `jax.jacrev` are "grad" as well, to JAX as to us.
    """
    names: list[str] = []
    trace = getattr(tracer, "_trace", None)
    if trace is None:
        raise UnsupportedJaxError("the trace that a tracer belongs to")
    while hasattr(trace, "parent_trace"):
        name = type(trace).__name__
        names.append(_TRACES.get(name, name.removesuffix("Trace").lower()))
        trace = trace.parent_trace
    return tuple(reversed(names))


def beneath(tracer: Any) -> tuple[Any, int | None]:
    """Return the value that a transformation acts on, and the axis that it is batched over.

    The value is None where the tracer has none, the axis where it is not batched.
    """
    if hasattr(tracer, "primal"):
        return tracer.primal, None
    axis = getattr(tracer, "batch_dim", None)
    return getattr(tracer, "val", None), axis if isinstance(axis, int) else None


def jit_options(jitted: Any) -> dict[str, Any]:
    """Return what `jax.jit` was told of the static and donated arguments of `jitted`."""
    info = getattr(jitted, "_jit_info", None)
    names = ("static_argnums", "static_argnames", "donate_argnums", "donate_argnames")
    found = {name: getattr(info, name, None) for name in names}
    return {name: value for name, value in found.items() if value}


def type_of(value: Any) -> Any:
    """Return the type as which JAX takes an array or a number: shape, dtype, whether it is weak.

    Raises:
        TypeError: If it takes no such value.
    """
    return value.aval if isinstance(value, jax.Array) else _jax.typeof(value)


def aux_of(node: Any) -> Any:
    """Return what a PyTree node's own flattening gives beside its children."""
    return _registry().flatten_one_level(node)[1]


@functools.lru_cache(maxsize=4096)
def is_key_dtype(dtype: Any) -> bool:
    """Whether `dtype` is that of typed PRNG keys."""
    return _jax.dtypes.issubdtype(dtype, _jax.dtypes.prng_key)


def held_by(value: Any) -> Any:
    """Return the array of words behind typed keys, which are wrapped anew each time; or `value`."""
    is_typed = isinstance(value, jax.Array) and not is_tracer(value) and is_key_dtype(value.dtype)
    return getattr(value, "_base_array", value) if is_typed else value


def scan_counts(params: dict[str, Any]) -> tuple[int, int]:
    """Return how many inputs of a scan are constants of its body, and how many are carried."""
    if "num_consts" in params:
        return params["num_consts"], params["num_carry"]
    parts = getattr(params.get("ft_in"), "unpack", None)  # from JAX 0.12 on
    if parts is None:
        raise UnsupportedJaxError("scans whose inputs can be told apart")
    constants, carried, _ = parts()
    return len(constants), len(carried)


def key_dtype() -> Any:
    """Return the dtype of the keys that `jax.random.key` makes, without making one."""
    return _jax.eval_shape(jax.random.key, 0).dtype


@functools.lru_cache(maxsize=4096)
def is_inexact_dtype(dtype: Any) -> bool:
    """Whether `dtype` is floating point or complex, bfloat16 and float8 included."""
    return not is_key_dtype(dtype) and _jax.dtypes.issubdtype(dtype, np.inexact)


def is_complex_dtype(dtype: Any) -> bool:
    """Whether `dtype` is that of complex numbers."""
    return _jax.dtypes.issubdtype(dtype, np.complexfloating)


@functools.lru_cache(maxsize=4096)
def is_numeric_dtype(dtype: Any) -> bool:
    """Whether arrays of `dtype` can enter JAX: no objects, texts or dates."""
    return dtype.kind in "biufc" or _jax.dtypes.issubdtype(dtype, np.number)


# --- Jaxprs


class OpenJaxpr(NamedTuple):
    """What is read of a jaxpr, closed or not."""

    invars: Sequence[Any]
    constvars: Sequence[Any]
    consts: Sequence[Any]  # shorter than `constvars` where the constants are not known
    eqns: Sequence[Any]
    outvars: Sequence[Any]
    function: str  # the name of the function that was traced
    source: str = ""  # the same with its place: "step at /home/me/train.py:12"


def open_jaxpr(value: Any) -> OpenJaxpr | None:
    """Return the parts of a `Jaxpr` or `ClosedJaxpr`, None for anything else."""
    if getattr(value, "is_high", False):
        value = with_calls(value)
    consts: Sequence[Any] = ()
    if isinstance(value, jax.extend.core.ClosedJaxpr):
        consts, value = value.consts, value.jaxpr
    if not isinstance(value, jax.extend.core.Jaxpr):
        return None
    jaxpr = cast(Any, value)
    function = str(getattr(jaxpr.debug_info, "func_name", "") or "")
    source = str(getattr(jaxpr.debug_info, "func_src_info", "") or "")
    return OpenJaxpr(
        *(jaxpr.invars, jaxpr.constvars, consts, jaxpr.eqns, jaxpr.outvars), function, source
    )


def is_literal(var: Any) -> bool:
    """Whether an equation's input is a constant written into the jaxpr."""
    return isinstance(var, jax.extend.core.Literal)


def literal_value(literal: Any) -> Any:
    """Return the constant of a literal: a plain number where it is a scalar."""
    value = literal.val
    is_scalar = isinstance(value, (int, float, complex)) or getattr(value, "shape", None) == ()
    return np.asarray(value).item() if is_scalar else value


class Extent(NamedTuple):
    """What an array of some type takes up."""

    dtype: str  # as jaxprs print it; "" for what is no array
    n_bytes: float  # NaN for what is no array of a known size


def extent_of(aval: Any) -> Extent:
    """Return the dtype and size of arrays of a type; of a reference, those of the array behind."""
    aval = getattr(aval, "inner_aval", aval)
    shape, dtype = getattr(aval, "shape", None), getattr(aval, "dtype", None)
    if shape is None or dtype is None:
        return Extent("", math.nan)
    try:
        size = float(math.prod(shape))
    except (TypeError, ValueError):  # sizes that are only known by name
        return Extent(short_dtype(dtype), math.nan)
    return Extent(short_dtype(dtype), size * _bits_of(dtype) / 8)


@functools.lru_cache(maxsize=256)
def _bits_of(dtype: Any) -> float:
    if not is_key_dtype(dtype) and is_below_byte(dtype):
        return 2 if np.dtype(dtype).name.endswith("2") else 4
    return 8 * getattr(dtype, "itemsize", math.nan)  # some extended types have no size


def aval_text(aval: Any) -> str:
    """Return a type as jaxprs print it: `f32[8,3]`, `Ref{f32[8]}`."""
    short = getattr(aval, "str_short", None)
    return cast(str, short(short_dtypes=True)) if short is not None else str(aval)


def scopes_of(equation: Any) -> Iterator[tuple[bool, str]]:
    """Yield the name stack of an equation, outermost first: `(is a transformation, name)`.

    Transformations are `jvp`, `transpose`, `vmap`; the others are names pushed by
    `jax.named_scope`.
    """
    stack = getattr(equation.source_info.name_stack, "stack", None)
    if stack is None:
        raise UnsupportedJaxError("name stacks that can be read")
    for element in stack:
        yield type(element).__name__ == "Transform", element.name


def frames_of(equation: Any) -> Iterator[tuple[CodeType, int]]:
    """Yield `(code, offset of the instruction)` of the frames that made it, innermost first."""
    traceback = equation.source_info.traceback
    if traceback is not None:
        codes, offsets = traceback.raw_frames()
        yield from zip(codes, offsets, strict=True)


@functools.lru_cache(maxsize=65536)
def line_of(code: CodeType, offset: int) -> int:
    """Return the line of the instruction at byte `offset` of `code`."""
    line = code.co_firstlineno
    for start, stop, number in code.co_lines():
        if start <= offset < stop and number is not None:
            return number
    return line


def callback_of(parameter: Any) -> Any:
    """Return the user's function behind the `callback` of an equation."""
    function = getattr(parameter, "callback_func", parameter)  # of `pure_callback`
    while isinstance(function, FunctionType) and function.__closure__ is not None:  # of `debug`
        held = dict(zip(function.__code__.co_freevars, function.__closure__, strict=True))
        if not function.__module__.startswith("jax.") or "callback" not in held:
            break
        function = held["callback"].cell_contents
    return function


def apart_from_caches(purpose: str) -> AbstractContextManager[None]:
    """Return a context in which functions are traced anew, and leave no trace for other calls.

    Inner jitted functions are traced once per process and kept, apart for each `purpose`; what the
    program has traced before carries no names of Modules, and what is traced here must not be
    compiled by the program. JAX keys its caches by the metadata in force; nothing is compiled
    here, so the metadata has no effect.
    """
    try:
        from jax.experimental import xla_metadata
    except ImportError as error:
        raise UnsupportedJaxError("jax.experimental.xla_metadata") from error
    return cast(Any, xla_metadata).set_xla_metadata(eqxviz=purpose)


def trace(
    function: Callable[..., Any], shapes: Sequence[jax.ShapeDtypeStruct], purpose: str
) -> OpenJaxpr:
    """Return the jaxpr of `function` called with arrays of these shapes, apart from the caches."""
    with apart_from_caches(purpose):
        jaxpr = open_jaxpr(_jax.make_jaxpr(function)(*shapes))
    assert jaxpr is not None  # make_jaxpr returns nothing else
    return jaxpr


class WaitingMembers(NamedTuple):
    """What waits for the value of an array, in the class of arrays."""

    array_class: Any
    value: Any  # the property that reads it
    item: Any
    block_until_ready: Any


def waiting_members() -> WaitingMembers:
    """Return what waits for the value of an array; it can be replaced in the class."""
    try:
        from jax._src.array import ArrayImpl
    except ImportError as error:
        raise UnsupportedJaxError("a class of arrays") from error
    own = cast(Any, vars(ArrayImpl))
    try:
        return WaitingMembers(ArrayImpl, own["_value"], own["item"], own["block_until_ready"])
    except KeyError as error:
        raise UnsupportedJaxError(f"{error} of arrays") from error


_lowering = threading.RLock()  # held while the method below is replaced


@contextlib.contextmanager
def lowered_jaxprs() -> Generator[list[Any]]:
    """Give the list of the jaxprs that this thread lowers meanwhile, by whatever wrapper."""
    traced: Any = jax.stages.Traced
    thread, jaxprs = threading.get_ident(), cast(list[Any], [])
    with _lowering:
        lower = traced.lower

        @functools.wraps(lower)
        def noting(self: Any, *args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() == thread:
                jaxprs.append(self.jaxpr)
            return lower(self, *args, **kwargs)

        traced.lower = noting
        try:
            yield jaxprs
        finally:
            traced.lower = lower


class _TracedError(Exception):
    """Raised in place of lowering what was traced."""

    def __init__(self, jaxpr: Any) -> None:
        super().__init__("traced")
        self.jaxpr = jaxpr


def jaxpr_at_hand(jitted: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> OpenJaxpr | None:
    """Return the jaxpr of a call that was made before, from JAX's own cache.

    `jitted` is a jitted function, by whatever wrapper; None where that cannot be lowered. Nothing
    of the user's is run where the arguments are as they were.
    """
    traced: Any = jax.stages.Traced
    thread = threading.get_ident()
    with _lowering:
        lower = traced.lower

        @functools.wraps(lower)
        def stopping(self: Any, *args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() == thread:
                raise _TracedError(self.jaxpr)
            return lower(self, *args, **kwargs)

        traced.lower = stopping
        try:
            jitted.lower(*args, **kwargs)
        except _TracedError as stopped:
            return open_jaxpr(stopped.jaxpr)
        except AttributeError:
            return None
        finally:
            traced.lower = lower
    return None


def lowered_text(
    function: Callable[..., Any], shapes: Sequence[jax.ShapeDtypeStruct], most_elements: int
) -> str:
    """Return `function`, called with arrays of these shapes, as StableHLO with its locations.

    Constants of more than `most_elements` elements are told without them.
    """
    module = _jax.jit(function).lower(*shapes).compiler_ir("stablehlo")
    if not hasattr(module, "operation"):
        raise UnsupportedJaxError("StableHLO modules that can be printed")
    return module.operation.get_asm(large_elements_limit=most_elements, enable_debug_info=True)


def evaluate(equation: Any, inputs: Sequence[Any]) -> list[Any]:
    """Return what an equation makes of `inputs`, in the context that it was traced in."""
    primitive = equation.primitive
    with equation.ctx.manager:
        made = primitive.bind(*inputs, **primitive.get_bind_params(equation.params))
    return list(made) if primitive.multiple_results else [made]


def context_of(equation: Any) -> str:
    """Return the context that an equation was traced in, as a text that differs from others.

    Metadata, which the traces made here have of their own, changes nothing that is computed.
    """
    return repr(equation.ctx).partition("xla_metadata=")[0]


def is_reference(var: Any) -> bool:
    """Whether a variable of a jaxpr is a reference, by which an array is changed."""
    return hasattr(var.aval, "inner_aval")


def without_callbacks(equation: Any, is_left_out: Callable[[Any], bool]) -> Any:
    """Return `equation` without the equations nested in it that are left out."""

    def silent(value: Any) -> Any:
        # From JAX 0.11 on a closed one is a `Jaxpr` as well.
        if isinstance(value, jax.extend.core.Jaxpr):
            kept = [without_callbacks(e, is_left_out) for e in value.eqns if not is_left_out(e)]
            return cast(Any, value).replace(eqns=kept)
        if isinstance(value, jax.extend.core.ClosedJaxpr):
            return cast(Any, value).replace(jaxpr=silent(value.jaxpr))
        if type(value) in (list, tuple):
            return type(value)(map(silent, value))
        return value

    if not equation.effects:
        return equation
    return equation.replace(params={key: silent(value) for key, value in equation.params.items()})


# --- Errors


def device_error() -> type[Exception]:
    """Return the class of what is raised where a compiled program fails, or its callback."""
    return _jax.errors.JaxRuntimeError


def unbound_axis(error: BaseException) -> str:
    """Return the name of the axis that `error` of JAX says is not bound; "" if it says no such."""
    said = re.search(r"unbound axis name: (.+?)(?:\. To fix|$)", str(error), re.MULTILINE)
    return said[1] if said and isinstance(error, NameError) else ""


# --- Settings


def settings() -> Iterator[tuple[str, Any]]:
    """Yield name and value of each setting of which JAX compiles a program anew, in this thread."""
    try:
        from jax._src import config
    except ImportError as error:
        raise UnsupportedJaxError("settings that can be listed") from error
    of = cast(Any, config)
    for name, value in zip(of.trace_context_names(), of.trace_context(), strict=True):
        if name != "axis_env_state":  # the axes of the transformations around, new objects each
            yield name.removeprefix("abstract_").removesuffix("_context_manager"), value


@functools.lru_cache(maxsize=256)
def is_below_byte(dtype: Any) -> bool:
    """Whether JAX packs several elements of `dtype` into a byte: int4, uint2, float4_e2m1fn."""
    return re.search(r"int[24]$|float4", np.dtype(dtype).name) is not None


@contextlib.contextmanager
def own_settings(*, x64: bool) -> Generator[None]:
    """Compute as this program needs it, whatever the user has set; in this thread alone.

    With `x64`, 64-bit numbers are kept as they are.
    """
    settings: tuple[tuple[str, Any], ...] = (
        *(("transfer_guard", "allow"), ("debug_nans", False), ("debug_infs", False)),
        *(("disable_jit", False), ("log_compiles", False), ("check_tracer_leaks", False)),
        *(("numpy_dtype_promotion", "standard"), ("numpy_rank_promotion", "allow")),
    )
    with contextlib.ExitStack() as entered:
        for name, value in settings:
            entered.enter_context(getattr(_jax, name)(value))
        if x64:
            entered.enter_context(_jax.enable_x64(True))
        yield
