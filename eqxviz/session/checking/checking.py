"""The check of what is open: it runs beside everything else, and fills the list of problems."""

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from psygnal import Signal

from eqxviz.engine.launch import Launch, LaunchError

if TYPE_CHECKING:
    from eqxviz.engine.worker import Worker
    from eqxviz.records import Examined, Problem, Record, RunStatus
    from eqxviz.session.checking.report import Report
    from eqxviz.session.checking.settings import SettingsError
    from eqxviz.session.selecting import SelectionPart

State = Literal["none", "checking", "stopping", "judging", "done"]


class Checking:
    """At most one check at a time. What it finds is on the session's list of problems.

    Signals:
        changed: The state, the steps so far, or what was found.
    """

    changed = Signal()

    def __init__(self, session: "SelectionPart") -> None:
        self._session = session
        self._worker: Worker | None = None
        self._told: list[Problem] = []
        self._examined: Examined | None = None
        self._status: RunStatus | None = None
        self._launch: Launch | None = None
        self._shown: list[Problem] = []  # that are on the session's list
        self.state: State = "none"
        self.title = ""  # "train.py"
        self.was_stopped = False  # by the user
        self.report: Report | None = None  # once it is done
        self.excerpts: dict[int, tuple[str, ...]] = {}  # by the id of a problem of the report

    @property
    def can_start(self) -> bool:
        """Whether there is something to check, and none goes on."""
        return not self.is_live and self._target() is not None

    @property
    def is_live(self) -> bool:
        """Whether a check goes on."""
        return self.state in ("checking", "stopping", "judging")

    @property
    def n_steps(self) -> int:
        """How many steps of training there were so far."""
        return self._status.step if self._status is not None else 0

    def start(self) -> None:
        """Check what is open: the run's script, as it was run, or the file of the model."""
        from eqxviz.records import Examine

        target = self._target()
        if target is None or self.is_live:
            return
        launch, model = target
        launch = replace(launch.anchored(), hold=False, stops=(), dynamics_every=None)
        launch = replace(launch, save_every=None, save_at_end=False, save_to="", save_as="")
        launch = replace(launch, save_what="", save_last=None, keep_calls=False)
        for problem in self._shown:
            self._session.dismiss(problem)
        self._shown, self._told, self.excerpts = [], [], {}
        self._examined = self._status = self.report = None
        self._launch = launch
        self.title = launch.title
        self.state = "checking"
        self.was_stopped = False

        def on_event(record: "Record") -> None:
            self._on_event(worker, record)

        try:
            self._worker = worker = self._session.engine.run(
                launch,
                on_event=on_event,
                on_output=lambda text: None,
                on_death=lambda folder, status, problems: None,
                asked=(Examine(model=model),),
                is_kept=False,
            )
        except LaunchError as error:
            from eqxviz.engine.refusals import refused

            self._told.append(refused(launch, error))
            self._finish()
        self.changed.emit()

    def stop(self) -> None:
        """Stop it, and judge what was seen so far; asked again, end it without that."""
        from eqxviz.records import Control, GateCommand

        worker = self._worker
        if worker is None or not self.is_live:
            return
        if self.state == "stopping" or not worker.was_ready:
            worker.stop()
        else:
            worker.ask(Control(GateCommand.STOP), lambda answer: None)
        self.state, self.was_stopped = "stopping", True
        self.changed.emit()

    @property
    def words(self) -> str:
        """What goes on, or what the check came to, in a line; "" where there was none."""
        from eqxviz.session.checking.report import headline

        if self.report is not None and self.state == "done":
            stopped = ", stopped" if self.was_stopped else ""
            return f"{self.title}{stopped} – {headline(self.report)}"
        steps = f": step {self.n_steps:,}" if self.n_steps else ""
        return {
            "checking": f"Checking {self.title}{steps}",
            "stopping": f"Stopping the check of {self.title}",
            "judging": f"Judging what was seen of {self.title}",
        }.get(self.state, "")

    def close(self) -> None:
        """End it at once: nobody is there any more to read what it finds."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()
            worker.wait_for_end(1.0)
            worker.settle()

    def _target(self) -> tuple[Launch, str] | None:
        """Return the script to check, and the name of the model in it that is open."""
        session = self._session
        run, launch, source = session.run, session.launch, session.source
        if run is not None and run.is_captured:
            run = launch = None
        if run is not None and launch is None and run.script:
            launch = Launch(run.script, tuple(run.argv))
        is_running = run is not None and run.is_live
        if source is None or source.kind != "file" or not source.script or is_running:
            return (replace(launch, device=session.device), "") if launch is not None else None
        if launch is not None and launch.file == source.path:
            return replace(launch, device=session.device), source.name
        return Launch(source.script, device=session.device), source.name

    def _on_event(self, worker: "Worker", record: "Record") -> None:
        from eqxviz.records import Examined, Problem, RunStatus

        if worker is not self._worker:
            return
        if isinstance(record, Problem):
            self._told.append(record)
        elif isinstance(record, Examined):
            self._examined = record
            self.state = "judging"
            if not record.is_over:
                worker.stop()
        elif isinstance(record, RunStatus):
            self._status = record
            if record.state.value == "stopping" and self.state == "checking":
                self.state = "judging"
            if record.state.is_end:
                # What it died of is told after that it did.
                self._session.later(lambda: self._on_end(worker))
            self.changed.emit()

    def _on_end(self, worker: "Worker") -> None:
        if worker is self._worker:
            self._worker = None
            worker.dismiss()
            self._finish()

    def _finish(self) -> None:
        """Have the files read that say what is meant; then tell."""
        launch, title, examined, told = self._launch, self.title, self._examined, self._told
        assert launch is not None
        status = self._status

        def read() -> "tuple[Report, dict[int, tuple[str, ...]]]":
            from eqxviz.records import RunState
            from eqxviz.session.checking.report import excerpt, report_of
            from eqxviz.session.checking.settings import Settings, SettingsError, settings_for

            settings, wrong = Settings(), ()
            try:
                settings = settings_for(launch.file or str(launch.working_folder))
            except SettingsError as error:
                wrong = (_of_settings(error),)
            state = status.state if status is not None else RunState.FAILED
            report = report_of(title, launch.file, examined, (*told, *wrong), state, settings)
            return report, {id(each): tuple(excerpt(each)) for each in report.problems}

        self._session.in_background(read, lambda made: self._tell(*made))

    def _tell(self, report: "Report", excerpts: dict[int, tuple[str, ...]]) -> None:
        self.report, self.excerpts, self.state = report, excerpts, "done"
        self._shown = list(report.problems)
        for problem in reversed(self._shown):  # the list has the newest on top
            self._session.report(problem)
        self.changed.emit()


def _of_settings(error: "SettingsError") -> "Problem":
    from eqxviz.records import Problem, Severity

    return Problem(
        "bad-settings",
        Severity.WARNING,
        "The settings of checks cannot be followed",
        f"{error.what[:1].upper()}{error.what[1:]}.",
        "Correct the table [tool.eqxviz]; nothing was ignored by it.",
        error.file,
        error.line,
    )
