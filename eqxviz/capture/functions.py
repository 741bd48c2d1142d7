"""The jitted functions of a run: one row for each place in the code, however often it is made."""

import functools
import inspect
import threading
import weakref
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any, NamedTuple

from eqxviz.records import FunctionSeen, JitFlavour


class Origin(NamedTuple):
    """What identifies a function in the user's code."""

    file: str
    line: int
    name: str


class Function:
    """One row: its totals, and what is needed to draw it. Arrays are not held."""

    def __init__(self, seen: FunctionSeen) -> None:
        self.seen = seen
        self.id = seen.id
        self.is_user = seen.is_user
        self.calls = 0
        self.seconds = 0.0
        self.compiles = 0
        self.n_carried = 0  # leaves of the argument that the result is shaped like; 0: none
        self.target: Callable[[], Any] = lambda: None  # the latest jitted object, or None if dead
        self.abstract_call: tuple[tuple[Any, ...], dict[str, Any]] | None = None

    def leads(self, other: "Function | None") -> bool:
        """Whether this one is the run's step rather than `other`.

        A function that returns a tree shaped like one of its arguments is; among several the one
        called more often, and among those called alike the one with the larger tree.
        """
        if other is None:
            return True
        if bool(self.n_carried) != bool(other.n_carried):
            return bool(self.n_carried)
        if self.n_carried > other.n_carried:
            return self.calls >= other.calls - 1
        return self.calls > other.calls + (1 if self.n_carried < other.n_carried else 0)


class Functions:
    """All rows, by origin and flavour. Safe from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[tuple[Origin, JitFlavour], Function] = {}

    def row(
        self, origin: Origin, flavour: JitFlavour, is_user: bool
    ) -> tuple[Function, FunctionSeen | None]:
        """Return the row of `origin`, and its record if it is new."""
        with self._lock:
            row = self._rows.get((origin, flavour))
            if row is not None:
                return row, None
            seen = FunctionSeen(
                len(self._rows), origin.name, origin.file, origin.line, flavour, is_user
            )
            row = self._rows[origin, flavour] = Function(seen)
            return row, seen

    def __iter__(self) -> Iterator[Function]:
        with self._lock:
            return iter(list(self._rows.values()))

    def get(self, id: int) -> Function | None:
        """Return row `id`, None if there is none."""
        return next((row for row in self if row.id == id), None)


def origin_of(target: Any) -> Origin:
    """Return where the function that `target` jits, wraps or partially applies is written."""
    function = _innermost(target)
    code: CodeType | None = getattr(function, "__code__", None)
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    if code is None:
        return Origin(getattr(function, "__module__", None) or "", 0, str(name))
    return Origin(code.co_filename, code.co_firstlineno, name.replace("<locals>.", ""))


def weakly(target: Any) -> Callable[[], Any]:
    """Return a function that gives `target` while others hold it, None afterwards."""
    try:
        return weakref.ref(target)
    except TypeError:
        return lambda: target


def _innermost(target: Any) -> Any:
    """Follow wrappers, partial applications, methods and callable instances to a function."""
    for _ in range(32):  # a wrapper may, by mistake, wrap itself
        if isinstance(target, functools.partial):
            target = target.func
        elif inspect.ismethod(target):
            target = target.__func__
        elif inspect.isfunction(target):
            inner = getattr(target, "__wrapped__", None)
            if inner is None:
                return target
            target = inner
        elif getattr(target, "__wrapped__", None) is not None:
            target = target.__wrapped__
        elif not isinstance(target, type) and inspect.isfunction(type(target).__call__):
            target = type(target).__call__
        else:
            return target
    return target
