"""Compiling functions whose arguments and results are arbitrary PyTrees.

A call is taken apart once, arrays are handed to `jax.jit` as a flat sequence, and everything else
picks which `jax.jit` that is. What was worked out about the arguments' structure is kept, so that a
later call costs a flattening, two look-ups, and the call of the compiled function.
"""

import functools
import inspect
import threading
import warnings
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any, Literal, NamedTuple, get_args

import jax
import jax.tree_util as jtu

from eqxcore._filters import is_array
from eqxcore._module import field, module_update_wrapper
from eqxcore._transforms._result import Result, packed, unpacked
from eqxcore._transforms._trace import under_jit
from eqxcore._transforms._wrapped import WrappedFunction
from eqxcore._tree import path_name
from eqxcore._types import sentinel

Donate = Literal["all", "all-except-first", "warn", "warn-except-first", "none"]
#: Called as `observer(wrapper, args, kwargs, call)` for an outermost call of a wrapper; what it
#: returns is returned to the caller. `call(*args, **kwargs)` carries the call out.
Observer = Callable[["JitWrapper", tuple[Any, ...], dict[str, Any], Callable[..., Any]], Any]

_RESERVED = ("static_argnums", "static_argnames", "donate_argnums", "in_shardings", "out_shardings")
# How many variants of one function are kept; as many as JAX keeps by itself.
_LIMIT = 4096

_flatten = jtu.default_registry.flatten
_observer: Observer | None = None


class _Observed(threading.local):
    #: An observed call is going on in this thread.
    active: bool = False


_observed = _Observed()


def set_jit_observer(observer: Observer | None) -> None:
    """Have `observer` called instead of each outermost call of a `filter_jit`ted function.

    There is one observer at most; `None` removes it. Calls inside an observed call, and calls made
    while JAX traces, are carried out without asking.
    """
    global _observer
    _observer = observer


class _Slot(NamedTuple):
    """One argument as it was given: which leaves of the call are its, and how it is built."""

    first: int
    structure: Any


class _Spec(NamedTuple):
    """The structure of a call, the same whether arguments were given by position or by name."""

    args: tuple[Any, ...]
    kwargs: tuple[tuple[str, Any], ...]
    fun: Any
    #: For each leaf, whether it is traced.
    dynamic: tuple[bool, ...]
    static_types: tuple[type, ...]


class _Plan(NamedTuple):
    """How to carry out calls whose arguments have one structure and leaves of given types."""

    spec: _Spec
    #: Pick from the leaves of the call: those to trace, those to trace and donate, and a key for
    #: the others.
    keep: Callable[[list[Any]], Any]
    give: Callable[[list[Any]], Any] | None
    static_key: Callable[[list[Any]], Any]
    #: Where in the leaves of the call each leaf of the spec is.
    order: tuple[int, ...]
    #: The compiled functions, by key.
    jitted: dict[Any, Any]


def _pick_sequence(indices: list[int]) -> Callable[[list[Any]], Any]:
    """Return a function from a list to the sequence of its items at `indices`."""
    if not indices:
        return _nothing
    first, count = indices[0], len(indices)
    if indices == list(range(first, first + count)):
        return itemgetter(slice(first, first + count))
    return itemgetter(*indices)


def _nothing(_: list[Any]) -> tuple[()]:
    return ()


def _exact(leaf: Any) -> Any:
    """Return a key that tells apart the floats that `==` does not, and equates NaNs."""
    if type(leaf) is float:
        return leaf.hex()
    if type(leaf) is complex:
        return leaf.real.hex(), leaf.imag.hex()
    return leaf


def _pick_key(indices: list[int], types: Iterable[type]) -> Callable[[list[Any]], Any]:
    """Return a function from the leaves of a call to what identifies the static ones.

    Types need no place in the key: they are part of what chose the plan.
    """
    if not indices:
        return _nothing
    pick = itemgetter(*indices)
    if not any(kind in (float, complex) for kind in types):
        return pick
    if len(indices) == 1:
        return lambda leaves: _exact(pick(leaves))
    return lambda leaves: tuple(map(_exact, pick(leaves)))


def _slots(treedef: Any) -> tuple[_Slot, list[_Slot], dict[str, _Slot]]:
    """Return where the function and its arguments lie in the leaves of `(args, kwargs, fun)`."""
    args, kwargs, fun = treedef.children()
    first = 0
    positional = []
    for structure in args.children():
        positional.append(_Slot(first, structure))
        first += structure.num_leaves
    named = {}
    for name, structure in zip(kwargs.node_data()[1], kwargs.children(), strict=True):
        named[name] = _Slot(first, structure)
        first += structure.num_leaves
    return _Slot(first, fun), positional, named


