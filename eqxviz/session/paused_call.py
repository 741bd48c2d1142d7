"""The part of the session that is about the call at which the run is."""

import os
import time
import weakref
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.session.controlling import ControlPart
from eqxviz.session.problems import Post
from eqxviz.session.sources import ModelSource

if TYPE_CHECKING:
    from eqxviz.engine.engine import Engine
    from eqxviz.records import OpenedModel, Record, RunStatus
    from eqxviz.session.answering import Answerer
    from eqxviz.session.run_view import RunView


# A model that is followed is read this often, unless reading it takes more than a part of that.
_FOLLOW_SECONDS = 1.0
_MOST_SHARE = 0.1


@dataclass(frozen=True)
class SetAside:
    """A model that gave way to the arguments of a call, and how to have it back."""

    source: ModelSource
    model: "OpenedModel"
    holder: "Answerer"
    written: float | None  # when its file was, None where that is not known


class CallPart(ControlPart):
    """The arguments of the paused call, opened as a model is, or those of a step in passing.

    They open by themselves where the run pauses while `opens_at_pause`, until the user turns to
    another model. The model that was open then is `set_aside`. While the run goes on they are read
    when that is asked for, and again and again while `follows_call`.

    Signals:
        set_aside_changed: `set_aside` is another one.
    """

    set_aside_changed = Signal()

    def __init__(self, post: Post, engine: "Engine | None" = None) -> None:
        super().__init__(post, engine)
        self.opens_at_pause = True
        self.set_aside: SetAside | None = None
        self._opened_at: RunStatus | None = None  # when the arguments that are open were read
        self._opened_in: weakref.ref[RunView] | None = None  # the run that they are from
        self._asked_at: RunStatus | None = None  # the pause at which they were last asked for
        self._why_not_asked = ""  # why the paused call does not show what is open
        self._is_wanted = True  # arguments: the user has not turned to another model since
        self.follows_call = False
        self._reading_since: float | None = None  # in passing
        self._read_due = 0.0

    @property
    def can_open_call(self) -> bool:
        """Whether the run stands still, so that its objects can be looked into."""
        has_worker = self._run_worker is not None  # a run that was kept has none
        return has_worker and self.run is not None and self.run.is_still

    @property
    def can_read_call(self) -> bool:
        """Whether its objects can be seen: it stands still, or comes by at its step again."""
        return self.can_open_call or self._passes_by

    @property
    def _passes_by(self) -> bool:
        run = self.run
        if run is None or self._run_worker is None:
            return False
        return run.status.state.value == "running" and run.status.step_function >= 0

    def follow_call(self, is_wanted: bool) -> None:
        """Read what is open of the run again and again while it goes on, or no more."""
        self.follows_call = is_wanted
        if is_wanted and not self._shows_call() and self._passes_by:
            self.open_call()
        self.model_changed.emit()

    def open_call(self, name: str = "", frame: int = -1, function: str = "") -> None:
        """Open an argument of the paused call, after the end of the run a global; "" opens all.

        With a `frame` of the paused script, which is of `function`, it is a variable of that. Of a
        run that goes on, it is an argument of its next step, "" the model.
        """
        from eqxviz.records import ALL_VARIABLES

        if self.run is not None and self.can_read_call:
            self._put_aside()
            named = name or (ALL_VARIABLES if self.can_open_call else "")
            source = ModelSource("run", self.run.script, named, frame=frame, function=function)
            self.open_source(source)

    def read_call_again(self) -> None:
        """Open what is open of the run as it is now; what is absent changes nothing."""
        source, run = self.source, self.run
        is_run = source is not None and source.kind == "run" and self.can_read_call
        if source is not None and run is not None and is_run and self.model_state != "working":
            self._asked_at = run.status
            self._reading_since = time.monotonic()
            self._ask_to_open(source, self._on_asked_again)

    def close_call(self) -> None:
        """Show no model, if the one that is open is of a run."""
        from eqxviz.records import Done

        if self.source is not None and self.source.kind == "run":
            if self.model_state == "working":
                self._drop_open_request()
            self.source = self._shown_source = None
            self._waiting.clear()
            self._on_opened(Done())

    def bring_back(self) -> None:
        """Open again the model that gave way to the arguments; its file is run if it changed."""
        aside = self.set_aside
        if aside is None:
            return
        if aside.holder.alive and _written(aside.source.path) == aside.written:
            self._adopt(aside.source, aside.holder, aside.model)
        else:
            self.open_source(aside.source)

    @property
    def call_note(self) -> str:
        """What moment the open arguments are from, and why it is not now; "" for other models."""
        status, run = self._opened_at, self.run
        if status is None or run is None or self.source is None or not self._shows_call():
            return ""
        moment = f"Step {status.step:,}"
        if self._is_of_earlier_run():
            return f"{moment} of an earlier run of {Path(self.source.path).name}"
        if self._why_not_asked:
            return f"{moment}. {self._why_not_asked}"
        if self.is_call_passing:
            how = "read again each second" if self.follows_call else "Ctrl+F7 reads it again"
            return f"{moment}, of the running script; {how}"
        if self.is_call_current:
            return moment
        if run.is_live:
            return f"{moment}, until the next pause"
        return f"{moment}. The run has ended: open what it left (F7)"

    @property
    def is_call_current(self) -> bool:
        """Whether the open arguments are those of the call at which the run waits now."""
        run, opened_at = self.run, self._opened_at
        return run is not None and opened_at is not None and opened_at.moment == run.status.moment

    @property
    def is_call_passing(self) -> bool:
        """Whether the open arguments were read in passing, from the run that goes on."""
        is_passing = self._shows_call() and self.model is not None and self.model.step >= 0
        return is_passing and self.run is not None and self.run.is_live

    @property
    def call_step(self) -> int | None:
        """The step at which the open arguments were read, None for other models."""
        return self._opened_at.step if self._opened_at and self._shows_call() else None

    @property
    def call_moment(self) -> str:
        """From when the open arguments are: "step 120", "was step 120"; "" for other models.

        Of the call at which the run is paused that is "before call 121", or "after call 121". What
        a script without steps has left is from no moment.
        """
        opened = self._opened_at
        has_no_steps = opened is not None and opened.state.is_end and opened.step_function < 0
        if self.call_step is None or has_no_steps:
            return ""
        halt = self.run.status.halt if self.run is not None and self.is_call_current else None
        if halt is not None and halt.call > 0 and not self._is_of_earlier_run():
            # A kept call has values as well, which need not be of the same one.
            side = "after" if halt.kind.value == "after a call" else "before"
            return f"{side} call {halt.call:,}"
        moment = f"step {self.call_step:,}"
        if self._is_of_earlier_run():
            return f"{moment} of an earlier run"
        if self.is_call_passing:
            return f"{moment}, followed" if self.follows_call else moment
        return moment if self.is_call_current else f"was {moment}"

    def _is_of_earlier_run(self) -> bool:
        return self._opened_in is not None and self._opened_in() is not self.run

    def _shows_call(self) -> bool:
        source = self.source
        return source is not None and source.kind == "run" and not source.weights

    def _on_run_begun(self) -> None:
        super()._on_run_begun()
        self._is_wanted = True
        self.follows_call = False
        self._reading_since = None

    def _follow_status(self, status: "RunStatus") -> None:
        super()._follow_status(status)
        is_due = self.follows_call and self._passes_by and time.monotonic() >= self._read_due
        is_whole = self.source is not None and self.source.frame < 0 and not self.is_growing
        if is_due and is_whole and self._shows_call() and self._reading_since is None:
            self.read_call_again()

    def _on_paused(self) -> None:
        """Read the arguments that are open again; where none are, open them."""
        super()._on_paused()
        source, run = self.source, self.run
        if run is None or self.model_state == "working":
            return
        if source is not None and source.kind == "run":
            is_its_own = source.path == run.script
            if is_its_own and self._asked_at is not None:
                # Of a frame it is read once it is known which frames there are now.
                if source.frame < 0:
                    self.read_call_again()
                return
        if self.opens_at_pause and self._is_wanted:
            self._offer_call()

    def _offer_call(self) -> None:
        """Open the arguments unless there are none, or the user opens something meanwhile."""
        from eqxviz.records import ALL_VARIABLES, OpenedModel, OpenModel

        run, worker, shown = self.run, self._run_worker, self.source
        if run is None or worker is None:
            return
        offered = ModelSource("run", run.script, ALL_VARIABLES)

        def answered(answer: "Record") -> None:
            is_due = self.run is run and self.source == shown and self.model_state != "working"
            if is_due and isinstance(answer, OpenedModel):
                self._put_aside()
                self._adopt(offered, worker, answer)

        worker.ask(OpenModel("", ALL_VARIABLES), answered)

    def _put_aside(self) -> None:
        """Keep what is open, to be brought back: it gives way to the arguments of a call."""
        source, model, holder = self.source, self.model, self._model_worker
        if source is None or model is None or holder is None or source.kind == "run":
            return
        self.set_aside = SetAside(source, model, holder, _written(source.path))
        self.set_aside_changed.emit()

    def _on_asked_again(self, answer: "Record") -> None:
        """Show the arguments as they are now; a call that has none of that name changes nothing."""
        from eqxviz.records import Problem

        if self._reading_since is not None:
            now = time.monotonic()
            took, self._reading_since = now - self._reading_since, None
            self._read_due = now + max(_FOLLOW_SECONDS, took / _MOST_SHARE)
        if isinstance(answer, Problem):
            name = self.source.name if self.source is not None else ""
            is_absent = answer.code in ("no-such-name", "nothing-to-open")
            self._why_not_asked = f"The call has no {name}" if is_absent else answer.title
            self.model_changed.emit()
        else:
            self._on_opened(answer)

    def _worker_of(self, source: ModelSource) -> "Answerer":
        if source.kind == "run" and self._run_worker is not None:
            return self._run_worker
        return super()._worker_of(source)

    def _on_model_replaced(self, before: "OpenedModel | None") -> None:
        super()._on_model_replaced(before)
        self._why_not_asked, self._reading_since = "", None
        run = self.run if self._shows_call() else None
        was_call = self._opened_at is not None
        status, model = run.status if run is not None else None, self.model
        if status is not None and model is not None and model.step >= 0:
            status = replace(status, step=model.step)
        self._opened_at = self._asked_at = status
        self._opened_in = weakref.ref(run) if run is not None else None
        self._is_wanted = run is not None or (self._is_wanted and not was_call)
        aside = self.set_aside
        if aside is not None and run is None and self.model is not None:
            # It is back, or another model was opened by hand: neither is to be had back.
            self.set_aside = None
            self.set_aside_changed.emit()


def _written(path: str) -> float | None:
    """Return when the file was last written, None if there is none."""
    try:
        return os.stat(path).st_mtime
    except OSError:
        return None
