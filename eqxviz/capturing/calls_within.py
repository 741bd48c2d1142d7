"""The observed call that a stack of frames is within."""

from collections.abc import Iterable
from types import FrameType
from typing import Any, NamedTuple

from eqxviz.capturing.functions import Function
from eqxviz.capturing.observer import Observer


class Within(NamedTuple):
    """A call of the user's that is being made, or did not return."""

    function: Function
    target: Any  # what the user called
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def call_within(frames: Iterable[FrameType]) -> Within | None:
    """Return the observed call that the first of `frames` to make one makes, outermost first."""
    for frame in frames:
        if frame.f_code is not Observer.call.__code__:
            continue
        known = frame.f_locals
        function = known["watched"].function
        if "start" in known and function is not None:  # else it was let through unseen
            return Within(function, known["target"], known["args"], known["kwargs"])
    return None
