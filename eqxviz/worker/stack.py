"""The Python stack of the thread that is paused."""

import sys
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import Any, NamedTuple

from eqxviz.analysis.callback_errors import callback_error
from eqxviz.analysis.problems import message_of, shown_frame
from eqxviz.analysis.user_code import UserCode
from eqxviz.capturing import Held
from eqxviz.records import Frame, Stack
from eqxviz.worker import cards

_MOST_FRAMES = 500


class Place(NamedTuple):
    """One frame of the stack."""

    shown: Frame
    live: FrameType | None  # None where only its line is known


def places_of(held: Held | None, user_code: UserCode) -> list[Place]:
    """Return the stack of this thread, or that of the exception it is held at, innermost first.

    What lies outside of the user's code is left out: who runs it.
    """
    if held is None:
        return []
    if held.error is not None:
        told = callback_error(message_of(held.error), user_code)
        places = [Place(frame, None) for frame in told.frames] if told is not None else []
        found = list(_shown(_raised(held.error), user_code))
        places += reversed(found)
    else:
        places = list(_shown(_running(sys._getframe()), user_code))
    last = max((i for i, place in enumerate(places) if place.shown.is_user), default=len(places))
    return places[: min(last + 1, _MOST_FRAMES)]


def stack_of(places: list[Place]) -> Stack:
    """Return the record of these frames."""
    return Stack(tuple(place.shown for place in places))


def frame_at(places: list[Place], number: int) -> FrameType:
    """Return a frame of the stack.

    Raises:
        CardError: If it is not there, or only its line is known.
    """
    if not 0 <= number < len(places):
        raise cards.error(
            "no-such-frame", f"There is no frame {number}",
            f"The stack has {len(places)} frames now.", "Choose a frame of the stack as it is now.",
        )  # fmt: skip
    shown, live = places[number]
    if live is None:
        raise cards.error(
            "frame-gone", f"The variables of {shown.function} are not kept",
            "JAX called it back from the compiled program, and kept of its exception the text.",
            "Choose another frame; or call it in the script with the same values.",
            shown.file, shown.line,
        )  # fmt: skip
    return live


def innermost_of_user(places: list[Place]) -> Place | None:
    """Return the innermost frame of the user's that has variables."""
    return next((p for p in places if p.shown.is_user and p.live is not None), None)


def _raised(error: BaseException) -> Iterator[tuple[FrameType, int]]:
    """Yield the frames that `error` went through, outermost first."""
    return traceback.walk_tb(error.__traceback__)


def _running(frame: FrameType | None) -> Iterator[tuple[FrameType, int]]:
    return traceback.walk_stack(frame)


def _shown(at: Any, user_code: UserCode) -> Iterator[Place]:
    for frame, line in at:
        shown = shown_frame(frame, line, user_code)
        if shown is not None:
            yield Place(shown, frame)
