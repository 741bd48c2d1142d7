"""Keeping what the latest call was given, so that it can be replayed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
from jax.sharding import SingleDeviceSharding

from eqxviz.analysis import compat
from eqxviz.analysis.tracing import argument_names
from eqxviz.capturing.functions import Function
from eqxviz.capturing.held import KeptCall
from eqxviz.capturing.parameters import chosen, filter_options
from eqxviz.capturing.watched import Watched
from eqxviz.records import JitFlavour, Keeping

Arguments = tuple[tuple[Any, ...], dict[str, Any]]
_TELL_SECONDS = 0.25
_MAPPED = (
    "It was called within jax.vmap, where each argument stands for many values and for no single "
    "one. Jit what is mapped, too: the outer call is kept then."
)


@dataclass(eq=False)
class _Donated:
    """Which leaves of the calls of one structure are donated."""

    structure: Any
    places: tuple[int, ...]


class Keeper:
    """Holds the latest call of the user's while keeping is on. Calls come from any thread.

    What a call would donate is copied, and it is given the copies: the script's own arrays live
    on, and nothing is compiled anew for it.

    Args:
        tell: Has a `Keeping` recorded.
        attend: Is told whether every call is to be brought here.
    """

    def __init__(self, tell: Callable[[Keeping], None], attend: Callable[[bool], None]) -> None:
        self.is_on = False
        self.kept: KeptCall | None = None
        self._tell = tell
        self._attend = attend
        self._donated: WeakKeyDictionary[Watched, _Donated] = WeakKeyDictionary()
        self._told: Keeping | None = None
        self._tell_due = 0.0

    def turn(self, is_on: bool) -> None:
        """Keep calls from now on, or let go of the kept one and keep none."""
        if is_on is self.is_on:
            return
        self.is_on = is_on
        self._attend(is_on)
        if not is_on:
            self.kept = None
            self._donated = WeakKeyDictionary()
        self.tell()

    def keep(
        self,
        watched: Watched,
        function: Function,
        target: Any,
        call: Arguments,
        is_plain: bool,
    ) -> tuple[KeptCall, Arguments]:
        """Keep the arguments of a call. Return it, and those that it is to be given."""
        leaves, structure = jtu.tree_flatten(call)
        given = list(leaves)
        if not is_plain:
            leaves = [compat.concrete(leaf) for leaf in leaves]
        number = function.calls + 1
        if not is_plain and any(leaf is None for leaf in leaves):  # None is no leaf
            self.kept = kept = KeptCall(function.id, number, target, (), {}, 0, 0, None, _MAPPED)
            return kept, call
        copied, n_copied = self._places(watched, target, call, structure), 0
        places = [i for i in copied if _is_live(given[i])]
        for place, copy in zip(places, copies([given[i] for i in places]), strict=True):
            given[place] = copy
            n_copied += copy.nbytes
        for place, leaf in enumerate(leaves):
            if type(leaf) is np.ndarray:  # which the script may write into
                leaves[place] = leaf.copy()
                n_copied += leaf.nbytes
        args, kwargs = structure.unflatten(leaves)
        n_bytes = sum([getattr(leaf, "nbytes", 0) for leaf in leaves])
        kept = KeptCall(function.id, number, target, args, kwargs, n_bytes, n_copied)
        self.kept = kept
        return kept, structure.unflatten(given) if places else call

    def finish(self, kept: KeptCall, watched: Watched, result: Any, is_plain: bool) -> None:
        """Keep what a call returned, and find out whether its arguments are still there."""
        kept.result = result if is_plain else jtu.tree_map(compat.concrete, result)
        if watched.donates and not kept.why_not:
            gone = _gone(kept)
            if gone:
                kept.why_not = (
                    f"{gone} was donated to the call and is gone: nothing said so before it."
                )
                kept.args, kept.kwargs = (), {}
        if time.monotonic() >= self._tell_due:
            self.tell()

    def tell(self) -> None:
        """Tell what is kept now, if that is news."""
        kept = self.kept
        news = Keeping(self.is_on)
        if kept is not None:
            size = kept.n_bytes, kept.n_copied_bytes
            news = Keeping(self.is_on, kept.function, kept.call, *size, kept.why_not)
        if news != self._told:
            self._told, self._tell_due = news, time.monotonic() + _TELL_SECONDS
            self._tell(news)

    def _places(
        self, watched: Watched, target: Any, call: Arguments, structure: Any
    ) -> tuple[int, ...]:
        """Return which leaves the call would donate."""
        known = self._donated.get(watched)
        if known is None or known.structure != structure:
            places = tuple(_donated_places(watched, target, call))
            known = self._donated[watched] = _Donated(structure, places)
        return known.places


def copies(arrays: Sequence[jax.Array]) -> list[jax.Array]:
    """Return copies of arrays, of which JAX cannot tell that they are others: it compiles nothing
    anew for them.
    """
    made: list[Any] = [None] * len(arrays)
    alone = [i for i, x in enumerate(arrays) if isinstance(x.sharding, SingleDeviceSharding)]
    # A computation commits all that it makes to a device, if one of its arguments is.
    for is_committed in (False, True):
        places = [i for i in alone if arrays[i].committed is is_committed]
        try:
            together = _copied([arrays[i] for i in places]) if places else []
        except ValueError:  # they are on several devices
            together = [arrays[i].copy() for i in places]
        for i, copy in zip(places, together, strict=True):
            made[i] = copy
    # A computation may give another sharding, though it means the same.
    for i, array in enumerate(arrays):
        if made[i] is None:
            made[i] = jax.device_put(array, array.sharding, may_alias=False)
    return made


@jax.jit
def _copied(arrays: list[jax.Array]) -> list[jax.Array]:
    return [jnp.copy(array) for array in arrays]


def _is_live(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and not compat.is_tracer(leaf) and not leaf.is_deleted()


def _is_gone(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and leaf.is_deleted()


def _donated_places(watched: Watched, target: Any, call: Arguments) -> list[int]:
    args, kwargs = call
    function = getattr(target, "__wrapped__", target)
    if watched.flavour is JitFlavour.JAX:
        numbers, names = chosen(function, watched.options, "donate")
        at = {n if n >= 0 else n + len(args) for n in numbers}
    else:
        asked = str(filter_options(target).get("donate", "none"))
        if asked == "none":
            return []
        spared = {0} if asked.endswith("except-first") else set[int]()
        at, names = set(range(len(args))) - spared, set(kwargs)
    places: list[int] = []
    n = 0
    # In the order of the leaves: a dict's keys are sorted.
    for is_given, value in (
        *((i in at, arg) for i, arg in enumerate(args)),
        *((name in names, kwargs[name]) for name in sorted(kwargs)),
    ):
        size = len(jtu.tree_leaves(value))
        if is_given:
            places += range(n, n + size)
        n += size
    return places


def _gone(kept: KeptCall) -> str:
    """Return the first array of the arguments that is deleted; "" if they are all there."""
    if not any(map(_is_gone, jtu.tree_leaves((kept.args, kept.kwargs)))):
        return ""
    names = argument_names(kept.target, len(kept.args))
    arguments = [*zip(names, kept.args, strict=True), *kept.kwargs.items()]
    for name, value in arguments:
        for keys, leaf in jtu.tree_flatten_with_path(value)[0]:
            if _is_gone(leaf):
                return f"`{name}{jtu.keystr(keys)}`"
    return ""
