"""The switch that keeps calls, and what it says of its cost."""

from eqxviz.engine.launch import Launch
from eqxviz.records import Done, KeepCalls, Problem, Severity
from tests.session.replaying.standin import SCRIPT, begin, keep, tell


def test_the_switch_is_off_at_first_and_the_run_is_told_when_it_is_on(session):
    worker, keeping = begin(session, keeps=False), session.replaying.keeping
    session.launch = Launch(SCRIPT)
    assert not keeping.is_on
    assert keeping.words == ""
    keeping.switch()
    assert worker.last == KeepCalls(True)
    assert keeping.is_on
    assert keeping.words == "the next call is kept: one more model and optimiser state"
    worker.answer(Done())
    keep(session)
    assert keeping.words == "keeps 28.3 MB: one more model and optimiser state"
    keep(session, n_copied_bytes=10)
    assert keeping.words == "keeps 28.3 MB: one more model and optimiser state; donation is off"
    # It is remembered for the script, and run again in the same way.
    assert session.kept_scripts == (SCRIPT,)
    assert session.launch.keep_calls


def test_turned_off_it_is_forgotten(session):
    worker, keeping = begin(session), session.replaying.keeping
    session.remember_keeping(SCRIPT, True)
    assert keeping.is_on
    keeping.switch()
    assert worker.last == KeepCalls(False)
    assert not keeping.is_on
    keep(session, is_on=False)
    assert (keeping.is_on, keeping.words, session.kept_scripts) == (False, "", ())


def test_what_the_run_refuses_is_a_problem_and_leaves_the_switch_as_it_was(session):
    worker, keeping = begin(session, keeps=False), session.replaying.keeping
    keeping.switch()
    worker.answer(Problem("refused", Severity.ERROR, "No", "why", "fix"))
    assert not keeping.is_on
    assert [problem.code for problem in session.problems] == ["refused"]


def test_a_call_that_cannot_be_replayed_is_said(session):
    begin(session)
    keep(session, function=-1, why_not="it takes an iterator")
    words = session.replaying.keeping.words
    assert words == "the latest call cannot be replayed: it takes an iterator"


def test_what_a_run_says_when_it_is_attached_to_counts(session):
    begin(session, keeps=False)
    heard = []
    session.replaying.keeping.changed.connect(lambda: heard.append(True))
    keep(session)
    tell(session, session.run.status)
    assert heard
    assert session.replaying.keeping.is_on
