"""Answering with what a call is lowered to, by the road on which it is drawn."""

import contextvars
from collections.abc import Callable
from typing import Any

from eqxviz import analysis
from eqxviz.records import Lower, Record

_is_lowered = contextvars.ContextVar("is_lowered", default=False)


def answer_lowered(request: Lower, draw: Callable[[Record], Record]) -> Record:
    """Return the `LoweredText` of the call of which `draw` would return the graph."""
    before = _is_lowered.set(True)
    try:
        return draw(request.drawing)
    finally:
        _is_lowered.reset(before)


def made_of(*call: Any, **said: Any) -> Record:
    """Return the graph of a call; within `answer_lowered`, the text that it is lowered to."""
    make = analysis.lowered_of if _is_lowered.get() else analysis.graph_of
    return make(*call, **said)
