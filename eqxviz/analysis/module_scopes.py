"""Names for the calls of Modules in a jaxpr: which instance, by its path in the arguments.

JAX records for each equation the names pushed by `jax.named_scope`, and keeps them through
transformations. So while a function is traced, the `__call__` of each Module class is wrapped to
push the path of the instance that is called.
"""

import functools
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

import jax

from eqxviz.analysis import compat
from eqxviz.analysis.children import accessor
from eqxviz.analysis.modules import is_layer_class, is_module, module_classes

_MARK = "eqxviz-module:"
_MAX_SEARCHED = 100_000


class ModuleScope(NamedTuple):
    """A scope that was pushed for the call of a Module."""

    path: str  # ".layers[0]" below the calling Module; "model" or a class stands on its own
    class_name: str
    call: int  # which call, of all that were made while tracing, from 1
    caller: int  # the call that it was made in; 0 where none pushed a name


def joined(caller: str, path: str) -> str:
    """Return the whole path of a Module that is at `path` as told from its caller's call."""
    return caller + path if path.startswith((".", "[")) else path


def module_scope(scope: str) -> ModuleScope | None:
    """Return what a name on an equation's stack says of a Module; None if the user pushed it."""
    if not scope.startswith(_MARK):
        return None
    call, caller, class_name, path = scope[len(_MARK) :].split(":", 3)
    return ModuleScope(path, class_name, int(call), int(caller))


@contextmanager
def modules_named(
    roots: Sequence[tuple[str, Any]], drawn: Any = None
) -> Generator[None, None, None]:
    """Name the calls of Modules made in this thread, by their paths from `roots`.

    `roots` are what the traced function is called with, by name, and the function itself. Calls in
    other threads push no name, nor does the call of `drawn`, the Module whose call is drawn.
    """
    before = getattr(_active, "namer", None)
    _active.namer = _Namer(roots, drawn)
    _patches.acquire()
    try:
        yield
    finally:
        _patches.release()
        _active.namer = before


class _Found(NamedTuple):
    """An object among the arguments."""

    path: str
    module: Any
    depth: int  # how many steps from the root


class _Call(NamedTuple):
    """The call of a Module that is going on."""

    module: Any
    path: str  # the whole one
    number: int  # 0 where no name was pushed for it


class _Namer:
    """Finds the paths of the Modules that are called while one function is traced."""

    def __init__(self, roots: Sequence[tuple[str, Any]], drawn: Any) -> None:
        self._roots = roots
        self._drawn = drawn
        self._n_calls = 0
        self._calls: list[_Call] = []  # those going on, outermost first
        # Modules by the Module (or None: the roots) under which they were searched.
        self._indexes: dict[int, tuple[Any, list[_Found]]] = {}

    def call(self, module: Any, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Return the result of `function`, the call of `module`, made under its name."""
        caller = self._calls[-1] if self._calls else _Call(None, "", 0)
        if caller.module is module:  # super().__call__
            return function(*args, **kwargs)
        path = self._path(module)
        is_named = module is not self._drawn
        self._n_calls += is_named
        number = self._n_calls if is_named else 0
        self._calls.append(_Call(module, joined(caller.path, path), number))
        try:
            if not is_named:
                return function(*args, **kwargs)
            class_name = type(module).__name__
            with jax.named_scope(f"{_MARK}{number}:{caller.number}:{class_name}:{path}"):
                return function(*args, **kwargs)
        finally:
            self._calls.pop()

    def _path(self, module: Any) -> str:
        """Return where `module` is: by identity, else as the nearest one alike.

        Transformations take a Module apart and put a new one together, so identity is lost there.
        The moments of an optimiser have the structure of the model too, and lie deeper than it.
        A place below the calling Module is told from there, since one jaxpr may serve the calls of
        many: the jitted layers of a network.
        """
        *outer, caller = [(call.module, call.path) for call in self._calls] or [(None, "")]
        for alike in (_is, _same_structure):
            for holder, path in [(caller[0], ""), *reversed(outer), (None, "")]:
                found = [row for row in self._below(holder) if alike(module, row.module)]
                nearest = [row for row in found if row.depth == found[0].depth]
                if len(nearest) == 1:
                    return path + nearest[0].path
        return type(module).__name__

    def _below(self, holder: Any) -> list[_Found]:
        """Return the Modules below `holder`, or below all roots if it is None, nearest first."""
        known = self._indexes.get(id(holder))
        if known is None:
            roots = self._roots if holder is None else _children(holder)
            known = self._indexes[id(holder)] = (holder, list(_modules_in(roots)))
        return known[1]


def _is(module: Any, other: Any) -> bool:
    return module is other


def _same_structure(module: Any, other: Any) -> bool:
    if type(module) is not type(other):
        return False
    try:
        structure = compat.tree_util.tree_structure
        return bool(structure(module) == structure(other))
    except (TypeError, ValueError):  # a static field that cannot be compared: an array
        return False


def _modules_in(roots: Sequence[tuple[str, Any]]) -> Iterator[_Found]:
    """Yield the Modules in `roots`, nearest first, each object once."""
    waiting = [_Found(path, value, 0) for path, value in roots]
    seen: set[int] = set()
    for row in waiting:  # grows while it is read
        value = row.module
        if id(value) in seen or len(waiting) > _MAX_SEARCHED:
            continue
        seen.add(id(value))
        if is_module(value):
            yield row
        children = _children(value)
        waiting.extend(_Found(row.path + key, child, row.depth + 1) for key, child in children)


def _children(value: Any) -> list[tuple[str, Any]]:
    if not (is_module(value) or isinstance(value, (list, tuple, dict))):
        return []
    try:
        pairs = compat.one_level(value)
    except (TypeError, ValueError):  # it cannot be flattened, so nothing below it is traced
        return []
    return [(accessor(key), child) for key, child in pairs or ()]


class _Patches:
    """The wrapped `__call__` of every Module class, while at least one function is traced."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._originals: list[tuple[type, Any]] = []

    def acquire(self) -> None:
        with self._lock:
            self._users += 1
            if self._users == 1:
                for cls in module_classes():
                    if is_layer_class(cls) and "__call__" in vars(cls):
                        original = vars(cls)["__call__"]
                        self._originals.append((cls, original))
                        type.__setattr__(cls, "__call__", _named(original))

    def release(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                for cls, original in self._originals:
                    type.__setattr__(cls, "__call__", original)
                self._originals.clear()


_patches = _Patches()
_active = threading.local()


def _named(original: object) -> Callable[..., Any]:
    """Return a `__call__` that pushes its Module's name where a function is being traced."""
    bind = getattr(type(original), "__get__", None)

    def call_named(self: Any, *args: Any, **kwargs: Any) -> Any:
        function = cast(Any, original if bind is None else bind(original, self, type(self)))
        namer = cast("_Namer | None", getattr(_active, "namer", None))
        if namer is None:
            return function(*args, **kwargs)
        return namer.call(self, function, *args, **kwargs)

    return functools.wraps(original)(call_named) if callable(original) else call_named
