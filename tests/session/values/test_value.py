"""The statistics of the selected node: asked for in parts, and no longer than they are wanted."""

import jax.numpy as jnp
import pytest

from eqxviz.analysis import value_summary
from eqxviz.records import PERCENTS, Problem, Progress, ReadValue, ValueSummary
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from eqxviz.session.values.value_facts import value_facts
from tests.session.answering import ModelWorker


@pytest.fixture
def worker() -> ModelWorker:
    return ModelWorker([jnp.arange(5.0) + i for i in range(100)])


@pytest.fixture
def session(worker: ModelWorker) -> Session:
    made = Session(lambda job: job(), None)
    worker.hold_for(made)
    return made


def select(session: Session, node: int) -> None:
    session.select(Selection(kind="node", node=node))


def test_going_through_a_hundred_leaves_leaves_one_question(session: Session, worker: ModelWorker):
    for node in range(1, 101):
        select(session, node)
    assert worker.cancelled == list(range(1, 100))
    assert [request.node for request, _ in worker.waiting.values()] == [100]
    worker.answer_all()
    assert isinstance(session.value, ValueSummary)
    assert session.value.node == 100


def test_a_large_array_is_asked_for_again_until_it_is_read(session: Session, worker: ModelWorker):
    told: list[float] = []
    session.value_progressed.connect(lambda: told.append(session.value_progress))
    select(session, 1)
    for done in (10, 60):
        _, answered = worker.waiting.pop(len(worker.asked))
        answered(Progress(done, 100))
    assert told == [0.1, 0.6]
    assert worker.asked == [ReadValue(1, 1)] * 3
    worker.answer_all()
    assert isinstance(session.value, ValueSummary)
    assert len(session.answers) == 1


def test_giving_up_says_how_far_it_was_and_is_told_to_the_worker(
    session: Session, worker: ModelWorker
):
    select(session, 1)
    worker.waiting.pop(1)[1](Progress(40, 100))
    session.cancel_value()
    assert isinstance(session.value, Problem)
    assert "40%" in session.value.why
    assert worker.cancelled == [2]
    session.cancel_value()  # nothing is being read any more
    assert worker.cancelled == [2]


def test_statistics_are_told_in_rows(session: Session, worker: ModelWorker):
    select(session, 3)
    worker.answer_all()
    assert isinstance(session.value, ValueSummary)
    rows = {fact.name: fact.value for fact in value_facts(session.value)}
    assert rows["Mean"] == "4 ± 1.41421"
    assert rows["Range"] == "2 to 6"
    assert rows["Median"] == "4"
    assert len(rows) == 4 + len(PERCENTS)
    brief = {fact.name: fact.value for fact in value_facts(session.value, is_brief=True)}
    assert brief["5 % to 95 %"] == "2.2 to 5.8"


def test_of_one_number_that_is_not_finite_that_alone_is_told():
    nan, inf = (value_facts(value_summary(jnp.array(x), 1, 1)) for x in (jnp.nan, -jnp.inf))
    assert [(fact.name, fact.value) for fact in nan] == [("NaN", "1 of 1 (100.0%)")]
    assert [(fact.name, fact.value) for fact in inf] == [("Infinite", "1 of 1 (100.0%)")]


def test_one_number_and_a_constant_have_no_statistics_but_what_they_are():
    assert value_facts(value_summary(7, 1, 1)) == ()
    facts = value_facts(value_summary(jnp.full((4, 4), 0.5), 1, 1))
    assert [(fact.name, fact.value) for fact in facts] == [
        *(("Constant", "every element is 0.5"), ("Norm", "2")),
    ]
