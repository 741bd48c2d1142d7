"""The variables of a frame, and what is in them, without running code of the user's to tell."""

import collections
import inspect
import itertools
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from time import perf_counter
from types import CodeType, FrameType, SimpleNamespace
from typing import Any

import numpy as np

from eqxviz.analysis.jax_classes import is_array_class, is_imported, is_tracer_class
from eqxviz.analysis.modules import field_names, is_module
from eqxviz.analysis.short_text import item_text, own_text
from eqxviz.capturing.jit import unobserved
from eqxviz.records import Variable, Variables
from eqxviz.worker import cards
from eqxviz.worker.naming import LostNameError, look_up

_MOST = 200
_MOST_NODES = 2_000  # that are looked at to tell whether a value holds arrays
_COUNTING_SECONDS = 0.1  # of the sizes of all models of a frame
_NO_PARTS = (
    types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, type,
)  # fmt: skip


def variables_of(frame: FrameType, number: int, last: Mapping[str, Any]) -> Variables:
    """Return the variables of a frame, which has that `number` in the stack.

    Of a module data comes first, then functions and classes, then modules. `last` is shown first.
    """
    local, used = _locals(frame), _used_globals(frame)
    clock = _Clock()
    every = [(n, v, False) for n, v in (*last.items(), *local)] + [(n, v, True) for n, v in used]
    shown = tuple(_variable(n, v, clock, is_global=g) for n, v, g in every[:_MOST])
    return Variables(number, "", shown, len(every) - len(shown))


def parts_of(frame: FrameType, number: int, path: str, last: Mapping[str, Any]) -> Variables:
    """Return what is in a variable of a frame.

    Raises:
        CardError: If the path leads nowhere.
    """
    parts, n_parts = _parts(value_at(frame, path, last))
    clock = _Clock()
    shown = tuple(_variable(n, v, clock) for n, v in itertools.islice(parts, _MOST))
    return Variables(number, path, shown, n_parts - len(shown))


def value_at(frame: FrameType, path: str, last: Mapping[str, Any]) -> Any:
    """Return what `path` means in a frame: `model.layers[0]`. Names in `last` hide the frame's.

    Raises:
        CardError: If it leads nowhere.
    """
    names = {**frame.f_globals, **frame.f_locals, **last}
    try:
        return look_up(SimpleNamespace(**names), path)
    except LostNameError as error:
        code = frame.f_code
        raise cards.error(
            "no-such-name", f"There is no {path} in {code.co_name}", cards.sentence(str(error)),
            "Choose one of the variables of the frame as it is now.",
            code.co_filename, frame.f_lineno,
        ) from error  # fmt: skip


def class_name(value: Any) -> str:
    """Return what the class of a value is called; JAX's own classes of arrays as one."""
    cls = type(unobserved(value))
    if is_tracer_class(type(value)):
        return "Tracer"
    return "Array" if is_array_class(cls) else cls.__name__


def trees_of(frame: FrameType) -> dict[str, Any]:
    """Return the variables of a frame that hold arrays, its locals first."""
    every = (*_locals(frame), *_used_globals(frame))
    return {name: value for name, value in every if holds_arrays(value)}


def holds_arrays(value: Any) -> bool:
    """Whether there is an array among the first some thousand nodes of a value.

    Before the script has imported JAX there is none: what opens them as a tree is JAX.
    """
    if not is_imported():
        return False
    from eqxviz.analysis.leaves import is_array

    waiting = [value]
    for n, node in enumerate(waiting):  # grows while it is read
        if n >= _MOST_NODES:
            break
        try:
            if is_array(node):
                return True
            room = max(0, _MOST_NODES - len(waiting))
            if room:
                waiting.extend(itertools.islice(_children(node), room))
        except (Exception, SystemExit):  # noqa: BLE001 - flattening is the user's code
            continue
    return False


def _children(node: Any) -> Iterable[Any]:
    from eqxviz.analysis import compat

    cls = type(node)
    if cls is list or cls is tuple:
        return node
    if cls is dict:
        return node.values()
    return (child for _, child in compat.one_level(node) or ())


class _Clock:
    """How long the sizes of models may still be counted for one answer."""

    def __init__(self) -> None:
        self._stop = perf_counter() + _COUNTING_SECONDS

    def is_over(self) -> bool:
        """Whether the time is up."""
        return perf_counter() > self._stop


