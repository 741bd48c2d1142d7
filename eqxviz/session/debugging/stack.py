"""The frames of the paused script, and the one that is looked at."""

from typing import TYPE_CHECKING

from psygnal import Signal

if TYPE_CHECKING:
    from eqxviz.records import Frame, Problem


class PausedStack:
    """The frames, innermost first, from when they were read.

    Signals:
        changed: There are other frames, they are of the past now, or another one is chosen.
    """

    changed = Signal()

    def __init__(self) -> None:
        self.frames: tuple[Frame, ...] = ()
        self.chosen = -1
        self.is_past = False  # the run has gone on since, or is over
        self.problem: Problem | None = None  # why they could not be read

    @property
    def frame(self) -> "Frame | None":
        """The frame that is chosen."""
        return self.frames[self.chosen] if 0 <= self.chosen < len(self.frames) else None

    @property
    def own(self) -> int:
        """The place of the innermost frame of the user's code; where there is none, the first."""
        own = (i for i, frame in enumerate(self.frames) if frame.is_user)
        return next(own, min(0, len(self.frames) - 1))

    def show(self, frames: "tuple[Frame, ...]") -> None:
        """Show frames that were just read, and choose the innermost one of the user's code."""
        self.frames, self.is_past, self.problem = frames, False, None
        self.chosen = self.own
        self.changed.emit()

    def fail(self, problem: "Problem") -> None:
        """Say why the frames could not be read."""
        self.frames, self.chosen, self.is_past, self.problem = (), -1, False, problem
        self.changed.emit()

    def choose(self, index: int) -> bool:
        """Look at another frame; False if there is none there."""
        if not 0 <= index < len(self.frames):
            return False
        if index != self.chosen:
            self.chosen = index
            self.changed.emit()
        return True

    def pass_by(self) -> None:
        """The run has gone on: what is shown is of the past."""
        if not self.is_past:
            self.is_past = True
            self.changed.emit()

    def clear(self) -> None:
        """There are no frames."""
        self.frames, self.chosen, self.is_past, self.problem = (), -1, False, None
        self.changed.emit()
