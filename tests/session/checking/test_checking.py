"""The check of what is open: what it runs, what it tells meanwhile, what it leaves behind."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from eqxviz.engine.engine import Engine
from eqxviz.engine.launch import Launch
from eqxviz.records import (
    Control,
    Examine,
    Examined,
    Problem,
    Record,
    RunState,
    RunStatus,
    Severity,
)
from eqxviz.session.session import Session
from eqxviz.session.sources import ModelSource
from tests.owner import Owner


class Worker:
    """A process that does what a test says."""

    was_ready = True

    def __init__(self) -> None:
        self.asked: list[Record] = []
        self.told: list[str] = []

    def ask(self, request: Record, answered: Callable[[Record], None]) -> int:
        self.asked.append(request)
        return 1

    def stop(self) -> None:
        self.told.append("stop")

    def dismiss(self) -> None:
        self.told.append("dismiss")

    def kill(self) -> None:
        self.told.append("kill")

    def wait_for_end(self, timeout_seconds: float) -> bool:
        return True

    def settle(self) -> None:
        self.told.append("settle")


class Starting:
    """An engine that starts nothing; it remembers what it was to start."""

    def __init__(self) -> None:
        self.worker = Worker()
        self.launch = Launch("")
        self.how: dict[str, Any] = {}

    def run(self, launch: Launch, **how: Any) -> Worker:
        self.launch, self.how = launch, how
        return self.worker

    def tell(self, *records: Record) -> None:
        for record in records:
            self.how["on_event"](record)

    def close(self, leave_runs: bool) -> None:
        pass


@pytest.fixture
def engine() -> Starting:
    return Starting()


@pytest.fixture
def session(owner: Owner, engine: Starting, tmp_path: Path) -> Session:
    made = Session(owner.post, cast(Engine, engine))
    (tmp_path / "train.py").write_text("import jax\nstep(x)\nother(x)  # eqxviz: ignore[EQX110]\n")
    made.source = ModelSource.of(f"{tmp_path / 'train.py'}:model")
    return made


def status(state: RunState, step: int = 0) -> RunStatus:
    return replace(RunStatus.at_start(), state=state, step=step)


def found(session: Session, *lines: int, is_over: bool = True) -> Examined:
    assert session.source is not None
    problems = [
        Problem("EQX110", Severity.WARNING, f"at {n}", "w", "f", session.source.path, n)
        for n in lines
    ]
    return Examined(tuple(problems), 13, 1, 4, 4, 2, is_over)


def test_what_is_open_is_run_apart_and_leaves_no_run(session: Session, engine: Starting):
    assert session.checking.can_start
    session.checking.start()
    assert session.source is not None
    assert engine.launch.script == session.source.path
    assert engine.how["asked"] == (Examine(model="model"),)
    assert engine.how["is_kept"] is False
    assert session.run is None
    assert session.checking.is_live
    assert not session.checking.can_start


def test_it_says_what_goes_on(session: Session, engine: Starting, owner: Owner):
    check = session.checking
    assert check.words == ""
    check.start()
    assert check.words == "Checking train.py"
    engine.tell(status(RunState.RUNNING, 1200))
    assert check.words == "Checking train.py: step 1,200"
    engine.tell(status(RunState.STOPPING, 1200))
    assert check.words == "Judging what was seen of train.py"
    engine.tell(found(session), status(RunState.STOPPED))
    owner.run_until(lambda: check.state == "done")
    assert check.words == "train.py – No problems found in 4 steps: 13 rules"
    assert engine.worker.told == ["dismiss"]


def test_what_is_found_is_on_the_list_from_the_top_with_its_lines(
    session: Session, engine: Starting, owner: Owner
):
    check = session.checking
    check.start()
    engine.tell(found(session, 1, 2, 3), status(RunState.STOPPED))
    owner.run_until(lambda: check.state == "done")
    # The newest problem is shown on top; the third is said to be meant.
    assert [each.title for each in session.problems] == ["at 2", "at 1"]
    assert any("> 2 | step(x)" in line for line in check.excerpts[id(session.problems[0])])
    assert "1 ignored" in check.words
    check.start()
    assert session.problems == []


def test_stopping_asks_first_and_forces_then(session: Session, engine: Starting, owner: Owner):
    check = session.checking
    check.start()
    check.stop()
    assert isinstance(engine.worker.asked[0], Control)
    assert check.words == "Stopping the check of train.py"
    assert engine.worker.told == []
    check.stop()
    assert engine.worker.told == ["stop"]
    engine.tell(status(RunState.STOPPED))
    owner.run_until(lambda: check.state == "done")
    assert check.words.startswith("train.py, stopped – Nothing found")


def test_a_script_that_does_not_obey_is_ended_once_it_is_judged(session: Session, engine: Starting):
    session.checking.start()
    engine.tell(found(session, is_over=False))
    assert engine.worker.told == ["stop"]


def test_what_it_died_of_is_told_with_the_rest(session: Session, engine: Starting, owner: Owner):
    session.checking.start()
    died = Problem("worker-died", Severity.ERROR, "train.py was killed", "w", "f")
    engine.tell(status(RunState.DIED), died)
    owner.run_until(lambda: session.checking.state == "done")
    assert session.problems == [died]


def test_settings_that_cannot_be_followed_are_a_problem_with_their_line(
    session: Session, engine: Starting, owner: Owner, tmp_path: Path
):
    (tmp_path / "pyproject.toml").write_text('[tool.eqxviz]\nignore = ["EQX999"]\n')
    session.checking.start()
    engine.tell(found(session, 2), status(RunState.STOPPED))
    owner.run_until(lambda: session.checking.state == "done")
    assert [(each.code, each.line) for each in session.problems] == [
        ("bad-settings", 2),
        ("EQX110", 2),
    ]


def test_closing_the_session_ends_it(session: Session, engine: Starting):
    session.checking.start()
    session.close(leave_run=True)
    assert engine.worker.told == ["kill", "settle"]


def test_without_anything_open_there_is_nothing_to_check(owner: Owner, engine: Starting):
    session = Session(owner.post, cast(Engine, engine))
    assert not session.checking.can_start
    session.checking.start()
    assert session.checking.state == "none"
