"""Compiling functions whose arguments and results are arbitrary PyTrees."""

import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any, get_args

import jax
import jax.tree_util as jtu
from jax.errors import JAXIndexError, JAXTypeError

from eqxcore._filters import is_array
from eqxcore._module import field, module_update_wrapper
from eqxcore._transforms._advice import advise, note_deleted
from eqxcore._transforms._naming import leaf_names, note_names
from eqxcore._transforms._plan import Donate, JitCache, attend
from eqxcore._transforms._quiet import quiet
from eqxcore._transforms._result import Result, unpacked
from eqxcore._transforms._stages import Lowered, Traced
from eqxcore._transforms._surface import (
    RAISED_AT_RUN_TIME,
    EquinoxRuntimeError,
    holds_callback,
    surfaced,
)
from eqxcore._transforms._trace import under_jit
from eqxcore._transforms._wrapped import WrappedFunction
from eqxcore._types import sentinel

#: Called as `observer(wrapper, args, kwargs, call)` for an outermost call of a wrapper; what it
#: returns is returned to the caller. `call(*args, **kwargs)` carries the call out.
Observer = Callable[["JitWrapper", tuple[Any, ...], dict[str, Any], Callable[..., Any]], Any]

_STATIC = (
    "`filter_jit` traces arrays and treats everything else as static: pass a Python value, or an "
    "array (`jnp.asarray(...)`) to have it traced."
)
_SHARDED = "Give the arguments and results their sharding by `filter_shard`."
#: What users of `jax.jit` may give, and what to do instead.
_RESERVED = {
    "static_argnums": _STATIC,
    "static_argnames": _STATIC,
    "donate_argnums": "Use `donate=`, such as `donate='all-except-first'`.",
    "in_shardings": _SHARDED,
    "out_shardings": _SHARDED,
}

_flatten = jtu.default_registry.flatten
_observer: Observer | None = None


class _Observed(threading.local):
    #: An observed call is going on in this thread.
    active: bool = False


_observed = _Observed()


def set_jit_observer(observer: Observer | None) -> None:
    """Have `observer` called instead of each outermost call of a `filter_jit`ted function.

    There is one observer at most; `None` removes it. Calls inside an observed call, and those that
    a compilation traces, are carried out without asking; those that a gradient or `vmap` makes are
    not.
    """
    global _observer
    _observer = observer


class JitWrapper(WrappedFunction):
    """A jitted function. Its child is the function, so that arrays inside that are traced too."""

    cache: JitCache = field(static=True)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        # Every step is written out here: each call of a function would cost as much as a look-up.
        if _observer is not None and not _observed.active and not under_jit():
            return _observed_call(self, args, kwargs)
        fun, cache = self.fun, self.cache
        leaves, treedef = _flatten((args, kwargs, fun) if kwargs else (args, fun))
        types = tuple(map(type, leaves))
        recent_treedef, recent_types, plan = cache.recent
        if types != recent_types or treedef != recent_treedef:
            plan = cache.find_plan(leaves, treedef, types)
        try:
            compiled = plan.compiled.get(plan.static_key(leaves))
        except TypeError:
            compiled = None  # something cannot be hashed; `JitCache.compiled` says what
        if compiled is None:
            compiled = cache.compiled(plan, leaves, treedef)
        try:
            if plan.give is None:
                out = compiled.call(plan.keep(leaves))
                if compiled.waits is not False:
                    attend(compiled, plan.traced_arguments(leaves), out)
                return out.unpacked() if type(out) is Result else out
            outside, depth = quiet.wanted, len(quiet.contexts)
            quiet.wanted = cache.silent
            try:
                out = compiled.call(plan.keep(leaves), plan.give(leaves))
                if compiled.waits is not False:
                    attend(compiled, plan.traced_arguments(leaves), out)
                return unpacked(out)
            finally:
                quiet.wanted = outside
                quiet.stop(depth)
        except (JAXTypeError, JAXIndexError) as error:
            note_names(error, compiled.call, plan.named_arguments(leaf_names(leaves, treedef)))
            advise(error)
            raise
        except (NameError, TypeError) as error:
            advise(error)
            note_deleted(error, leaves, treedef)
            raise
        except RAISED_AT_RUN_TIME as error:
            failure = surfaced(error)
            if failure is None:
                advise(error)
                note_deleted(error, leaves, treedef)
                raise
            try:
                raise failure from None
            except EquinoxRuntimeError:
                failure.__traceback__ = None  # without this frame: the caller's is the last
                raise
        except RuntimeError as error:
            note_deleted(error, leaves, treedef)
            raise

    def trace(self, /, *args: Any, **kwargs: Any) -> Traced:
        """Return the function traced for such arguments; `.jaxpr` is what it does.

        A `jax.ShapeDtypeStruct` may stand for an array.
        """
        leaves, treedef = _flatten((args, kwargs, self.fun))
        plan = self.cache.make_plan(leaves, treedef, _may_be_traced)
        compiled = self.cache.compiled(plan, leaves, treedef)
        with quiet.scope(self.cache.silent):
            traced = compiled.call.trace(*plan.traced_arguments(leaves))
        return Traced(traced, self, plan.spec, holds_callback(traced.jaxpr.jaxpr))

    def lower(self, /, *args: Any, **kwargs: Any) -> Lowered:
        """Return the function lowered for such arguments; `.compile()` gives what can be called.

        A `jax.ShapeDtypeStruct` may stand for an array.
        """
        return self.trace(*args, **kwargs).lower()

    def _made_by(self) -> tuple[str, dict[str, Any]]:
        donate = self.cache.donate
        options = {} if donate == "none" else {"donate": donate}
        return "filter_jit", options | self.cache.jitkwargs


