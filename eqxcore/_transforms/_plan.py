"""What is known of the calls of a jitted function, so that later ones need little work.

A call is taken apart once, arrays are handed to `jax.jit` as a flat sequence, and everything else
picks which `jax.jit` that is. What was worked out about the arguments' structure is kept: a later
call costs a flattening, two look-ups, and the call of the compiled function.
"""

import dataclasses
import inspect
import types
import weakref
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any, Literal, NamedTuple

import jax
from jax.core import Tracer

from eqxcore._filters import is_array
from eqxcore._transforms._naming import TRACED_SIGNATURE, leaf_names, name_after
from eqxcore._transforms._result import packed
from eqxcore._transforms._surface import holds_callback, wait
from eqxcore._transforms._trace import call_when_cleared, jit_is_disabled

Donate = Literal["all", "all-except-first", "warn", "warn-except-first", "none"]

# How many variants of one function are kept; as many as JAX keeps by itself.
_LIMIT = 4096


class _Slot(NamedTuple):
    """One argument as it was given: which leaves of the call are its, and how it is built."""

    first: int
    structure: Any


class Spec(NamedTuple):
    """The structure of a call, the same whether arguments were given by position or by name."""

    args: tuple[Any, ...]
    kwargs: tuple[tuple[str, Any], ...]
    fun: Any
    #: For each leaf, whether it is traced.
    dynamic: tuple[bool, ...]
    static_types: tuple[type, ...]


@dataclasses.dataclass(slots=True, eq=False)
class Compiled:
    """A function as it is compiled for calls of one structure."""

    call: Any
    #: Whether its results are waited for, since it holds a callback; `None` if it has been traced
    #: since that was last looked at.
    waits: bool | None = False


class _Shared:
    """What wrappers made with the same options have compiled.

    A function may be wrapped anew for each call, and is compiled once all the same. What belongs to
    a Python function is forgotten with it, for it may hold a model.
    """

    def __init__(self) -> None:
        self.of_function: weakref.WeakKeyDictionary[types.FunctionType, dict[Any, Compiled]] = (
            weakref.WeakKeyDictionary()
        )
        self.others: dict[Any, Compiled] = {}

    def entries(self, function: types.FunctionType | None) -> dict[Any, Compiled]:
        """Return what belongs to `function`; or what belongs to none, for `None`."""
        return self.others if function is None else self.of_function.setdefault(function, {})

    def clear(self) -> None:
        """Forget everything."""
        self.of_function.clear()
        self.others.clear()


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How to carry out calls whose arguments have one structure and leaves of given types."""

    spec: Spec
    #: Pick from the leaves of the call: those to trace, those to trace and donate, and a key for
    #: the others.
    keep: Callable[[list[Any]], Any]
    give: Callable[[list[Any]], Any] | None
    static_key: Callable[[list[Any]], Any]
    #: Where in the leaves of the call each leaf of the spec is.
    order: tuple[int, ...]
    #: Where in the leaves of the call the Python function is that is called, if there is one.
    function: int | None
    #: The compiled functions, by key.
    compiled: dict[Any, Compiled]

    def named_arguments(self, names: list[str]) -> dict[str, Any]:
        """Return the names of the arrays in each argument, given those of a call's leaves."""
        return dict(zip(TRACED_SIGNATURE.parameters, self.traced_arguments(names), strict=False))

    def traced_arguments(self, leaves: list[Any]) -> tuple[Any, ...]:
        """Return the arguments of the compiled function for a call with these leaves."""
        if self.give is None:
            return (self.keep(leaves),)
        return self.keep(leaves), self.give(leaves)


#: All caches there are, by their `id`s: those of equal options are equal.
_caches: weakref.WeakValueDictionary[int, "JitCache"] = weakref.WeakValueDictionary()
_shared: dict[Any, _Shared] = {}


def clear_caches() -> None:
    """Forget how calls are to be carried out; it is found out anew when they are next made.

    Compiled functions stay, until `jax.clear_caches` forgets them.
    """
    for cache in list(_caches.values()):
        cache.forget_plans()
    if not _is_told_by_jax:
        _forget_compiled()


