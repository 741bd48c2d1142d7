"""What is told in a terminal of a run that came to where it was to stop."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from eqxviz.records import (
    Blame,
    FindNonFinite,
    Halt,
    HaltKind,
    Problem,
    Progress,
    ReadStack,
    Record,
    RunStatus,
    Stack,
    StopKind,
)

if TYPE_CHECKING:
    from eqxviz.engine.worker import Worker

_KEEP = "Run it with --keep as well: which equation made it is found then, by replaying the call."
_WHERE = {
    HaltKind.CALL: "before a call",
    HaltKind.RETURN: "after a call",
    HaltKind.LINE: "before a line",
    HaltKind.EXCEPTION: "at an exception",
}


class Diagnosis:
    """Asks the run that waits for all there is to tell; `text` has it once `done` is called."""

    def __init__(
        self,
        worker: "Worker",
        status: RunStatus,
        halt: Halt,
        is_kept: bool,
        done: Callable[[], None],
    ) -> None:
        self._worker, self._status, self._halt = worker, status, halt
        self._is_kept = is_kept
        self._done = done
        self._parts = [self._title()]
        self.progress = ""  # what is being done, in a few words

    @property
    def text(self) -> str:
        """Why the run has stopped, where, and what made it, as far as that was found."""
        return "\n".join(self._parts)

    def begin(self) -> None:
        """Ask."""
        self.progress = "reading the stack"
        self._worker.ask(ReadStack(), self._on_stack)

    def _title(self) -> str:
        halt = self._halt
        why = halt.error or halt.why or "it was to stop here"
        return f"eqxviz: stopped {_WHERE[halt.kind]}, at step {self._status.step:,}: {why}"

    def _on_stack(self, answer: Record) -> None:
        frames = answer.frames if isinstance(answer, Stack) else ()
        for frame in frames:
            if frame.is_user:
                self._parts.append(f"  {frame.file}:{frame.line} in {frame.function}")
                self._parts += [f"      {frame.text.strip()}"] if frame.text.strip() else []
        if not frames and self._status.at_line:
            self._parts.append(f"  {self._status.at_file}:{self._status.at_line}")
        if self._halt.stop_kind is not StopKind.NONFINITE:
            self._done()
        elif self._is_kept:
            self._find()
        else:
            self._parts.append(_KEEP)
            self._done()

    def _find(self) -> None:
        self.progress = self.progress if "equation" in self.progress else "looking for the equation"
        self._worker.ask(FindNonFinite(self._status.at_function), self._on_found)

    def _on_found(self, answer: Record) -> None:
        if isinstance(answer, Progress):
            share = answer.n_done / max(answer.n_total, 1)
            self.progress = f"looking for the equation, {share:.0%}"
            self._find()
            return
        if isinstance(answer, Blame):
            from eqxviz.session.replaying.blame_words import blame_text

            self._parts += ["", blame_text(answer)]
        elif isinstance(answer, Problem):
            from eqxviz.session.listing import problem_text

            self._parts += ["", problem_text(answer)]
        self._done()
