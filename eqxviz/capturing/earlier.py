"""Functions that were jitted before capture began: seen from now on, where they can be replaced."""

import functools
import gc
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import jax

from eqxviz.analysis import compat
from eqxviz.analysis.user_code import UserCode
from eqxviz.capturing.functions import Origin, origin_of
from eqxviz.capturing.jit import OWN_PACKAGES, ObservedJit
from eqxviz.capturing.observer import Observer
from eqxviz.records import JitFlavour, Problem, Severity

_MOST_HOLDERS = 20_000
_MOST_ITEMS = 10_000  # of a list or a dictionary; a larger one holds data
_MOST_NAMED = 8


def adopt(observer: Observer, user_code: UserCode) -> Problem | None:
    """Put observed functions in the place of jitted ones in all that the user's modules hold.

    Those are globals, attributes of classes and of objects, items of lists and dictionaries; what
    is held by a closure or by a library is not found. Returns a note of those that stay unseen.
    To be called once `jax.jit` is watched.
    """
    search = _Search(observer, user_code)
    search.replace_all()
    return _note(search.unseen())


class _Search:
    def __init__(self, observer: Observer, user_code: UserCode) -> None:
        self._observer = observer
        self._user_code = user_code
        self._jit: Any = jax.jit  # the one that is watched
        self._original: Any = self._jit.__wrapped__
        self._kind = type(self._original(_nothing))
        self._maker = "<before capture>"  # no file, and none of a library
        self._adopted: dict[int, ObservedJit] = {}  # by the id of what it stands for, and holds
        self._seen: set[int] = set()
        self._modules: set[str] = set()

    def replace_all(self) -> None:
        """Walk the user's modules."""
        modules = [m for m in list(sys.modules.values()) if self._is_users_module(m)]
        self._modules = {module.__name__ for module in modules}
        waiting: list[Any] = [vars(module) for module in modules]
        self._seen = {id(names) for names in waiting}
        while waiting and len(self._seen) < _MOST_HOLDERS:
            waiting += self._replace_in(waiting.pop())

    def unseen(self) -> list[Origin]:
        """Return the user's jitted functions that nothing was put in the place of."""
        if any(map(self._is_unseen, self._all_jitted())):
            gc.collect()  # a cell that was run again leaves its old functions for this
        return sorted(origin_of(each) for each in self._all_jitted() if self._is_unseen(each))

    def _all_jitted(self) -> list[Any]:
        kind = self._kind
        return [each for each in gc.get_objects() if type(each) is kind]

    def _is_users_module(self, module: Any) -> bool:
        if not isinstance(module, ModuleType):
            return False
        file = getattr(module, "__file__", None)
        is_main = module.__name__ == "__main__"
        return is_main or (isinstance(file, str) and self._user_code.is_user(file))

    def _replace_in(self, holder: Any) -> Iterator[Any]:
        """Replace what `holder` holds itself, and yield what may hold more."""
        for key, value in _slots(holder):
            instead = self._instead(value)
            if instead is not None:
                _put(holder, key, instead)
                continue
            inner = self._inner(value)
            if inner is not None and id(inner) not in self._seen:
                self._seen.add(id(inner))
                yield inner

    def _inner(self, value: Any) -> Any:
        """Return what holds the parts of `value`, None for what is not looked into."""
        if type(value) in (dict, list):
            return value if len(value) <= _MOST_ITEMS else None
        if isinstance(value, type):
            return value if value.__module__ in self._modules else None
        if type(value).__module__ in self._modules and not isinstance(value, ModuleType):
            names = getattr(value, "__dict__", None)
            return names if type(names) is dict else None
        return None

    def _instead(self, value: Any) -> Any:
        """Return what is to be put in the place of `value`, None to leave it."""
        kind = type(value)
        if value is self._original:
            return self._jit
        if kind is self._kind:
            return None if self._is_own(value) else self._observed(value)
        if kind is functools.partial and value.func is self._original:
            return functools.partial(self._jit, *value.args, **value.keywords)
        if kind in (staticmethod, classmethod):
            inner = self._instead(value.__func__)
            return kind(inner) if inner is not None else None
        return None

    def _observed(self, jitted: Any) -> ObservedJit:
        found = self._adopted.get(id(jitted))
        if found is None:
            # The user's, wherever the function that it jits comes from.
            watched = self._observer.watch(
                jitted, JitFlavour.JAX, maker=self._maker, options=compat.jit_options(jitted)
            )
            found = self._adopted[id(jitted)] = ObservedJit(jitted, self._observer, watched)
        return found

    def _is_own(self, jitted: Any) -> bool:
        """Whether it is a function of a library, such as `jax.numpy.where`, and not the user's."""
        module = str(getattr(jitted, "__module__", ""))
        if module.partition(".")[0] not in OWN_PACKAGES:
            return False
        home = sys.modules.get(module)
        return getattr(home, getattr(jitted, "__name__", ""), None) is jitted

    def _is_unseen(self, value: Any) -> bool:
        if id(value) in self._adopted:
            return False
        code = getattr(getattr(value, "__wrapped__", None), "__code__", None)
        # A wrapper of Equinox's goes by the name and the place of what it wraps.
        file = code.co_filename if code is not None else origin_of(value).file
        return self._user_code.is_user(file)


def _slots(holder: Any) -> list[tuple[Any, Any]]:
    """Return each value that `holder` holds, behind what it is held by."""
    if isinstance(holder, list):
        return list(enumerate(holder))
    return list((vars(holder) if isinstance(holder, type) else holder).items())


def _put(holder: Any, key: Any, value: Any) -> None:
    if isinstance(holder, type):
        setattr(holder, key, value)
    else:
        holder[key] = value


def _note(unseen: list[Origin]) -> Problem | None:
    if not unseen:
        return None
    names = [f"{origin.name} (line {origin.line})" for origin in unseen[:_MOST_NAMED]]
    more = f", and {len(unseen) - _MOST_NAMED} more" if len(unseen) > _MOST_NAMED else ""
    is_one = len(unseen) == 1
    what = "1 function was" if is_one else f"{len(unseen)} functions were"
    return Problem(
        "jitted-earlier",
        Severity.NOTE,
        f"{what} jitted before eqxviz.capture(), and cannot be observed",
        f"{', '.join(names)}{more}: {'it is' if is_one else 'they are'} held where nothing can be "
        "put in their place, such as in a closure.",
        "Call eqxviz.capture() before they are made, or make them again.",
        unseen[0].file,
        unseen[0].line,
    )


def _nothing() -> None:
    pass
