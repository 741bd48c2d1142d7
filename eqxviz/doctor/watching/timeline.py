"""What was computed after what, of which results, and with which keys."""

import sys
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import jax
import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.key_values import may_be_keys
from eqxviz.analysis.leaves import is_array
from eqxviz.analysis.user_code import UserCode
from eqxviz.doctor.code.frames import Frames, frames_of
from eqxviz.doctor.seen import Operation

_MOST_EVENTS = 200_000


@dataclass(eq=False)
class Event:
    """An operation outside of jit, or a call of a jitted function of the user's."""

    number: int
    sources: tuple[int, ...]  # the events that made its inputs, those that are known
    is_known: bool  # whether they are known of all inputs but single numbers
    n_inputs: int
    frames: Frames = ()  # of the user's; () where it has nothing to do with keys
    operation: Operation | None = None
    function: int = -1  # FunctionSeen.id of a call
    inputs: dict[int, Any] = field(default_factory=dict)  # arrays that may be keys, by position
    outputs: dict[int, Any] = field(default_factory=dict)


class Timeline:
    """The events of a script, in their order. It holds keys, and no other arrays."""

    def __init__(self, user_code: UserCode) -> None:
        self.events: list[Event] = []
        self._user_code = user_code
        self._made_by: dict[int, tuple[weakref.ref[Any], int]] = {}
        self._call: Event | None = None

    def maker(self, value: Any) -> int | None:
        """Return the number of the event that made an array, None where that is not known."""
        array = compat.held_by(value)
        made = self._made_by.get(id(array))
        return made[1] if made is not None and made[0]() is array else None

    def see(self, operation: Operation) -> None:
        """See an operation that has just been carried out."""
        if len(self.events) >= _MOST_EVENTS:
            return
        event = self._begin(operation.inputs)
        event.outputs = _keys_in(operation.outputs)
        if event.inputs or event.outputs:
            event.operation = operation
            event.frames = frames_of(sys._getframe(1), self._user_code)
        self._end(event, operation.outputs)

    def begin(self, function: int, arguments: Any, frame: FrameType | None) -> None:
        """See a call that is about to be made."""
        self._call = event = self._begin(_arrays(arguments))
        event.function = function
        event.frames = frames_of(frame, self._user_code)

    def end(self, result: Any) -> None:
        """See the result of the call that has begun last."""
        if self._call is not None:
            leaves = _arrays(result)
            self._call.outputs = _keys_in(leaves)
            self._end(self._call, leaves)
            self._call = None

    def _begin(self, inputs: Sequence[Any]) -> Event:
        sources: dict[int, None] = {}
        is_known = True
        for each in inputs:
            maker = self.maker(each)
            if maker is not None:
                sources[maker] = None
            elif getattr(each, "ndim", 0):
                is_known = False
        return Event(0, tuple(sources), is_known, len(inputs), inputs=_keys_in(inputs))

    def _end(self, event: Event, outputs: Iterable[Any]) -> None:
        event.number = len(self.events)
        self.events.append(event)
        for each in outputs:
            array = compat.held_by(each)
            if isinstance(array, jax.Array) and not compat.is_tracer(array):
                self._made_by[id(array)] = weakref.ref(array), event.number


def _arrays(tree: Any) -> list[Any]:
    """Return the arrays of a PyTree, in the order of the inputs of a trace."""
    return [leaf for leaf in jax.tree.leaves(tree) if is_array(leaf)]


def _keys_in(values: Iterable[Any]) -> dict[int, Any]:
    """Return the arrays that may be keys, by their position."""
    return {
        i: array
        for i, array in enumerate(values)
        if isinstance(array, (jax.Array, np.ndarray))
        and not compat.is_tracer(array)
        and may_be_keys(array)
    }
