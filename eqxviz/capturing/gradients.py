"""Which leaves of whose arguments are differentiated: seen when a gradient function is called.

Inside a jitted function that is while it is traced, once for each compilation. A call like one that
was seen before costs a flattening of its argument.
"""

import contextlib
import functools
import inspect
import sys
import threading
from collections.abc import Callable, Generator
from types import ModuleType
from typing import Any, NamedTuple

import jax.tree_util as jtu
import numpy as np

from eqxviz.analysis import model_tree
from eqxviz.analysis.user_code import UserCode
from eqxviz.capturing.functions import origin_of
from eqxviz.capturing.jit import OWN_PACKAGES
from eqxviz.capturing.observer import Observer
from eqxviz.records import GradientSeen, NodeFlag

_collecting = threading.local()
_MOST_SEEN = 64  # of one run
_MOST_ALIKE = 8  # of one argument of a function: its structure changes from call to call


class Gradients:
    """The gradient functions that a run has called."""

    def __init__(self, observer: Observer, user_code: UserCode) -> None:
        self._observer = observer
        self._user_code = user_code
        self._known: dict[tuple[Any, str], list[Any]] = {}
        self._n_seen = 0

    def look(self, function: Any, arguments: dict[int, Any]) -> None:
        """See that `function` is differentiated in these of its arguments, by position."""
        if not self._observer.active:
            return
        try:
            origin = origin_of(function)
            if self._n_seen < _MOST_SEEN and self._user_code.is_user(origin.file):
                for position, value in arguments.items():
                    self._look(origin, _name_of(function, position), value)
        except Exception as error:  # noqa: BLE001 - the call is the user's; it must not fail by us
            self._observer.feed.failed(error)

    def _look(self, origin: Any, name: str, value: Any) -> None:
        structure = jtu.tree_structure(value)
        known = self._known.setdefault((origin, name), [])
        if structure in known or len(known) >= _MOST_ALIKE:
            return
        known.append(structure)
        tree = model_tree(value, name, 0)
        is_inexact = (tree.flags & np.uint32(NodeFlag.INEXACT)) != 0
        function = origin.name.rpartition(".")[2]
        seen = GradientSeen(self._n_seen, function, origin.file, origin.line, tree, is_inexact)
        self._n_seen += 1
        self._observer.feed.tell(seen)


class Taken(NamedTuple):
    """What a gradient function has returned."""

    name: str  # of the function that it differentiates
    result: Any


@contextlib.contextmanager
def collected() -> Generator[list[Taken]]:
    """Give what gradient functions return meanwhile, in this thread."""
    before = getattr(_collecting, "taken", None)
    _collecting.taken = taken = list[Taken]()
    try:
        yield taken
    finally:
        _collecting.taken = before


def _noted(function: Any, result: Any) -> Any:
    taken: list[Taken] | None = getattr(_collecting, "taken", None)
    if taken is not None:
        taken.append(Taken(origin_of(function).name.rpartition(".")[2], result))
    return result


class JaxGradDoor:
    """`jax.grad` and `jax.value_and_grad`: replaced in their module."""

    def __init__(self, jax: ModuleType, gradients: Gradients) -> None:
        global _gradients
        _gradients = gradients
        self._jax: Any = jax
        self._originals = {name: getattr(jax, name) for name in ("grad", "value_and_grad")}
        for name, original in self._originals.items():
            setattr(jax, name, _observing(original))

    def close(self) -> None:
        global _gradients
        _gradients = None
        for name, original in self._originals.items():
            setattr(self._jax, name, original)


class FilterGradDoor:
    """`filter_grad` and `filter_value_and_grad` of eqxcore or Equinox.

    The classes of what they return are given a call that tells us.
    """

    def __init__(self, library: ModuleType, gradients: Gradients) -> None:
        self._calls: dict[Any, Any] = {}
        for make in (library.filter_grad, library.filter_value_and_grad):
            cls: Any = type(make(_nothing))
            if cls not in self._calls:
                self._calls[cls] = vars(cls).get("__call__")
                cls.__call__ = _telling(cls.__call__, gradients)

    def close(self) -> None:
        for cls, call in self._calls.items():
            if call is None:
                del cls.__call__
            else:
                cls.__call__ = call


# Not held by what `jax.grad` returns: that is the user's, and is kept as long as it holds no array.
_gradients: Gradients | None = None


def _observing(make: Callable[..., Any]) -> Callable[..., Any]:
    """Return what stands in for `make`, which is `jax.grad` or its like."""

    @functools.wraps(make)
    def observing(*args: Any, **kwargs: Any) -> Any:
        made = make(*args, **kwargs)
        frame = sys._getframe(1)
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package in OWN_PACKAGES or _gradients is None:
            return made
        function = args[0] if args else kwargs["fun"]
        argnums = args[1] if len(args) > 1 else kwargs.get("argnums", 0)
        return _observed(made, function, (argnums,) if isinstance(argnums, int) else argnums)

    observing.__module__ = "jax"  # where it stands, so that it pickles by its name
    return observing


def _observed(made: Any, function: Any, argnums: Any) -> Any:
    @functools.wraps(made)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        if _gradients is not None:
            at = [int(i) % len(args) for i in argnums if -len(args) <= int(i) < len(args)]
            _gradients.look(function, {i: args[i] for i in at})
        return _noted(function, made(*args, **kwargs))

    return gradient


def _telling(call: Any, gradients: Gradients) -> Any:
    @functools.wraps(call)
    def telling(wrapper: Any, /, *args: Any, **kwargs: Any) -> Any:
        if args:
            gradients.look(wrapper, {0: args[0]})
        return _noted(wrapper, call(wrapper, *args, **kwargs))

    return telling


def _name_of(function: Any, position: int) -> str:
    """Return what a function calls its argument at `position`."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return names[position] if position < len(names) else f"argument_{position}"


def _nothing() -> None:
    pass