def _forget_compiled() -> None:
    for cache in [*_caches.values(), *_shared.values()]:
        cache.clear()


_is_told_by_jax = call_when_cleared(_forget_compiled)


class JitCache:
    """What is known of the calls of a jitted function, and the options it was made with.

    It is part of the structure of a `JitWrapper` and therefore compared: by the options alone.
    """

    def __init__(self, donate: Donate, jitkwargs: dict[str, Any]) -> None:
        self.donate: Donate = donate
        self.jitkwargs = jitkwargs
        #: Warnings about donated buffers that were of no use are not shown.
        self.silent = donate in ("all", "all-except-first")
        #: The plan of the latest call: its structure, the types of its leaves, and the plan.
        self.recent: tuple[Any, tuple[type, ...], Any] = (None, (), None)
        self._plans: dict[Any, Plan] = {}
        try:
            key = donate, tuple(sorted(jitkwargs.items()))
            self._shared = _shared.setdefault(key, _Shared())
        except TypeError:  # an option cannot be hashed
            self._shared = _Shared()
        _caches[id(self)] = self

    def forget_plans(self) -> None:
        """Forget how calls are carried out."""
        self.recent = (None, (), None)
        self._plans.clear()

    def clear(self) -> None:
        """Forget that, and all that is compiled."""
        self.forget_plans()
        self._shared.clear()

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

    def find_plan(self, leaves: list[Any], treedef: Any, types: tuple[type, ...]) -> Plan:
        """Return the plan for a call, and keep it if the types of its leaves decide it."""
        plan = self._plans.get((treedef, types))
        if plan is None:
            plan = self.make_plan(leaves, treedef)
            # Whether a tracer stands for an array depends on the tracer, not on its type alone.
            if any(isinstance(leaf, Tracer) for leaf in leaves):
                return plan
            _make_room(self._plans)
            plan = self._plans.setdefault((treedef, types), plan)
        self.recent = treedef, types, plan
        return plan

    def make_plan(
        self, leaves: list[Any], treedef: Any, is_traced: Callable[[Any], bool] = is_array
    ) -> Plan:
        """Return a plan for a call, made afresh."""
        spec, order, first_arg = _spec(leaves, treedef, is_traced)
        dynamic = [i for i, traced in zip(order, spec.dynamic, strict=True) if traced]
        static = [i for i, traced in zip(order, spec.dynamic, strict=True) if not traced]
        if self.donate == "none":
            keep, give = dynamic, None
        else:
            kept = first_arg if self.donate.endswith("except-first") else range(0)
            keep = [i for i in dynamic if i in kept]
            give = [i for i in dynamic if i not in kept]
        return Plan(
            spec=spec,
            keep=_pick_sequence(keep),
            give=None if give is None else _pick_sequence(give),
            static_key=_pick_key(static, spec.static_types),
            order=order,
            function=next(
                (
                    i
                    for i in order[len(order) - spec.fun.num_leaves :]
                    if type(leaves[i]) is types.FunctionType
                ),
                None,
            ),
            compiled={},
        )

    def compiled(self, plan: Plan, leaves: list[Any], treedef: Any) -> Compiled:
        """Return the compiled function for a call, which may be one that another plan uses.

        Raises:
            ValueError: If a static leaf is not hashable.
        """
        key = plan.static_key(leaves)
        function = None if plan.function is None else leaves[plan.function]
        # The function is not part of what belongs to it, or it would be kept by that.
        own_key = plan.static_key([None if leaf is function else leaf for leaf in leaves])
        entries = self._shared.entries(function)
        try:
            found = entries.get((plan.spec, own_key))
        except TypeError as error:
            raise _unhashable(leaves, treedef) or error from None
        if found is None:
            _make_room(entries)
            compiled = self._compile(plan, leaves, function)
            found = entries.setdefault((plan.spec, own_key), compiled)
        _make_room(plan.compiled)
        plan.compiled[key] = found
        return found

    def _compile(
        self, plan: Plan, leaves: list[Any], function: types.FunctionType | None
    ) -> Compiled:
        spec = plan.spec
        ordered = [leaves[i] for i in plan.order]
        # Where in the spec's leaves those of the two traced arguments go.
        places = {i: place for place, i in enumerate(plan.order)}
        indices = list(range(len(leaves)))
        keep_places = [places[i] for i in plan.keep(indices)]
        give_places = [places[i] for i in plan.give(indices)] if plan.give else []
        template = [
            None if traced or leaf is function else leaf
            for traced, leaf in zip(spec.dynamic, ordered, strict=True)
        ]
        function_places = [place for place, leaf in enumerate(ordered) if leaf is function]
        # Not the function itself: what is compiled must not keep it.
        reference = None if function is None else weakref.ref(function)

        def traced(arrays: Any, donated: Any = ()) -> Any:
            if not compiled.waits:
                compiled.waits = None
            filled = list(template)
            if reference is not None:
                for place in function_places:
                    filled[place] = reference()
            for place, leaf in zip(keep_places, arrays, strict=True):
                filled[place] = leaf
            for place, leaf in zip(give_places, donated, strict=True):
                filled[place] = leaf
            fun, args, kwargs = _rebuild(spec, filled)
            return packed(fun(*args, **kwargs))

        name_after(traced, spec.fun.unflatten(ordered[len(ordered) - spec.fun.num_leaves :]))
        options = self.jitkwargs if plan.give is None else {**self.jitkwargs, "donate_argnums": 1}
        compiled = Compiled(jax.jit(traced, **options))
        return compiled


