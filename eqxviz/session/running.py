"""The part of the session that is about the run."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.session.problems import Post
from eqxviz.session.run_activity import RunActivity
from eqxviz.session.values.value import ValuePart

if TYPE_CHECKING:
    from eqxviz.engine.engine import Engine, RunInfo
    from eqxviz.engine.worker import Worker
    from eqxviz.records import Control, Problem, Record, RunState, RunStatus
    from eqxviz.session.run_view import RunView

    Moment = tuple[RunState, int, int, int, float]  # RunStatus.moment


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
        self.activity = RunActivity()
        self._run_worker: Worker | None = None
        self._paused_at: Moment | None = None  # the latest pause

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

    def run_again(self) -> None:
        """Run the same script with the same arguments from the start."""
        if self.run is not None:
            self.start_run(self.run.script, self.run.argv)

    def pause(self) -> None:
        """Pause the run before its next jitted call."""
        from eqxviz.records import Control, GateCommand

        self._control(Control(GateCommand.PAUSE))

    def step(self) -> None:
        """Let one call of the step function pass, then pause."""
        from eqxviz.records import Control, GateCommand

        self._control(Control(GateCommand.STEP))

    def run_to(self, call: int) -> None:
        """Let the run go on, and pause before call number `call` of the step function."""
        from eqxviz.records import Control, GateCommand

        self._control(Control(GateCommand.RUN_TO, call))

    def resume(self) -> None:
        """Let the paused run go on."""
        from eqxviz.records import Control, GateCommand

        self._control(Control(GateCommand.CONTINUE))

    def stop(self) -> None:
        """End the run: first as Ctrl+C does, within 2.5 s by force."""
        if self._run_worker is not None and self.run is not None and self.run.is_live:
            self.activity.ask_stop()
            self._run_worker.stop()
            self.run_changed.emit()

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

    def _control(self, control: "Control") -> None:
        """Tell the live run what to do; what it does says so from now on."""
        if self.run is not None and self.run.is_live:
            self.activity.ask(control, self.run.status)
            self._tell(control)
            self.run_changed.emit()

    def _tell(self, request: "Record") -> None:
        """Ask the live run for something that has no answer but a problem."""
        from eqxviz.records import Problem

        def answered(answer: "Record") -> None:
            if isinstance(answer, Problem):
                self.activity.forget()
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
        self.run, self.activity, self._paused_at = view, RunActivity(), None
        self._run_worker = start(
            lambda record: self._on_event(view, record), lambda text: self._on_output(view, text)
        )
        view.folder = str(self._run_worker.folder)
        self._on_run_begun()
        self.run_changed.emit()

    def _on_run_begun(self) -> None:
        """Forget what belonged to the run before."""

    def _on_paused(self) -> None:
        """Do what is done wherever the run pauses anew."""

    def _follow_status(self, status: "RunStatus") -> None:
        from eqxviz.records import RunState

        if status.state is RunState.PAUSED and status.moment != self._paused_at:
            self._paused_at = status.moment
            self._on_paused()

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
        self.activity.add(record)
        if isinstance(record, Problem):
            self.report(record)
        elif isinstance(record, RunStatus):
            self._follow_status(record)
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