def _is_traced(leaf: Any) -> bool:
    return is_array(leaf)


def _is_traced_abstractly(leaf: Any) -> bool:
    return is_array(leaf) or isinstance(leaf, jax.ShapeDtypeStruct)


class JitCache:
    """What is known of the calls of a jitted function, and the options it was made with.

    It is part of the structure of a `JitWrapper` and therefore compared: by the options alone.
    """

    def __init__(self, donate: Donate, jitkwargs: dict[str, Any]) -> None:
        self.donate: Donate = donate
        self.jitkwargs = jitkwargs
        #: Warnings about donated buffers that were of no use are not shown.
        self.silent = donate in ("all", "all-except-first")
        self.plans: dict[Any, _Plan] = {}
        self._jitted: dict[Any, Any] = {}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, JitCache):
            return NotImplemented
        return self.donate == other.donate and self.jitkwargs == other.jitkwargs

    def __hash__(self) -> int:
        return hash(self.donate)

    def __repr__(self) -> str:
        return f"<donate={self.donate!r} {self.jitkwargs or ''}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> "JitCache":
        return self

    def __reduce__(self) -> Any:
        # Compiled functions stay behind.
        return JitCache, (self.donate, self.jitkwargs)

    def plan(
        self, leaves: list[Any], treedef: Any, is_traced: Callable[[Any], bool] = _is_traced
    ) -> _Plan:
        """Return the plan for a call, made afresh; it is kept if the leaves' types decide it."""
        spec, order, first_arg = _spec(leaves, treedef, is_traced)
        dynamic = [i for i, traced in zip(order, spec.dynamic, strict=True) if traced]
        static = [i for i, traced in zip(order, spec.dynamic, strict=True) if not traced]
        if self.donate == "none":
            keep, give = dynamic, None
        else:
            kept = first_arg if self.donate.endswith("except-first") else range(0)
            keep = [i for i in dynamic if i in kept]
            give = [i for i in dynamic if i not in kept]
        plan = _Plan(
            spec=spec,
            keep=_pick_sequence(keep),
            give=None if give is None else _pick_sequence(give),
            static_key=_pick_key(static, spec.static_types),
            order=order,
            jitted={},
        )
        # Whether a tracer stands for an array depends on the tracer, not on its type alone.
        if is_traced is _is_traced and not any(isinstance(x, jax.core.Tracer) for x in leaves):
            if len(self.plans) >= _LIMIT:
                self.plans.clear()
            plan = self.plans.setdefault((treedef, tuple(map(type, leaves))), plan)
        return plan

    def jitted(self, plan: _Plan, leaves: list[Any], treedef: Any) -> Any:
        """Return the compiled function for a call, which may be one that another plan uses.

        Raises:
            ValueError: If a static leaf is not hashable.
        """
        key = plan.static_key(leaves)
        try:
            jitted = self._jitted.get((plan.spec, key))
        except TypeError as error:
            raise _unhashable(leaves, treedef) or error from None
        if jitted is None:
            if len(self._jitted) >= _LIMIT:
                self._jitted.clear()
            jitted = self._jitted.setdefault((plan.spec, key), self._compile(plan, leaves))
        if len(plan.jitted) >= _LIMIT:
            plan.jitted.clear()
        plan.jitted[key] = jitted
        return jitted

    def _compile(self, plan: _Plan, leaves: list[Any]) -> Any:
        spec = plan.spec
        ordered = [leaves[i] for i in plan.order]
        # Where in the spec's leaves those of the two traced arguments go.
        places = {i: place for place, i in enumerate(plan.order)}
        indices = list(range(len(leaves)))
        keep_places = [places[i] for i in plan.keep(indices)]
        give_places = [places[i] for i in plan.give(indices)] if plan.give else []
        template = [
            None if traced else leaf for traced, leaf in zip(spec.dynamic, ordered, strict=True)
        ]

        def traced(keep: Any, give: Any = ()) -> Any:
            if self.silent:
                _quiet.start()
            filled = list(template)
            for place, leaf in zip(keep_places, keep, strict=True):
                filled[place] = leaf
            for place, leaf in zip(give_places, give, strict=True):
                filled[place] = leaf
            fun, args, kwargs = _rebuild(spec, filled)
            return packed(fun(*args, **kwargs))

        fun = spec.fun.unflatten(ordered[len(ordered) - spec.fun.num_leaves :])
        # The name under which JAX reports compilations and profiles.
        traced.__name__ = getattr(fun, "__name__", type(fun).__name__)
        traced.__qualname__ = getattr(fun, "__qualname__", traced.__name__)
        options = self.jitkwargs if plan.give is None else {**self.jitkwargs, "donate_argnums": 1}
        return jax.jit(traced, **options)