def attend(compiled: Compiled, arguments: tuple[Any, ...], out: Any) -> None:
    """Wait for `out`, which `compiled` returned, if it holds a callback.

    What that raises is then raised here, and not wherever a result happens to be used first.
    """
    if compiled.waits is None and not jit_is_disabled():
        # Nothing is traced again: JAX keeps the jaxpr of a function that has been called.
        compiled.waits = holds_callback(compiled.call.trace(*arguments).jaxpr.jaxpr)
    if compiled.waits:
        wait(out)


def _make_room(entries: dict[Any, Any]) -> None:
    """Drop the oldest of `entries` if there are too many."""
    if len(entries) >= _LIMIT:
        del entries[next(iter(entries))]


def _spec(
    leaves: list[Any], treedef: Any, is_traced: Callable[[Any], bool]
) -> tuple[Spec, tuple[int, ...], range]:
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
    spec = Spec(
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


def _rebuild(spec: Spec, leaves: list[Any]) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """Return the function and the arguments whose leaves, in the order of the spec, are given."""
    remaining = iter(leaves)

    def build(structure: Any) -> Any:
        return structure.unflatten([next(remaining) for _ in range(structure.num_leaves)])

    args = tuple(build(structure) for structure in spec.args)
    kwargs = {name: build(structure) for name, structure in spec.kwargs}
    return build(spec.fun), args, kwargs


def _unhashable(leaves: list[Any], treedef: Any) -> ValueError | None:
    """Return the error that names the static leaf which cannot be hashed."""
    for name, leaf in zip(leaf_names(leaves, treedef), leaves, strict=True):
        if is_array(leaf):
            continue
        try:
            hash(leaf)
        except TypeError as error:
            return ValueError(
                f"Non-hashable static arguments are not supported: `{name}` is {leaf!r:.200}, of "
                f"type `{type(leaf).__name__}` ({error}). `filter_jit` compiles the function anew "
                "for each value of what is no array, and so must hash it. Make it an array, or a "
                "hashable value (a tuple for a list, a frozenset for a set), or a PyTree of such."
            )
    return None


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
    """Return where the function and its arguments lie in the leaves of a call.

    A call is `(args, fun)`, or `(args, kwargs, fun)`.
    """
    args, *maybe_kwargs, fun = treedef.children()
    first = 0
    positional = []
    for structure in args.children():
        positional.append(_Slot(first, structure))
        first += structure.num_leaves
    named = {}
    for kwargs in maybe_kwargs:
        for name, structure in zip(kwargs.node_data()[1], kwargs.children(), strict=True):
            named[name] = _Slot(first, structure)
            first += structure.num_leaves
    return _Slot(first, fun), positional, named
