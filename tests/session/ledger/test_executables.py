"""Asking what XLA says of a compiled program."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from psygnal import Signal

from eqxviz.records import AskExecutable, Executable, Problem, Record, RunState, Severity
from eqxviz.session.ledger.executables import Executables

from .made_runs import compiled, run_with


class AskedRun:
    """A session with a run that answers when the test says so."""

    run_changed = Signal()
    functions_changed = Signal()

    def __init__(self) -> None:
        self.run = run_with(compiled(0), compiled(1), compiled(2))
        self.asked: list[AskExecutable] = []
        self.answers: list[Callable[[Record], None]] = []
        self.has_process = True

    def ask_run(self, request: Any, answered: Callable[[Record], None]) -> bool:
        if self.has_process:
            self.asked.append(request)
            self.answers.append(answered)
        return self.has_process


@pytest.fixture
def session() -> AskedRun:
    return AskedRun()


@pytest.fixture
def executables(session: AskedRun) -> Executables:
    return Executables(session)  # type: ignore[arg-type]  # it has what is asked of it


def answer(event: int) -> Executable:
    return Executable(event, 1, 2, 3, 0, -1, 4.0)


def test_an_answer_is_kept_in_the_ledger_and_announced(session: AskedRun, executables: Executables):
    heard: list[int] = []
    executables.answered.connect(heard.append)
    executables.ask(1)
    assert executables.is_asked(1)
    session.answers[0](answer(1))
    assert heard == [1]
    assert session.run.ledger.executables[1] == answer(1)
    assert not executables.is_asked(1)


def test_what_is_known_is_not_asked_again(session: AskedRun, executables: Executables):
    session.run.ledger.add_answer(1, answer(1))
    executables.ask(1)
    assert session.asked == []


def test_while_one_is_awaited_only_the_latest_of_others_is_asked(
    session: AskedRun, executables: Executables
):
    for event in (0, 1, 2):
        executables.ask(event)
    assert [request.event for request in session.asked] == [0]
    session.answers[0](answer(0))
    assert [request.event for request in session.asked] == [0, 2]
    assert executables.is_asked(2)


def test_what_cannot_be_known_is_said_and_not_asked_again(
    session: AskedRun, executables: Executables
):
    executables.ask(0)
    gone = Problem("executable-gone", Severity.NOTE, "JAX has let go of it", "why", "fix")
    session.answers[0](gone)
    assert session.run.ledger.executables[0] == gone
    executables.ask(0)
    assert len(session.asked) == 1


def test_without_a_process_nothing_is_awaited(session: AskedRun, executables: Executables):
    session.has_process = False
    executables.ask(0)
    assert not executables.is_asked(0)


def test_an_answer_for_a_run_that_is_gone_changes_nothing_of_the_next(
    session: AskedRun, executables: Executables
):
    executables.ask(0)
    before, session.run = session.run, run_with(compiled(0))
    session.answers[0](answer(0))
    assert session.run.ledger.executables == {}
    assert before.ledger.executables == {0: answer(0)}


def test_the_latest_compilation_of_each_function_is_asked_about_with_each_word_of_its_calls(
    session: AskedRun, executables: Executables
):
    session.run = run_with(compiled(0), compiled(1), compiled(2, 0), compiled(3, 2))
    session.run.status = replace(session.run.status, state=RunState.RUNNING)
    session.functions_changed.emit()
    session.functions_changed.emit()
    assert [request.event for request in session.asked] == [1]
    session.answers[0](answer(1))
    assert len(session.asked) == 1
    session.functions_changed.emit()
    session.answers[1](answer(2))
    session.functions_changed.emit()
    assert [request.event for request in session.asked] == [1, 2]  # 3 is a package's


def test_when_the_run_stands_still_all_are_asked_about(session: AskedRun, executables: Executables):
    session.run = run_with(compiled(0), compiled(1), compiled(2, 0))
    session.run.status = replace(session.run.status, state=RunState.FINISHED)
    session.run_changed.emit()
    session.answers[0](answer(1))
    session.answers[1](answer(2))
    assert [request.event for request in session.asked] == [1, 2]