def _variable(name: str, value: Any, clock: _Clock, *, is_global: bool = False) -> Variable:
    return Variable(
        name,
        class_name(value),
        _model_text(value, clock) if is_module(value) else own_text(value),
        is_global,
        has_parts=_parts(value)[1] > 0,
        is_tree=holds_arrays(value),
    )


def _model_text(model: Any, clock: _Clock) -> str:
    """Return a Module's class and the number of its parameters, where they are few enough."""
    from eqxviz.analysis import compat  # JAX, which a Module has brought
    from eqxviz.analysis.leaves import is_array

    n_numbers, waiting = 0, [model]
    for n, node in enumerate(waiting):
        if n % 64 == 0 and clock.is_over():
            return own_text(model)
        try:
            if is_array(node):
                n_numbers += node.size if compat.is_inexact_dtype(node.dtype) else 0
            else:
                waiting.extend(_children(node))
        except (Exception, SystemExit):  # noqa: BLE001 - flattening is the user's code
            return own_text(model)
    return f"{type(model).__name__}, {n_numbers:,} parameters" if n_numbers else own_text(model)


def _locals(frame: FrameType) -> list[tuple[str, Any]]:
    names = dict(frame.f_locals)
    found = [(name, value) for name, value in names.items() if name.isidentifier()]
    if frame.f_code.co_flags & inspect.CO_OPTIMIZED:
        return found
    own = [pair for pair in found if not (pair[0].startswith("__") and pair[0].endswith("__"))]
    return sorted(own, key=lambda pair: _rank(pair[1]))


def _rank(value: Any) -> int:
    cls = type(unobserved(value))
    if issubclass(cls, types.ModuleType):
        return 2
    return 1 if issubclass(cls, _NO_PARTS) else 0


def _used_globals(frame: FrameType) -> list[tuple[str, Any]]:
    """Return the globals that the function of a frame uses, those apart that are code."""
    if frame.f_locals is frame.f_globals:
        return []
    local = set(frame.f_locals)
    names = dict.fromkeys(n for n in _names(frame.f_code) if n not in local)
    found = [(name, frame.f_globals[name]) for name in names if name in frame.f_globals]
    return [pair for pair in found if _rank(pair[1]) == 0]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _parts(value: Any) -> tuple[Iterable[tuple[str, Any]], int]:
    """Return the parts of a value by their accessors, and how many they are."""
    # By its class: an object's own `__class__` may raise, or say what it stands for.
    value = unobserved(value)
    cls = type(value)
    if issubclass(cls, (*_NO_PARTS, np.ndarray)) or is_array_class(cls) or is_tracer_class(cls):
        return (), 0
    if issubclass(cls, dict):
        pairs: Sequence[tuple[Any, Any]] = list(itertools.islice(dict.items(value), _MOST))
        return [(item_text(k), v) for k, v in pairs], dict.__len__(value)
    names = getattr(cls, "_fields", None)
    if issubclass(cls, tuple) and isinstance(names, tuple):
        return [(f".{n}", v) for n, v in zip(names, value, strict=False)], len(names)
    if issubclass(cls, (list, tuple, collections.deque)):
        first = itertools.islice(value, _MOST)
        return [(f"[{i}]", v) for i, v in enumerate(first)], len(value)
    attributes = _attributes(value)
    return [(f".{n}", v) for n, v in attributes.items()], len(attributes)


def _attributes(value: Any) -> dict[str, Any]:
    """Return what an object holds by itself: no properties, nothing of its class."""
    try:
        own: dict[str, Any] = object.__getattribute__(value, "__dict__")
        found = {name: each for name, each in own.items() if not name.startswith("__")}
    except (AttributeError, TypeError):
        found = {}
    for cls in type(value).__mro__:
        if not isinstance(vars(cls).get("__slots__"), (tuple, list)):
            continue
        for name, slot in list(vars(cls).items()):
            if isinstance(slot, types.MemberDescriptorType):
                try:
                    found[name] = slot.__get__(value)
                except AttributeError:  # it is not set
                    continue
    first = [name for name in field_names(value) if name in found]
    return {name: found[name] for name in (*first, *(n for n in found if n not in first))}
