"""The console runs code in a frame, one piece at a time, and each comes to an end."""

import pytest

from eqxviz.records import Evaluate, OpenModel, ReadVariables, RunState
from eqxviz.session.debugging.console import Typed
from eqxviz.session.debugging.debugger import Debugger
from eqxviz.session.session import Session
from tests.session.debugging.stand_in import PausedScript, begin, pause, tell


@pytest.fixture
def debugger(session: Session) -> Debugger:
    return session.debugging


@pytest.fixture
def worker(session: Session, debugger: Debugger) -> PausedScript:
    made = begin(session)[1]
    pause(session)
    return made


def test_code_is_run_in_the_frame_that_is_chosen(debugger, worker):
    debugger.frames.choose(2)
    assert debugger.frames.evaluate("'a'")
    assert worker.of(Evaluate) == [Evaluate(2, "'a'")]
    (entry,) = debugger.console.entries
    assert (entry.state, entry.where, entry.output, entry.text) == (
        *("done", "<module>", "printed\n", "'a'"),
    )


def test_an_exception_of_the_code_is_its_result(debugger, worker):
    debugger.frames.evaluate("1 / 0")
    (entry,) = debugger.console.entries
    assert (entry.state, entry.error) == ("failed", "ZeroDivisionError: division by zero")


def test_what_never_ends_is_interrupted_and_then_other_code_is_run(debugger, worker):
    assert debugger.frames.evaluate("while True: pass")
    assert debugger.console.is_working
    assert not debugger.frames.evaluate("rate")
    debugger.console.interrupt()
    assert worker.cancelled == [worker.asked.index(Evaluate(1, "while True: pass")) + 1]
    assert debugger.console.entries[0].state == "interrupted"
    assert debugger.frames.evaluate("rate")
    assert [entry.state for entry in debugger.console.entries] == ["interrupted", "done"]


def test_after_an_assignment_the_variables_are_read_again(debugger, worker):
    n_before = len(worker.of(ReadVariables))
    debugger.frames.evaluate("rate = 0.5")
    assert len(worker.of(ReadVariables)) == n_before + 1
    assert debugger.variables.variable("rate").text == "0.5"


def test_the_latest_value_opens_as_a_tree_until_there_is_another(session, debugger, worker):
    debugger.frames.evaluate("model")
    assert debugger.console.latest_tree is debugger.console.entries[0]
    debugger.frames.evaluate("rate = 3")
    assert debugger.frames.open_value()
    assert OpenModel("", "_", frame=1) in worker.asked
    debugger.frames.evaluate("rate")
    assert not debugger.frames.open_value()
    debugger.frames.evaluate("model")
    tell(session, RunState.RUNNING)
    assert debugger.console.latest_tree is None


def test_code_that_is_run_when_the_run_ends_has_no_end_of_its_own(session, debugger, worker):
    debugger.frames.evaluate("while True: pass")
    tell(session, RunState.DIED)
    (entry,) = debugger.console.entries
    assert (entry.state, entry.error) == ("failed", "The run ended before this did.")
    assert not debugger.frames.evaluate("rate")


def test_what_was_typed_comes_back_and_the_draft_is_kept():
    typed = Typed()
    for text in ("a", "b", "b"):
        typed.add(text)
    assert typed.move(-1, "dra") == "b"
    assert typed.move(-1, "b") == "a"
    assert typed.move(-1, "a") is None
    assert typed.move(1, "a") == "b"
    assert typed.move(1, "b") == "dra"
    assert typed.move(1, "dra") is None