def _may_be_traced(leaf: Any) -> bool:
    return is_array(leaf) or isinstance(leaf, jax.ShapeDtypeStruct)


def _observed_call(wrapper: JitWrapper, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    observer = _observer
    if observer is None:  # removed in the meantime, by another thread
        return wrapper(*args, **kwargs)
    _observed.active = True
    try:
        return observer(wrapper, args, kwargs, wrapper)
    finally:
        _observed.active = False


def filter_jit(fun: Any = sentinel, *, donate: Donate = "none", **jitkwargs: Any) -> Any:
    """Return `fun` compiled just in time: arrays are traced, everything else is static.

    As `jax.jit`, except that what is traced is decided for each leaf of each argument: JAX and
    NumPy arrays are; anything else, Python numbers included, is static, and the function is
    compiled anew for each value of it. Results may hold anything as well. `fun` may be a PyTree
    itself, such as a model; its arrays are traced. Without `fun`, a decorator is returned.

    Args:
        donate: Which arrays' buffers the result may reuse, after which they cannot be used again:
            `"all"`, `"all-except-first"` (all but those in the first argument), the same with
            JAX's warnings about buffers it found no use for, `"warn"` and `"warn-except-first"`,
            or `"none"`.
        jitkwargs: Further arguments of `jax.jit`.

    Raises:
        TypeError: If `fun` cannot be called.
        ValueError: If `donate` is none of these, or `jitkwargs` holds an argument that would say
            what is static, donated or sharded: that is for `filter_jit` to decide. When the result
            is called: if a static leaf of an argument is not hashable.
    """
    if fun is sentinel:
        return functools.partial(filter_jit, donate=donate, **jitkwargs)
    if donate not in get_args(Donate):
        raise ValueError(
            f"`filter_jit(..., donate={donate!r})`: `donate` must be one of "
            f"{', '.join(map(repr, get_args(Donate)))}."
        )
    for name, advice in _RESERVED.items():
        if name in jitkwargs:
            raise ValueError(
                f"`jitkwargs` cannot contain {name!r} (it was {jitkwargs[name]!r}). {advice}"
            )
    if not callable(fun):
        raise TypeError(
            f"{fun!r} is not a callable object, so `filter_jit` cannot compile it. Give a function."
        )
    if jitkwargs:
        inspect.signature(jax.jit).bind(fun, **jitkwargs)  # complains of what `jax.jit` would
    return module_update_wrapper(JitWrapper(fun, JitCache(donate, jitkwargs)))
