"""Answering requests about the frames of the paused thread: in that thread, and without JAX."""

from types import FrameType
from typing import Any

from eqxviz.analysis.user_code import UserCode
from eqxviz.capturing import Gate, Held
from eqxviz.records import ALL_VARIABLES, Evaluate, ReadStack, ReadVariables, Record
from eqxviz.worker import cancelling
from eqxviz.worker.console import Console
from eqxviz.worker.stack import frame_at, innermost_of_user, places_of, stack_of
from eqxviz.worker.variables import parts_of, trees_of, value_at, variables_of

FrameRequest = ReadStack | ReadVariables | Evaluate
# Variables by name, and the file and line they belong to.
Trees = tuple[dict[str, Any], str, int]


class FrameAnswers:
    """Looks into the stack of the thread that is held, and runs the console's code there."""

    def __init__(self, gate: Gate, root: str) -> None:
        self._gate = gate
        self._user_code = UserCode(root)
        self._console = Console(root)

    def let_go(self) -> None:
        """Hold no object of the script any longer."""
        self._console.forget()

    def answer(self, request: FrameRequest, held: Held | None) -> Record:
        """Return the stack, the variables of one of its frames, or what became of code there.

        Code ends if it is cancelled, or the run is let go on.
        """
        places = places_of(held, self._user_code)
        if isinstance(request, ReadStack):
            return stack_of(places)
        if isinstance(request, Evaluate):
            is_cancelled, gate = cancelling.asked(), self._gate
            return self._console.evaluate(
                frame_at(places, request.frame),
                request.code,
                lambda: is_cancelled() or gate.is_letting_go,
            )
        frame, last = frame_at(places, request.frame), self._console.last
        if request.path:
            return parts_of(frame, request.frame, request.path, last)
        return variables_of(frame, request.frame, last)

    def trees(self, number: int, name: str, held: Held | None) -> Trees:
        """Return the variables of a frame that hold arrays, and what is called `name` in it."""
        frame = frame_at(places_of(held, self._user_code), number)
        values, file, line = _trees(frame)
        if name not in ("", ALL_VARIABLES):
            values[name] = value_at(frame, name, self._console.last)
        return values, file, line

    def trees_of_user(self, held: Held) -> Trees:
        """Return the variables that hold arrays, of the innermost frame of the user's."""
        place = innermost_of_user(places_of(held, self._user_code))
        if place is None or place.live is None:
            return {}, held.file, held.line
        return _trees(place.live)


def _trees(frame: FrameType) -> Trees:
    return trees_of(frame), frame.f_code.co_filename, frame.f_lineno
