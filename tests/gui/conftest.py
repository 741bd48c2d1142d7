"""A window's surroundings for tests: one application, bundled fonts, no display, no processes."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication

from eqxviz.gui.theme import Theme
from eqxviz.records import Record
from eqxviz.session.session import Session


class QuietWorker:
    """A worker that never answers by itself: a test reads what was asked, and answers."""

    alive = True

    def __init__(self) -> None:
        self.asked: list[Record] = []
        self.answer: Callable[[Record], None] = lambda _record: None

    def ask(self, request: Record, answered: Callable[[Record], None]) -> int:
        self.asked.append(request)
        self.answer = answered
        return len(self.asked)

    def cancel(self, request_id: int) -> None:
        pass

    def kill(self) -> None:
        pass


class QuietEngine:
    """An engine without processes; it remembers what it was asked for."""

    def __init__(self) -> None:
        self.worker = QuietWorker()
        self.live_runs: list[object] = []
        self.runs_folder = Path("/dev/null/no-runs")
        self.closed_with: list[bool] = []
        self.devices_asked: list[Callable[[object], None]] = []

    def inspector(self, busy_with: str = "") -> QuietWorker:
        return self.worker

    def runs(self) -> list[object]:
        return self.live_runs

    def list_devices(self, answered: Callable[[object], None], launch: object = None) -> None:
        self.devices_asked.append(answered)

    def close(self, leave_runs: bool) -> None:
        self.closed_with.append(leave_runs)


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["eqxviz", "-platform", "offscreen"]


@pytest.fixture
def engine() -> QuietEngine:
    return QuietEngine()


class QuietSession(Session):
    """A session without threads: what is to be done in the background is done at once."""

    def in_background(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        done(work())


@pytest.fixture
def session(engine: QuietEngine) -> Session:
    """A session that runs what is posted at once."""
    return QuietSession(lambda job: job(), engine)  # type: ignore[arg-type]  # the quiet one


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    """The light theme, applied as in the application."""
    made = Theme("light")
    made.apply(qapp)
    yield made
    qapp.setStyleSheet("")


_ENDS_WITHIN_SECONDS = 5.0


@pytest.fixture(autouse=True)
def _nothing_is_left_behind(qapp: QApplication) -> Iterator[None]:
    """Fail a test after which a window, a running timer or a thread is still there."""
    before = _left_over()
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    for thread in _threads():
        if (thread.ident or 0, f"the thread {thread.name}") not in before:
            thread.join(_ENDS_WITHIN_SECONDS)  # one that was told to end may be about to
    left = _left_over() - before
    assert not left, f"left behind: {sorted(words for _, words in left)}"


def _left_over() -> set[tuple[int, str]]:
    windows = {
        (id(w), f"the window {type(w).__name__}")
        for w in QApplication.topLevelWidgets()
        if w.isVisible()
    }
    timers = {
        (id(t), f"a timer of {type(t.parent()).__name__}")
        for t in shiboken6.getAllValidWrappers()
        if isinstance(t, QTimer) and t.isActive()
    }
    return windows | timers | {(t.ident or 0, f"the thread {t.name}") for t in _threads()}


def _threads() -> list[threading.Thread]:
    """Return all but the main thread and those that Python has not begun."""
    return [t for t in threading.enumerate() if not t.name.startswith(("Dummy", "MainThread"))]
