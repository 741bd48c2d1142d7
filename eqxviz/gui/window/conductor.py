"""What a command does once its window stands: open, run, take pictures, end."""

import sys
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from eqxviz.engine.places import RunInfo
from eqxviz.gui.window.demo import WindowDemo
from eqxviz.gui.window.main_window import MainWindow
from eqxviz.gui.window.pictures import take_picture
from eqxviz.records import OfferedCalls, Problem
from eqxviz.session.command import WindowCommand
from eqxviz.session.listing import problem_text
from eqxviz.session.session import Session
from eqxviz.session.sources import RUNS_FILE, ModelSource, split_target

_REST_MS = 700  # after the last change a view may still be laying out or painting


def conduct(command: WindowCommand, window: MainWindow) -> QObject:
    """Carry out `command` in `window`; keep what is returned as long as the window."""
    if command.kind == "demo":
        return WindowDemo(command, window)
    return Conductor(command, window)


class Conductor(QObject):
    """Opens or runs what the command names; takes the picture; ends by itself if so asked.

    With neither a time nor a display, the end comes once nothing is being done any more.
    """

    def __init__(self, command: WindowCommand, window: MainWindow) -> None:
        super().__init__(window)
        self._command = command
        self._window = window
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._on_rested)
        if command.kind == "open":
            source = ModelSource.of(command.target, command.weights, command.shapes_only)
            asks = source.needs_constructor and not command.offscreen
            if asks or source.path.endswith(RUNS_FILE):
                window.opener.open(command.target)
            else:
                window.opener.open_source(source, is_trusted=True)
        elif command.kind == "graph":
            session = window.session
            session.draw_call(
                command.target, command.arguments, command.drawn_as, command.batch,
                shapes_only=command.shapes_only,
            )  # fmt: skip
            session.list_calls(session.graphs[0].path, self._on_calls_listed)
        elif command.kind == "process-graph":
            window.session.draw_shown(command.target)
        elif command.kind == "process":
            window.opener.open_source(ModelSource("process", command.target), is_trusted=True)
        elif command.launch is not None:
            window.opener.run(command.launch, is_trusted=True)
        elif command.kind == "attach":
            self._attach(command)
        elif command.kind == "learn":
            window.school.begin(command.target, command.lessons)
        elif command.kind == "kept":
            window.session.runs.open(command.target)
        if command.exit_after is not None:
            QTimer.singleShot(round(command.exit_after * 1000), self, self._end)
        elif command.screenshot is not None or command.offscreen:
            session = window.session
            for signal in (session.model_changed, session.graphs_changed, session.run_changed):
                signal.connect(self._on_changed)
            self._on_changed()

    def _attach(self, command: WindowCommand) -> None:
        """Attach to the run that is kept in a folder, or to a port."""
        run = RunInfo.read(Path(command.target)) if Path(command.target).is_dir() else None
        if run is not None:
            self._window.session.attach(run)
        else:
            self._window.attach_form.attach(command.target, command.token)

    def _on_calls_listed(self, found: OfferedCalls | Problem) -> None:
        """Open the model of a file that was drawn from, if it has one: the graph leads to it."""
        session = self._window.session
        if isinstance(found, OfferedCalls) and found.models and session.source is None:
            name = split_target(self._command.target)[1]
            known = name if name in {target.name for target in found.models} else ""
            source = ModelSource("file", found.path, known, "", self._command.shapes_only)
            self._window.opener.open_source(source, is_trusted=True)

    def _on_changed(self) -> None:
        if is_busy(self._window.session):
            self._rest.stop()
        else:
            self._rest.start()

    def _on_rested(self) -> None:
        session = self._window.session
        for signal in (session.model_changed, session.graphs_changed, session.run_changed):
            signal.disconnect(self._on_changed, missing_ok=True)
        if self._command.offscreen:
            self._end()
        else:
            self._take_picture()

    def _take_picture(self) -> bool:
        if self._command.screenshot is None:
            return True
        path = Path(self._command.screenshot)
        try:
            take_picture(self._window, path)
        except OSError as error:
            print(f"eqxviz: {error}", file=sys.stderr)
            return False
        print(f"Screenshot: {path}")
        return True

    def _end(self) -> None:
        taken = self._take_picture()
        self._window.finish(leave_run=self._command.kind == "attach")
        session = self._window.session
        for problem in session.problems:
            print(problem_text(problem), file=sys.stderr)
        QApplication.exit(0 if taken and not has_failed(self._command, session) else 1)


def is_busy(session: Session) -> bool:
    """Return whether something is being opened, drawn or run."""
    if session.model_state == "working" or any(tab.state == "working" for tab in session.graphs):
        return True
    # Where nothing is asked of the runs that were kept, nothing is made for them.
    if "runs" in vars(session) and session.runs.is_opening:
        return True
    run = session.run
    return run is not None and run.is_live and run.status.state.value != "paused"


def has_failed(command: WindowCommand, session: Session) -> bool:
    """Return whether what `command` named could not be opened, or did not run to a good end."""
    if command.kind in ("graph", "process-graph"):
        return any(tab.state == "failed" for tab in session.graphs)
    if command.kind in ("open", "process"):
        return session.model_state == "failed"
    if command.kind == "kept":
        return session.run is None
    if command.kind == "run":
        return session.run is None or session.run.status.state.value in ("failed", "died")
    return False
