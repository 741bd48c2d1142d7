"""The part of the session that is about the run."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.engine.launch import Launch, LaunchError
from eqxviz.session.problems import Post
from eqxviz.session.run_activity import RunActivity
from eqxviz.session.values.value import ValuePart

if TYPE_CHECKING:
    from eqxviz.engine.engine import Engine, OnDeath, RunInfo
    from eqxviz.engine.remote import Address, Copy
    from eqxviz.engine.worker import Worker
    from eqxviz.records import Halt, Problem, Progress, Record, RunState, RunStatus, Welcome
    from eqxviz.session.answering import Answerer
    from eqxviz.session.points.stored import InBackground, Past
    from eqxviz.session.run_view import RunView

    Moment = tuple[RunState, int, int, int, float, Halt | None]  # RunStatus.moment


class RunPart(ValuePart):
    """The run, if there is one: at most one at a time.

    Signals:
        run_changed: There is another run, or its status changed.
        metrics_arrived: A MetricBatch, already in the curves.
        functions_changed: `run.functions` changed, or what is known of their calls.
        compiled: A CompileEvent, already in `run.compiles`.
        gradients_changed: `run.gradients` has one more, or belongs to another run.
        system_sampled: `run.samples` has one more.
        checkpoints_changed: `run.checkpoints` is another one.
        progressed: `run.bars` are others.
        dynamics_changed: `run.dynamics` knows more.
        keeping_changed: `run.keeping`, or `kept_scripts`.
        output_arrived: Text that the script printed, already in `run.output`.
    """

    run_changed = Signal()
    metrics_arrived = Signal(object)
    functions_changed = Signal()
    compiled = Signal(object)
    gradients_changed = Signal()
    system_sampled = Signal()
    progressed = Signal()
    keeping_changed = Signal()
    dynamics_changed = Signal()
    checkpoints_changed = Signal()
    output_arrived = Signal(str)

    def __init__(self, post: Post, engine: "Engine | None" = None) -> None:
        super().__init__(post, engine)
        self.run: RunView | None = None
        self.device: str | None = None  # where the next run goes; None is as JAX chooses
        self.launch: Launch | None = None  # of the run; None: it was not launched by eqxviz
        self.activity = RunActivity()
        self.kept_scripts: tuple[str, ...] = ()  # whose calls are kept, the newest choice first
        self._run_worker: Worker | None = None
        self._paused_at: Moment | None = None  # the latest pause

    def start_run(
        self,
        script: str,
        argv: Sequence[str] = (),
        device: str | None = None,
        hold: bool = False,
    ) -> None:
        """Run `script` from the start; with `hold` it pauses before its first jitted call."""
        self.start_launch(Launch(script, tuple(argv), device=device, hold=hold))

    def start_launch(self, launch: Launch) -> None:
        """Run what `launch` names from the start. A run that is still going on is stopped.

        The device that it names is the session's from then on; without one it goes to that.
        """
        device = launch.device or self.device
        launch = replace(launch.anchored(), device=device)
        launch = replace(launch, keep_calls=launch.keep_calls or launch.place in self.kept_scripts)
        for fault in launch.faults():
            from eqxviz.engine.refusals import refused

            self.report(refused(launch, LaunchError(fault)))
            return
        self.device = device
        asked = self._asked_first(launch)
        self._begin(
            lambda on_event, on_output: self.engine.run(
                launch,
                on_event=on_event,
                on_output=on_output,
                on_death=_keeping_end(self.in_background),
                asked=asked,
            ),
            launch.place,
            launch.argv,
            device,
            replace(launch, device=None),
        )

    def remember_keeping(self, script: str, is_kept: bool) -> None:
        """Keep the calls of the next runs of `script` for replay, or do so no longer."""
        others = tuple(other for other in self.kept_scripts if other != script)
        kept = (script, *others) if is_kept else others
        if kept != self.kept_scripts:
            self.kept_scripts = kept
            self.keeping_changed.emit()

    def running(self) -> "list[RunInfo]":
        """Return the live runs of this user that `attach` can go on watching."""
        return self.engine.runs()

    def attach(self, info: "RunInfo") -> None:
        """Go on watching a run that another window has left, or a process that called capture."""
        self._begin(
            lambda on_event, on_output: self.engine.attach(
                info,
                on_event=on_event,
                on_output=on_output,
                on_death=_keeping_end(self.in_background),
            ),
            str(info.script),
            info.argv,
            None,
            info.launched_as,
            name=info.name,
            is_captured=info.is_captured,
        )
        view, worker = self.run, self._run_worker
        assert view is not None
        assert worker is not None

        def go_on(past: "Past") -> None:
            view.adopt(past)
            worker.watch(view.next_sequence)
            if view is self.run:
                for problem in view.problems:
                    self.report(problem)
                self.run_changed.emit()

        self.in_background(lambda: _past_in(Path(info.folder)), go_on)

    def attach_remote(
        self,
        address: "Address",
        welcome: "Welcome",
        copy: "Copy",
        on_link: Callable[[bool], None],
    ) -> None:
        """Watch the run that has greeted with `welcome` at `address`; `copy` keeps it here."""
        self._begin(
            lambda on_event, on_output: self.engine.attach_remote(
                *(address, welcome, copy),
                on_event=on_event, on_output=on_output, on_link=on_link,
            ),
            welcome.script,
            (),
            None,
            name=welcome.name,
            is_captured=welcome.is_captured,
        )  # fmt: skip

    @property
    def is_run_kept(self) -> bool:
        """Whether the run that is shown is one of the past: no process stands behind it."""
        return self.run is not None and self._run_worker is None

    def leave_run(self) -> None:
        """Let a live run go on without this window; it can be attached to again."""
        if self.run is not None and self.run.is_live and self._run_worker is not None:
            self.engine.leave(self._run_worker)
            self._run_worker = None

    def detach_run(self) -> None:
        """Let a live run go on without this window, and show none."""
        self.leave_run()
        self._put_problems_away()
        self.run, self.launch, self.activity, self._paused_at = None, None, RunActivity(), None
        self._on_run_begun()
        self.run_changed.emit()
        self.functions_changed.emit()

    def show_kept(self, view: "RunView", launch: Launch | None = None) -> None:
        """Show a run that was kept, of which no process is left to ask. A live one is left.

        `launch` is how it is run again.
        """
        self.leave_run()
        self._put_problems_away()
        view.read_in(self.in_background)
        self.run, self.activity, self._paused_at = view, RunActivity(), None
        self._run_worker, self.launch = None, launch
        self._on_run_begun()
        self.run_changed.emit()
        self.functions_changed.emit()
        for problem in view.problems:
            self.report(problem)

    def run_again(self) -> None:
        """Run the same script from the start, in the same way."""
        if self.launch is not None:
            self.start_launch(self.launch)
        elif self.run is not None:
            self.start_run(self.run.script, self.run.argv)

    def stop(self) -> None:
        """End the run: first as Ctrl+C does, within 2.5 s by force."""
        run = self.run
        if self._run_worker is not None and run is not None and run.can_be_stopped:
            self.activity.ask_stop()
            self._run_worker.stop()
            self.run_changed.emit()

    @property
    def is_saving_run(self) -> bool:
        """Whether the process of the run, which may have ended, is writing a checkpoint."""
        return self._run_worker is not None and self._run_worker.is_saving

    def ask_run(self, request: "Record", answered: "Callable[[Record], None]") -> bool:
        """Ask the process of the run, live or kept after its end; False if there is none."""
        if self._run_worker is None or not self._run_worker.alive:
            return False
        self._run_worker.ask(request, answered)
        return True

    @property
    def run_holder(self) -> "Answerer | None":
        """What has the objects of the run and answers about them, None where there is nothing."""
        worker = self._run_worker
        return worker if worker is not None and worker.alive else None

    def ask_run_through(
        self,
        request: "Record",
        answered: "Callable[[Record], None]",
        progressed: "Callable[[Progress], None]",
    ) -> Callable[[], None] | None:
        """Ask the process of the run something long, again after each `Progress` until it is done.

        Returns what gives it up when it is called, so that neither is called any more; None if
        there is no process to ask.
        """
        from eqxviz.records import Progress

        worker, number, is_over = self.run_holder, -1, False
        if worker is None:
            return None

        def take(answer: "Record") -> None:
            if is_over:
                return
            if isinstance(answer, Progress):
                ask()
                progressed(answer)
            else:
                answered(answer)

        def ask() -> None:
            nonlocal number
            number = worker.ask(request, take)

        def give_up() -> None:
            nonlocal is_over
            is_over = True
            worker.cancel(number)

        ask()
        return give_up

    def _begin(
        self,
        start: "Callable[[Callable[[Record], None], Callable[[str], None]], Worker]",
        script: str,
        argv: Sequence[str],
        device: str | None,
        launch: Launch | None = None,
        name: str = "",
        is_captured: bool = False,
    ) -> None:
        """Show another run."""
        from eqxviz.session.run_view import RunView

        if self.run is not None and self.run.is_captured:
            self.leave_run()
        elif self.run is not None and self.run.is_live:
            self.stop()
        self._put_problems_away()
        self.launch = launch
        view = RunView(script, argv, "", device)
        view.name, view.is_captured = name, is_captured
        view.read_in(self.in_background)
        self.run, self.activity, self._paused_at = view, RunActivity(), None
        self._run_worker = start(
            lambda record: self._on_event(view, record), lambda text: self._on_output(view, text)
        )
        view.folder = str(self._run_worker.folder)
        self._on_run_begun()
        self.run_changed.emit()

    def _put_problems_away(self) -> None:
        """Take the problems of the run at hand off the list: it gives way to another."""
        for problem in self.run.problems if self.run is not None else ():
            self.dismiss(problem)

    def _asked_first(self, launch: Launch) -> "Sequence[Record]":
        """Return what a run is to obey before its script starts."""
        return ()

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
            Bars,
            Checkpoints,
            CompileEvent,
            FunctionSeen,
            FunctionTotals,
            GradientSeen,
            Keeping,
            MetricBatch,
            Problem,
            RunStatus,
            SystemSample,
        )
        from eqxviz.session.norms.measured import DYNAMICS

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
        elif isinstance(record, SystemSample):
            self.system_sampled.emit()
        elif isinstance(record, Bars):
            self.progressed.emit()
        elif isinstance(record, Keeping):
            self.keeping_changed.emit()
        elif isinstance(record, DYNAMICS):
            self.dynamics_changed.emit()
        elif isinstance(record, Checkpoints):
            self.checkpoints_changed.emit()

    def _on_output(self, view: "RunView", text: str) -> None:
        if view is self.run:
            view.add_output(text)
            self.output_arrived.emit(text)


def _past_in(folder: Path) -> "Past":
    from eqxviz.session.points.stored import read_past  # needs numpy

    return read_past(folder)


def _keeping_end(in_background: "InBackground") -> "OnDeath":
    """Return what keeps the end of a run whose process could not, without holding up anyone."""

    def keep(folder: Path, end: "RunStatus", problems: "Sequence[Problem]") -> None:
        from eqxviz.session.ending import keep_end

        in_background(lambda: keep_end(folder, end, problems), lambda _nothing: None)

    return keep
