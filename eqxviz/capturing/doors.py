"""The three doors by which a function is jitted, and how each is watched."""

import weakref
from types import ModuleType
from typing import Any

from eqxviz.capturing.jit import observing_jit
from eqxviz.capturing.observer import Observer
from eqxviz.capturing.watched import Watched
from eqxviz.records import JitFlavour


class JaxDoor:
    """`jax.jit`: replaced in its module, so that what is jitted from now on is seen."""

    def __init__(self, jax: ModuleType, observer: Observer) -> None:
        self._jax: Any = jax
        self._original = jax.jit
        self._jax.jit = observing_jit(jax.jit, observer)

    def close(self) -> None:
        self._jax.jit = self._original


class EquinoxDoor:
    """`equinox.filter_jit`: the class of what it returns is given a call that tells us."""

    def __init__(self, equinox: ModuleType, observer: Observer) -> None:
        self._wrapper: Any = type(equinox.filter_jit(_nothing))
        self._original = original = self._wrapper.__call__
        watched = _WatchedWrappers(observer, JitFlavour.EQUINOX)

        def call(wrapper: Any, /, *args: Any, **kwargs: Any) -> Any:
            return observer.call(watched[wrapper], wrapper, original.__get__(wrapper), args, kwargs)

        self._wrapper.__call__ = call

    def close(self) -> None:
        self._wrapper.__call__ = self._original


class EqxcoreDoor:
    """`eqxcore.filter_jit`: it offers a place for an observer."""

    def __init__(self, observer: Observer) -> None:
        # Only now: it imports JAX, and the script has done that.
        from eqxcore import _transforms

        watched = _WatchedWrappers(observer, JitFlavour.EQXCORE)

        def observe(wrapper: Any, args: tuple[Any, ...], kwargs: dict[str, Any], call: Any) -> Any:
            return observer.call(watched[wrapper], wrapper, call, args, kwargs)

        self._set_observer = _transforms.set_jit_observer
        self._set_observer(observe)

    def close(self) -> None:
        self._set_observer(None)


class _WatchedWrappers:
    """What is known of each wrapper object, for as long as it lives."""

    def __init__(self, observer: Observer, flavour: JitFlavour) -> None:
        self._observer = observer
        self._flavour = flavour
        # By id: a wrapper may hold arrays, and then it neither hashes nor compares.
        self._known: dict[int, tuple[weakref.ref[Any], Watched]] = {}

    def __getitem__(self, wrapper: Any) -> Watched:
        key = id(wrapper)
        known = self._known.get(key)
        if known is not None and known[0]() is wrapper:
            return known[1]
        watched = self._observer.watch(wrapper, self._flavour)
        gone = weakref.ref(wrapper, lambda ref: self._forget(key, ref))
        self._known[key] = gone, watched
        return watched

    def _forget(self, key: int, ref: Any) -> None:
        known = self._known.get(key)
        if known is not None and known[0] is ref:
            del self._known[key]


def _nothing() -> None:
    pass