def _spec(
    leaves: list[Any], treedef: Any, is_traced: Callable[[Any], bool]
) -> tuple[_Spec, tuple[int, ...], range]:
    """Return a call's spec, where its leaves are in `leaves`, and those of the first argument."""
    fun_slot, args, kwargs = _slots(treedef)
    if kwargs:
        fun = fun_slot.structure.unflatten(leaves[fun_slot.first :])
        try:
            signature = inspect.signature(fun)
        except (TypeError, ValueError):
            pass  # some callables that are written in C have none
        else:
            bound = signature.bind(*args, **kwargs)
            args, kwargs = list(bound.args), bound.kwargs
    slots = [*args, *(kwargs[name] for name in sorted(kwargs)), fun_slot]
    order = tuple(
        i for slot in slots for i in range(slot.first, slot.first + slot.structure.num_leaves)
    )
    dynamic = tuple(is_traced(leaves[i]) for i in order)
    spec = _Spec(
        args=tuple(slot.structure for slot in args),
        kwargs=tuple((name, kwargs[name].structure) for name in sorted(kwargs)),
        fun=fun_slot.structure,
        dynamic=dynamic,
        static_types=tuple(
            type(leaves[i]) for i, traced in zip(order, dynamic, strict=True) if not traced
        ),
    )
    first = args[0] if args else _Slot(0, None)
    n_first = first.structure.num_leaves if args else 0
    return spec, order, range(first.first, first.first + n_first)


def _rebuild(spec: _Spec, leaves: list[Any]) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """Return the function and the arguments whose leaves, in the order of the spec, are given."""
    remaining = iter(leaves)

    def build(structure: Any) -> Any:
        return structure.unflatten([next(remaining) for _ in range(structure.num_leaves)])

    args = tuple(build(structure) for structure in spec.args)
    kwargs = {name: build(structure) for name, structure in spec.kwargs}
    return build(spec.fun), args, kwargs


def _unhashable(leaves: list[Any], treedef: Any) -> ValueError | None:
    """Return the error that names the static leaf which cannot be hashed."""
    call = jtu.tree_flatten_with_path(treedef.unflatten(leaves))[0]
    for path, leaf in call:
        if is_array(leaf):
            continue
        try:
            hash(leaf)
        except TypeError as error:
            where = ("args", "kwargs", "fun")[path[0].idx] + path_name(path[1:])
            return ValueError(
                f"Non-hashable static arguments are not supported: `{where}` is {leaf!r:.200}, of "
                f"type `{type(leaf).__name__}` ({error}). `filter_jit` traces arrays, and treats "
                "everything else as static: it compiles the function anew for each different "
                "value, and so must be able to hash and compare it. Make it an array, or a "
                "hashable value (a tuple for a list, a frozenset for a set), or a PyTree of such."
            )
    return None


class _Quiet(threading.local):
    """Silences the warning about donated buffers while a function is compiled.

    Warning filters are slow to change, and changing them makes Python forget which warnings were
    shown already. So it is done only when the body of a function is traced, just before it is
    compiled, and undone when the call that traced it is over.
    """

    def __init__(self) -> None:
        self.contexts: list[warnings.catch_warnings[Any]] = []

    def start(self) -> None:
        context = warnings.catch_warnings()
        context.__enter__()
        warnings.filterwarnings("ignore", message="Some donated buffers were not usable")
        self.contexts.append(context)

    def stop(self, depth: int) -> None:
        while len(self.contexts) > depth:
            self.contexts.pop().__exit__(None, None, None)


_quiet = _Quiet()


class JitWrapper(WrappedFunction):
    """A jitted function. Its child is the function, so that arrays inside that are traced too."""

    cache: JitCache = field(static=True)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        if _observer is not None:
            return _observed_call(self, args, kwargs)
        return _call(self, args, kwargs)

    def lower(self, /, *args: Any, **kwargs: Any) -> "Lowered":
        """Return the function lowered for such arguments; `.compile()` gives what can be called.

        A `jax.ShapeDtypeStruct` may stand for an array.
        """
        leaves, treedef = _flatten((args, kwargs, self.fun))
        plan = self.cache.plan(leaves, treedef, _is_traced_abstractly)
        jitted = self.cache.jitted(plan, leaves, treedef)
        depth = len(_quiet.contexts)
        try:
            lowered = jitted.lower(*_traced_arguments(plan, leaves))
            if self.cache.silent:
                _quiet.start()
            return Lowered(lowered, self, plan.spec)
        finally:
            _quiet.stop(depth)


