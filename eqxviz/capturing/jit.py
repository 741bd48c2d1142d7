"""What `jax.jit` returns under capture: the jitted function, seen when it is called."""

from __future__ import annotations

import copy
import functools
import sys
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from eqxviz.records import JitFlavour

if TYPE_CHECKING:
    from eqxviz.capturing.observer import Observer
    from eqxviz.capturing.watched import Watched

# What JAX, Equinox and eqxcore jit for themselves is theirs; it is not seen.
OWN_PACKAGES = ("jax", "equinox", "eqxcore", "eqxviz")


def _delegated(name: str) -> Any:
    return property(lambda self: getattr(self._eqxviz[0], name))


class ObservedJit:
    # A jitted function that an observer sees being called; everything else is the function's.
    # It compares, hashes and pickles as the function does, and is an instance of its class.
    __slots__ = ("__weakref__", "_eqxviz")

    # Attributes of the class would hide the function's from `__getattr__`.
    __class__ = _delegated("__class__")  # type: ignore[assignment]  # a property that can't be set
    __dict__ = _delegated("__dict__")

    def __init__(self, jitted: Any, observer: Observer, watched: Watched) -> None:
        object.__setattr__(self, "_eqxviz", (jitted, observer, watched))

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        jitted, observer, watched = self._eqxviz
        return observer.call(watched, self, jitted, args, kwargs)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._eqxviz[0], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._eqxviz[0], name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._eqxviz[0], name)

    def __dir__(self) -> list[str]:
        return dir(self._eqxviz[0])

    def __repr__(self) -> str:
        return repr(self._eqxviz[0])

    def __eq__(self, other: object) -> bool:
        return unobserved(self) == unobserved(other)

    def __hash__(self) -> int:
        return hash(self._eqxviz[0])

    def __copy__(self) -> ObservedJit:
        jitted, observer, watched = self._eqxviz
        return ObservedJit(copy.copy(jitted), observer, watched)

    def __deepcopy__(self, memo: dict[int, Any]) -> ObservedJit:
        jitted, observer, watched = self._eqxviz
        return ObservedJit(copy.deepcopy(jitted, memo), observer, watched)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._eqxviz[0].__reduce_ex__(protocol)


# In the class body these two would be the class's own.
ObservedJit.__doc__ = _delegated("__doc__")
ObservedJit.__module__ = _delegated("__module__")


def unobserved(value: Any) -> Any:
    """Return the jitted function itself, of one that is observed."""
    return value._eqxviz[0] if type(value) is ObservedJit else value


def observing_jit(jit: Callable[..., Any], observer: Observer) -> Callable[..., Any]:
    """Return what stands in for `jax.jit`, of which `jit` is the original."""

    def observed(made: Any, maker: str, options: dict[str, Any]) -> Any:
        try:
            watched = observer.watch(made, JitFlavour.JAX, maker=maker, options=options)
        except Exception as error:  # noqa: BLE001 - the call is the user's; it must not fail by us
            observer.feed.failed(error)
            return made
        return ObservedJit(made, observer, watched)

    @functools.wraps(jit)
    def observing(*args: Any, **kwargs: Any) -> Any:
        made = jit(*args, **kwargs)
        frame = sys._getframe(1)
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package in OWN_PACKAGES or not observer.active:
            return made
        maker = frame.f_code.co_filename
        options = {name: value for name, value in kwargs.items() if name != "fun"}
        if args or "fun" in kwargs:
            return observed(made, maker, options)
        return lambda fun: observed(made(fun), maker, options)

    observing.__module__ = "jax"  # where it stands, so that it pickles by its name
    return observing
