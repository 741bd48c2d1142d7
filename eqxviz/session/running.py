"""The part of the session that is about the run."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.session.problems import Post
from eqxviz.session.sources import ModelSource
from eqxviz.session.values.value import ValuePart

if TYPE_CHECKING:
    from eqxviz.engine.engine import Engine, RunInfo
    from eqxviz.engine.worker import Worker
    from eqxviz.records import OpenedModel, Problem, Record, RunStatus
    from eqxviz.session.answering import Answerer
    from eqxviz.session.run_view import RunView


class RunPart(ValuePart):
    """The run, if there is one: at most one at a time.

    Signals:
        run_changed: There is another run, or its status changed.
        metrics_arrived: A MetricBatch, already in the curves.
        functions_changed: `run.functions` changed, or what is known of their calls.
        compiled: A CompileEvent, already in `run.compiles`.
        gradients_changed: `run.gradients` has one more, or belongs to another run.
        output_arrived: Text that the script printed, already in `run.output`.
    """

    run_changed = Signal()
    metrics_arrived = Signal(object)
    functions_changed = Signal()
    compiled = Signal(object)
    gradients_changed = Signal()
    output_arrived = Signal(str)

    def __init__(self, post: Post, engine: "Engine | None" = None) -> None:
        super().__init__(post, engine)
        self.run: RunView | None = None
        self.device: str | None = None  # where the next run goes; None is as JAX chooses
        self._run_worker: Worker | None = None
        self._opened_at: RunStatus | None = None  # when the arguments that are open were read
        self._asked_at: RunStatus | None = None  # the pause at which they were last asked for
        self._why_not_asked = ""  # why the paused call does not show what is open

    def start_run(
        self,
        script: str,
        argv: Sequence[str] = (),
        device: str | None = None,
        hold: bool = False,
    ) -> None:
        """Run `script` from the start; with `hold` it pauses before its first jitted call.

        A run that is still going on is stopped. `device` is "cpu", "gpu", "cuda:1"; without one
        the session's `device` is taken.
        """
        device = device or self.device
        path = Path(script).expanduser().absolute()
        if (why := self._why_no_device(device)) is not None:
            self.report(why)
            return
        self._begin(
            lambda on_event, on_output: self.engine.run(
                path, argv, device=device, hold=hold, on_event=on_event, on_output=on_output
            ),
            str(path),
            argv,
            device,
        )

    def attach(self, info: "RunInfo") -> None:
        """Go on watching a run that another window has left."""
        self._begin(
            lambda on_event, on_output: self.engine.attach(
                info, on_event=on_event, on_output=on_output
            ),
            str(info.script),
            info.argv,
            None,
        )

    def pause(self) -> None:
        """Pause the run before its next jitted call."""
        from eqxviz.records import Control, GateCommand

        self._tell(Control(GateCommand.PAUSE))

    def step(self) -> None:
        """Let one call of the step function pass, then pause."""
        from eqxviz.records import Control, GateCommand

        self._tell(Control(GateCommand.STEP))

    def resume(self) -> None:
        """Let the paused run go on."""
        from eqxviz.records import Control, GateCommand

        self._tell(Control(GateCommand.CONTINUE))

    def stop(self) -> None:
        """End the run: first as Ctrl+C does, within 2.5 s by force."""
        if self._run_worker is not None:
            self._run_worker.stop()

    @property
    def can_open_call(self) -> bool:
        """Whether the run stands still, so that its objects can be looked into."""
        return self.run is not None and self.run.is_still

    def open_call(self, name: str = "") -> None:
        """Open an argument of the paused call, after the end of the run a global; "" opens all."""
        from eqxviz.records import ALL_VARIABLES

        if self.run is not None and self.can_open_call:
            self.open_source(ModelSource("run", self.run.script, name or ALL_VARIABLES))

    @property
    def call_note(self) -> str:
        """What moment the open arguments are from, and why it is not now; "" for other models."""
        status, run = self._opened_at, self.run
        if status is None or run is None or not self._shows_call():
            return ""
        moment = f"Step {status.step:,}"
        if self._why_not_asked:
            return f"{moment}. {self._why_not_asked}"
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
    def call_step(self) -> int | None:
        """The step at which the open arguments were read, None for other models."""
        return self._opened_at.step if self._opened_at and self._shows_call() else None

    def _shows_call(self) -> bool:
        return self.source is not None and self.source.kind == "run"

    def _follow_call(self) -> None:
        """Where the run has paused anew, read the arguments that are open again."""
        source, run, asked_at = self.source, self.run, self._asked_at
        if source is None or run is None or asked_at is None or not self._shows_call():
            return
        is_paused_anew = run.is_live and run.is_still and run.status.moment != asked_at.moment
        if not is_paused_anew or source.path != run.script or self.model_state == "working":
            return
        self._asked_at = run.status
        self._ask_to_open(source, self._on_asked_again)

    def _on_asked_again(self, answer: "Record") -> None:
        """Show the arguments as they are now; a call that has none of that name changes nothing."""
        from eqxviz.records import Problem

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
        self._why_not_asked = ""
        run = self.run if self._shows_call() else None
        self._opened_at = self._asked_at = run.status if run is not None else None

    def _why_no_device(self, device: str | None) -> "Problem | None":
        """Return the problem of a device that cannot be had, None if it can be asked for."""
        from eqxviz.engine.launch import environment
        from eqxviz.records import Problem, Severity

        try:
            environment(device)
        except ValueError as error:
            return Problem(
                "no-such-device",
                Severity.ERROR,
                f"The run was not started: there is no device {device}",
                str(error),
                "Choose another device; without one JAX chooses by itself.",
            )
        return None

    def type_input(self, text: str) -> None:
        """Type `text` on the script's standard input; it shows in the output as well."""
        from eqxviz.records import TypeInput

        self._tell(TypeInput(text))

    def ask_run(self, request: "Record", answered: "Callable[[Record], None]") -> bool:
        """Ask the process of the run, live or kept after its end; False if there is none."""
        if self._run_worker is None or not self._run_worker.alive:
            return False
        self._run_worker.ask(request, answered)
        return True

    def _tell(self, request: "Record") -> None:
        """Ask the live run for something that has no answer but a problem."""
        from eqxviz.records import Problem

        def answered(answer: "Record") -> None:
            if isinstance(answer, Problem):
                self.report(answer)

        if self.run is not None and self.run.is_live:
            self.ask_run(request, answered)

    def _begin(
        self,
        start: "Callable[[Callable[[Record], None], Callable[[str], None]], Worker]",
        script: str,
        argv: Sequence[str],
        device: str | None,
    ) -> None:
        from eqxviz.session.run_view import RunView

        if self.run is not None and self.run.is_live:
            self.stop()
        view = RunView(script, argv, "", device)
        self.run = view
        self._run_worker = start(
            lambda record: self._on_event(view, record), lambda text: self._on_output(view, text)
        )
        view.folder = str(self._run_worker.folder)
        self._on_run_begun()
        self.run_changed.emit()

    def _on_run_begun(self) -> None:
        """Forget what belonged to the run before."""

    def _on_event(self, view: "RunView", record: "Record") -> None:
        """Take in a record of the run `view`, which is dropped if there is another run by now."""
        from eqxviz.records import (
            CompileEvent,
            FunctionSeen,
            FunctionTotals,
            GradientSeen,
            MetricBatch,
            Problem,
            RunStatus,
        )

        if view is not self.run:
            return
        view.add(record)
        if isinstance(record, Problem):
            self.report(record)
        elif isinstance(record, RunStatus):
            self._follow_call()
            self.run_changed.emit()
        elif isinstance(record, MetricBatch):
            self.metrics_arrived.emit(record)
        elif isinstance(record, (FunctionSeen, FunctionTotals)):
            self.functions_changed.emit()
        elif isinstance(record, CompileEvent):
            self.compiled.emit(record)
        elif isinstance(record, GradientSeen):
            self.gradients_changed.emit()

    def _on_output(self, view: "RunView", text: str) -> None:
        if view is self.run:
            view.add_output(text)
            self.output_arrived.emit(text)