def _traced_arguments(plan: _Plan, leaves: list[Any]) -> tuple[Any, ...]:
    if plan.give is None:
        return (plan.keep(leaves),)
    return plan.keep(leaves), plan.give(leaves)


def _call(wrapper: JitWrapper, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    cache = wrapper.cache
    leaves, treedef = _flatten((args, kwargs, wrapper.fun))
    plan = cache.plans.get((treedef, tuple(map(type, leaves))))
    if plan is None:
        plan = cache.plan(leaves, treedef)
    try:
        jitted = plan.jitted.get(plan.static_key(leaves))
    except TypeError:
        jitted = None  # something cannot be hashed; `JitCache.jitted` says what
    if jitted is None:
        jitted = cache.jitted(plan, leaves, treedef)
    if plan.give is None:
        out = jitted(plan.keep(leaves))
        # Written out, as a call would cost more than the look.
        return out.unpacked() if type(out) is Result else out
    depth = len(_quiet.contexts)
    try:
        return unpacked(jitted(plan.keep(leaves), plan.give(leaves)))
    finally:
        _quiet.stop(depth)


def _observed_call(wrapper: JitWrapper, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    observer = _observer
    if observer is None or _observed.active or _is_tracing(wrapper, args, kwargs):
        return _call(wrapper, args, kwargs)

    def call(*args: Any, **kwargs: Any) -> Any:
        return _call(wrapper, args, kwargs)

    _observed.active = True
    try:
        return observer(wrapper, args, kwargs, call)
    finally:
        _observed.active = False


def _is_tracing(*call: Any) -> bool:
    return under_jit() or any(isinstance(leaf, jax.core.Tracer) for leaf in jtu.tree_leaves(call))


class _Stage:
    """A stage of ahead-of-time compilation: JAX's own, which it resembles, and how to call it."""

    def __init__(self, stage: Any, wrapper: JitWrapper, spec: _Spec) -> None:
        self._stage = stage
        self._wrapper = wrapper
        self._spec = spec

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._stage, name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._wrapper!r}>"


class Lowered(_Stage):
    """A function lowered for arguments of certain shapes, as `jax.stages.Lowered`."""

    def compile(self, *args: Any, **kwargs: Any) -> "Compiled":
        """Return the compiled function. Arguments are those of `jax.stages.Lowered.compile`."""
        depth = len(_quiet.contexts)
        if self._wrapper.cache.silent:
            _quiet.start()
        try:
            return Compiled(self._stage.compile(*args, **kwargs), self._wrapper, self._spec)
        finally:
            _quiet.stop(depth)


class Compiled(_Stage):
    """A function compiled for arguments of certain shapes, as `jax.stages.Compiled`.

    Static arguments are compiled in: those of the call are not looked at.
    """

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        leaves, treedef = _flatten((args, kwargs, self._wrapper.fun))
        plan = self._wrapper.cache.plan(leaves, treedef)
        given, expected = plan.spec, self._spec
        if given[:4] != expected[:4]:
            raise TypeError(
                "The function was compiled for arguments of another structure.\n"
                f"compiled for: args={expected.args}, kwargs={dict(expected.kwargs)}\n"
                f"called with:  args={given.args}, kwargs={dict(given.kwargs)}\n"
                "Arguments must have the structure of those given to `lower`, with arrays where "
                "those had arrays."
            )
        return unpacked(self._stage(*_traced_arguments(plan, leaves)))


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
    for name in _RESERVED:
        if name in jitkwargs:
            raise ValueError(
                f"`jitkwargs` cannot contain {name!r} (it was {jitkwargs[name]!r}). `filter_jit` "
                "traces arrays and treats everything else as static; use `donate=` for donation."
            )
    if not callable(fun):
        raise TypeError(
            f"{fun!r} is not a callable object, so `filter_jit` cannot compile it. Give a function."
        )
    inspect.signature(jax.jit).bind(fun, **jitkwargs)  # complains about arguments it does not know
    return module_update_wrapper(JitWrapper(fun, JitCache(donate, jitkwargs)))
