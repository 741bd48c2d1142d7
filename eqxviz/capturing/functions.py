"""The jitted functions of a run: one row for each place in the code, however often it is made."""

import functools
import inspect
import math
import threading
import types
import weakref
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any, NamedTuple

import jax
import numpy as np

from eqxviz.analysis.modules import field_names, is_module
from eqxviz.capturing.timings import RunTimes
from eqxviz.records import FunctionSeen, JitFlavour

_PLAIN = (
    *(str, bytes, bool, int, float, complex, type, np.dtype),
    *(types.ModuleType, types.BuiltinFunctionType),
)
_MAX_PARTS = 1000


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
        self.origin = Origin(seen.file, seen.line, seen.name)
        self.calls = 0
        self.seconds = 0.0
        self.compiles = 0
        self.first_run_seconds = 0.0  # of the calls that compiled, without compiling
        self.later_runs = RunTimes()
        self.batch_size = 0  # of its latest call; 0: not known
        self.n_carried = 0  # leaves of the argument that the result is shaped like; 0: none
        self.tells_scalars = False  # beside what is carried: a loss
        # Of calls that are like steps, while another function is the run's step: how many were
        # made in a row after `_at_step`, how many steps lie there that have none of its points
        # yet, and how far beyond that step the latest call stands.
        self._at_step, self._n_in_row, self._n_free = 0, 0, math.inf
        self.ahead = 0
        self.let_go()

    def let_go(self) -> None:
        """Hold nothing of the user's."""
        self.target: Callable[[], Any] = lambda: None  # the latest jitted object, or None if dead
        self.latest_call: Callable[[], tuple[tuple[Any, ...], dict[str, Any]] | None] = lambda: None

    @property
    def abstract_call(self) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        """The arguments of the latest call that compiled, with shapes in place of arrays."""
        return self.latest_call()

    @property
    def short_name(self) -> str:
        """Its name, without what it is defined in."""
        return self.seen.name.rpartition(".")[2]

    @property
    def is_like_step(self) -> bool:
        """Whether it takes a tree and returns it, with scalars beside it, as a step does."""
        return bool(self.n_carried) and self.tells_scalars

    @property
    def n_after(self) -> int:
        """How many calls came one after the other since the run's step was called last ever."""
        return self._n_in_row if math.isinf(self._n_free) else 0

    def stand_after(self, step: int) -> None:
        """See a call after the run's `step`: those in a row stand at steps of their own.

        They do as far as there is room: two calls after each step stand at that step both. The
        first call ever may be a look at what the step made, and stands there: the second one has
        the place that it has if both are a new part of the run.
        """
        if step == self._at_step:
            self._n_in_row += 1
        else:
            self._n_free = step - self._at_step if self._at_step else math.inf
            self._at_step, self._n_in_row = step, 0
        self.ahead = int(min(self._n_in_row, self._n_free - 1))
        if self.n_after:
            self.ahead += 1

    def stand_at(self, step: int) -> None:
        """See a call that takes no turns with the run's step, or that it is the step no more."""
        self._at_step, self._n_in_row, self._n_free, self.ahead = step, 0, 1, 0

    def leads(self, other: "Function | None") -> bool:
        """Whether this one is the run's step rather than `other`.

        A function that returns a tree shaped like one of its arguments is; among several the one
        that returns scalars with a tree that is not smaller, then the one called more often, and
        among those called alike the one with the larger tree.
        """
        if other is None:
            return True
        if bool(self.n_carried) != bool(other.n_carried):
            return bool(self.n_carried)
        if self.n_carried and self.tells_scalars != other.tells_scalars:
            teller, mute = (self, other) if self.tells_scalars else (other, self)
            if teller.n_carried >= mute.n_carried:
                return teller is self
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


def code_of(target: Any) -> CodeType | None:
    """Return the code of the function that `target` jits, None where it is not Python's."""
    return getattr(_innermost(target), "__code__", None)


def kept(target: Any) -> Callable[[], Any]:
    """Return a function that gives `target` later on, None if it does not exist any more.

    It is held only if that keeps no array alive: a function made inside `main()` can then be drawn
    after the script's end.
    """
    if not _may_hold_arrays(target):
        return lambda: target
    try:
        return weakref.ref(target)
    except TypeError:
        return lambda: None


def _may_hold_arrays(value: Any) -> bool:
    """Whether an array can be reached from `value`; True where that cannot be told."""
    waiting, seen = [value], {id(value)}
    while waiting:
        parts = _parts(waiting.pop())
        if parts is None or len(seen) > _MAX_PARTS:
            return True
        for part in parts:
            if id(part) not in seen:
                seen.add(id(part))
                waiting.append(part)
    return False


def _parts(value: Any) -> list[Any] | None:
    """Return what `value` holds, None for what may hold anything."""
    if value is None or type(value) is object or isinstance(value, _PLAIN):
        return []
    if isinstance(value, types.FunctionType):
        cells = [cell.cell_contents for cell in value.__closure__ or () if _is_filled(cell)]
        return [*cells, *(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
    if isinstance(value, functools.partial):
        return [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, (tuple, list, set, frozenset)):
        return list(value)
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, jax.stages.Wrapped):
        return [getattr(value, "__wrapped__", None)]
    if is_module(value):
        return [getattr(value, name, None) for name in field_names(value)]
    if isinstance(value, types.MethodType):
        return [value.__self__, value.__func__]
    if _is_written_in_python(type(value)):
        return list(vars(value).values())
    return None


def _is_written_in_python(cls: type) -> bool:
    """Whether everything that an instance of `cls` holds is in its `__dict__`."""
    first, *_ = reversed(cls.__mro__[:-1])
    return {"__dict__", "__weakref__"} <= vars(first).keys() and not any(
        "__slots__" in vars(base) for base in cls.__mro__
    )


def _is_filled(cell: types.CellType) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:  # a name that is not assigned yet
        return False


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
