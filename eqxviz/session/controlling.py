"""The part of the session that tells the run what to do."""

from typing import TYPE_CHECKING

from eqxviz.session.running import RunPart

if TYPE_CHECKING:
    from eqxviz.records import Control, Record


class ControlPart(RunPart):
    """What is asked of the live run; `activity` says so until it has come about."""

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

    def run_on(self, n_calls: int) -> None:
        """Let the run go on for so many calls of the step function from now on, then pause."""
        from eqxviz.records import Control, GateCommand

        self._control(Control(GateCommand.RUN_TO, n_calls, is_onward=True))

    def resume(self) -> None:
        """Let the paused run go on."""
        from eqxviz.records import Control, GateCommand

        self._control(Control(GateCommand.CONTINUE))

    def type_input(self, text: str) -> None:
        """Type `text` on the script's standard input; it shows in the output as well."""
        from eqxviz.records import TypeInput

        self._tell(TypeInput(text))

    def _control(self, control: "Control") -> None:
        """Tell the live run what to do; what it does says so from now on."""
        if self.run is not None and self.run.is_live:
            self.activity.ask(control, self.run.status)
            self._tell(control)
            self.run_changed.emit()

    def _tell(self, request: "Record") -> None:
        """Ask the live run for something that has no answer but a problem."""
        from eqxviz.records import Problem

        worker = self._run_worker

        def answered(answer: "Record") -> None:
            if isinstance(answer, Problem):
                self.activity.forget()
                if worker is not None and worker.alive:  # else it is how the run ended
                    self.report(answer)

        if self.run is not None and self.run.is_live and not self.ask_run(request, answered):
            self.activity.forget()
