"""`eqxviz check`: a script that runs in a terminal until enough was seen of it, and the report."""

import json
import math
import sys
import time
from typing import TYPE_CHECKING

from eqxviz.cli.headless import TerminalRun
from eqxviz.cli.screen import Screen
from eqxviz.cli.without_window import FAILED, INTERRUPTED, OK, USAGE, print_parts
from eqxviz.engine.launch import Launch
from eqxviz.records import Control, Examine, Examined, GateCommand, RunState
from eqxviz.session.checking.report import Report, report_data, report_of, report_text
from eqxviz.session.checking.settings import Settings, SettingsError, settings_for

if TYPE_CHECKING:
    from eqxviz.engine.worker import Worker
    from eqxviz.records import Record

# So long a script that was told to stop has for it, and the doctor to judge, until it is forced.
_PATIENCE_SECONDS = 60.0


def check(launch: Launch, name: str, n_steps: int, timeout: float | None, form: str) -> int:
    """Check what `launch` names, print the report, and return the exit code."""
    try:
        settings = settings_for(launch.file or str(launch.working_folder))
    except SettingsError as error:
        print(f"eqxviz: {error}", file=sys.stderr)
        return USAGE
    return _Check(launch, Examine(n_steps, name), settings, timeout, form).run()


class _Check(TerminalRun):
    def __init__(
        self,
        launch: Launch,
        wish: Examine,
        settings: Settings,
        timeout: float | None,
        form: str,
    ) -> None:
        super().__init__(launch, (wish,), is_kept=False, screen=Screen(stdout_aside=True))
        self._title = f"{launch.title}:{wish.name}" if wish.name else launch.title
        self._settings = settings
        self._form = form
        self._examined: Examined | None = None
        self._stop_at = time.monotonic() + (math.inf if timeout is None else timeout)
        self._force_at = math.inf
        self._report: Report | None = None

    def _live(self) -> None:
        super()._live()
        worker, now = self._worker, time.monotonic()
        if worker is not None and now >= self._stop_at and worker.was_ready:
            self._stop_at, self._force_at = math.inf, now + _PATIENCE_SECONDS
            worker.ask(Control(GateCommand.STOP), lambda answer: None)
        if worker is not None and now >= self._force_at:
            self._force_at = math.inf
            worker.stop()

    def _on_event(self, record: "Record") -> None:
        super()._on_event(record)
        if isinstance(record, Examined):
            self._examined = record
            if not record.is_over and self._worker is not None:
                self._worker.stop()

    def _state_words(self) -> str:
        return "judging" if self._status.state is RunState.STOPPING else "checking"

    def _tell_end(self, worker: "Worker") -> None:
        report = report_of(
            self._title,
            self._launch.file,
            self._examined,
            self._problems,
            self._status.state,
            self._settings,
        )
        self._report = report
        if self._form == "json":
            print_parts([json.dumps(report_data(report), indent=2), "\n"])
        else:
            print_parts([report_text(report), "\n"])

    def _exit_code(self, worker: "Worker") -> int:
        assert self._report is not None
        if self._ended_by:
            return 128 + self._ended_by
        if self._pressed > -math.inf:
            return INTERRUPTED
        if self._report.has_problems:
            return FAILED
        return USAGE if self._report.is_blind else OK
