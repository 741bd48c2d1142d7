"""The real window over the real engine and real workers, offscreen."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from eqxviz.engine.engine import Engine
from eqxviz.engine.launch import Launch
from eqxviz.gui.bridge import Bridge
from eqxviz.gui.settings import Settings
from eqxviz.gui.theme import Theme
from eqxviz.gui.window.main_window import MainWindow
from eqxviz.session.session import Session

PATIENCE_SECONDS = 60


class Desk:
    """A window and what a user does at it. It waits on signals of the session, never on time."""

    def __init__(self, runs: Path) -> None:
        self.is_closed = False
        self.bridge = Bridge()
        self.session = Session(self.bridge.post, Engine(self.bridge.post, runs))
        self.settings = Settings(on_disk=False)
        self.theme = Theme("light")
        self.theme.apply(QApplication.instance())
        self.window = MainWindow(self.session, self.theme, self.settings)
        self.window.first_painted.connect(self.window.complete)
        self.window.resize(1200, 800)
        # No `session.start`: the process that opens models is started by who opens one.
        self.window.show()

    def until(self, done: Callable[[], bool], what: str, *more: Any) -> None:
        """Let the window live until `done()`, asked whenever a signal of the session is heard."""
        session, loop = self.session, QEventLoop()
        signals: list[Any] = [
            *(session.model_changed, session.value_changed, session.graphs_changed),
            *(session.run_changed, session.metrics_arrived, session.functions_changed),
            *(session.compiled, session.output_arrived, session.problem_seen),
            session.selection_changed,
            *more,
        ]

        def look(*_anything: object) -> None:
            # Later: the views that listen to the same signal come first.
            QTimer.singleShot(0, loop, lambda: loop.quit() if done() else None)

        for said in signals:
            said.connect(look)
        late = QTimer(loop, singleShot=True, interval=PATIENCE_SECONDS * 1000)
        late.timeout.connect(lambda: loop.exit(1))
        late.start()
        look()
        code = loop.exec()
        for said in signals:
            said.disconnect(look)
        assert code == 0 or done(), f"waited {PATIENCE_SECONDS} s for {what}"

    def view(self, name: str) -> Any:
        """Return a view, brought to the front."""
        self.window.show_view(name)
        return self.window.place(name).view

    def open(self, target: str | Path) -> None:
        """Open a file that the user has agreed to, and wait for the model or the problem."""
        self.window.opener.open(str(target), is_trusted=True)
        self.until(lambda: self.session.model_state in ("filled", "failed"), "the model")

    def run(self, script: str | Path, *argv: str) -> None:
        """Run a script that the user has agreed to."""
        self.window.opener.run(Launch(str(script), argv), is_trusted=True)

    def act(self, name: str) -> None:
        """Do what an action does, as its key or its button would."""
        action = self.window.actions_table.q[name]
        self.until(action.isEnabled, f"{name} to be enabled", action.changed)
        action.trigger()

    def wait_for_state(self, *states: str) -> None:
        """Wait until the run is in one of these states."""

        def reached() -> bool:
            run = self.session.run
            return run is not None and run.status.state.value in states

        self.until(reached, f"the run to be {' or '.join(states)}")

    def close(self, *, leave_run: bool = False) -> None:
        """Close the window, if it is not closed yet."""
        if self.is_closed:
            return
        self.is_closed = True
        self.window.finish(leave_run)
        self.window.deleteLater()
        QApplication.processEvents()


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Where the runs of this test are kept."""
    return tmp_path / "runs"


@pytest.fixture
def desk(qapp: QApplication, runs: Path) -> Iterator[Desk]:
    """A window with nothing open."""
    desk = Desk(runs)
    yield desk
    desk.close()


@pytest.fixture
def another_desk(qapp: QApplication, runs: Path) -> Iterator[Callable[[], Desk]]:
    """A way to get one more window, as if the application were started again."""
    made: list[Desk] = []

    def make() -> Desk:
        made.append(Desk(runs))
        return made[-1]

    yield make
    for desk in made:
        desk.close()


def windows_of(sockets: Path) -> list[int]:
    """Return the windows on what is met in a folder: they outlive who opened them."""
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = process.read_bytes().decode("utf-8", "replace").split("\0")
            if "--process" in words and any(str(sockets) in word for word in words):
                found.append(int(process.parent.name))
    return found


@pytest.fixture
def showing(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], "subprocess.Popen[str]"]]:
    """Start a script that shows something, with a window of its own that nobody sees."""
    # A short path: that of a socket has little room.
    sockets = Path(tempfile.mkdtemp(prefix="eqxviz-"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(sockets))
    started: list[subprocess.Popen[str]] = []

    def start(text: str) -> "subprocess.Popen[str]":
        script = tmp_path / "shows.py"
        script.write_text(textwrap.dedent(text))
        monkeypatch.setenv("PYTHONPATH", str(repository))
        monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen:")  # with the colon it is a display
        process = subprocess.Popen(
            [sys.executable, script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
    for window in windows_of(sockets):
        os.kill(window, signal.SIGKILL)
    shutil.rmtree(sockets)
