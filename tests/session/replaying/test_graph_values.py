"""Values on the graph, with a process that answers when the test says so."""

import numpy as np
import pytest

from eqxviz.records import LoopTurns, Problem, Progress, ReplayEquation, Severity
from eqxviz.session.replaying.choices import choices_of, turns_of
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from tests.session.replaying.standin import (
    N_TURNS,
    begin,
    drawn,
    equation,
    go_on,
    keep,
    missed,
    pause,
)


def select(session: Session, primitive: str) -> int:
    at = equation(primitive)
    session.select(Selection(kind="equation", graph="function:0", equation=at))
    return at


def test_an_equation_is_asked_for_once_the_selection_rests_and_its_output_is_read(session):
    worker, values = begin(session), session.replaying.values
    select(session, "scan")
    at = select(session, "log")
    assert values.state == "resting"
    assert worker.of(ReplayEquation) == []
    values.ask()
    assert worker.of(ReplayEquation) == [ReplayEquation(0, at)]
    worker.replayed([np.array([1.0, 2.0, 4.0])], [np.log([1.0, 2.0, 4.0])])
    assert values.state == "filled"
    assert values.value.maximum == pytest.approx(np.log(4))
    assert values.moment == "call 41"
    assert [choice.text.split()[0] for choice in choices_of(values.replayed, values.graph)] == [
        "makes",
        "reads",
    ]
    assert session.replaying.marks.read[at].text == "0 … 1.39"


def test_an_input_is_chosen_without_another_replay(session):
    worker, values = begin(session), session.replaying.values
    select(session, "log")
    values.ask()
    worker.replayed([np.array([1.0, 2.0, 4.0])], [np.log([1.0, 2.0, 4.0])])
    values.choose(choices_of(values.replayed, values.graph)[1].index)
    assert values.value.maximum == 4
    assert len(worker.of(ReplayEquation)) == 1
    # The same equation again, by an edge that leads to it.
    graph = drawn()
    edge = int(graph.outputs_of(equation("log"))[0])
    session.select(Selection(kind="value", graph="function:0", value=edge))
    assert values.value.maximum == pytest.approx(np.log(4))
    assert len(worker.of(ReplayEquation)) == 1


def test_an_edge_shows_the_value_that_goes_along_it(session):
    worker, values = begin(session), session.replaying.values
    graph, at = drawn(), equation("log")
    edge = int(graph.inputs_of(at)[0])
    session.select(Selection(kind="value", graph="function:0", value=edge))
    assert values.wanted.equation == int(graph.value_producer[edge])
    session.select(Selection(kind="value", graph="function:0", value=int(graph.outputs_of(at)[0])))
    values.ask()
    worker.replayed([np.ones(3)], [np.zeros(3)])
    assert values.wanted.equation == at
    assert values.value.maximum == 0


def test_a_variable_of_a_nested_jaxpr_is_looked_at_where_it_is_read(session):
    begin(session)
    graph, values = drawn(), session.replaying.values
    carry = int(graph.inputs_of(equation("sin"))[0])
    assert graph.value_producer[carry] < 0
    session.select(Selection(kind="value", graph="function:0", value=carry))
    assert values.wanted.equation == equation("sin")
    assert values.wanted.value == carry


def test_late_answers_are_dropped_and_progress_is_told(session):
    worker, values = begin(session), session.replaying.values
    select(session, "scan")
    values.ask()
    late = worker._answers[len(worker.asked)]
    worker.answer(Progress(1, 4))
    assert (values.state, values.progress) == ("working", Progress(1, 4))
    at = select(session, "log")
    assert worker.cancelled
    values.ask()
    late(Progress(3, 4))
    assert values.progress is None
    worker.replayed([np.ones(3)], [np.zeros(3)])
    assert values.replayed.equation == at


def test_another_turn_of_a_loop_is_replayed_and_what_was_chosen_stays_so(session):
    worker, values = begin(session), session.replaying.values
    loop = LoopTurns(equation("scan"), N_TURNS)
    select(session, "sin")
    values.ask()
    worker.replayed([np.ones(3)], [np.sin(np.ones(3))], (loop,))
    (turn,) = turns_of(values.wanted.turns, values.replayed, values.graph)
    assert (turn.at, turn.n_turns) == (0, N_TURNS)
    values.choose(0)
    values.choose_turn(0, 2)
    assert values.state == "resting"
    assert values.is_wanted_shown
    assert next(iter(turns_of(values.wanted.turns, values.replayed, values.graph))).at == 2
    values.ask()
    assert worker.last == ReplayEquation(0, equation("sin"), (2,))
    worker.replayed([np.full(3, 7.0)], [np.sin(np.ones(3))], (loop,))
    assert values.value.maximum == 7
    # A turn that there is not is the last one.
    values.choose_turn(0, 99)
    assert values.wanted.turns == (N_TURNS - 1,)


def test_what_is_shown_stays_while_the_run_goes_on_and_nothing_stale_is_asked(session):
    worker, values = begin(session), session.replaying.values
    select(session, "log")
    values.ask()
    worker.replayed([np.ones(3)], [np.zeros(3)])
    n_asked = len(worker.asked)
    go_on(session)
    assert values.state == "filled"
    assert values.moment == "call 41, before"
    values.choose(0)
    values.ask_value(1)
    assert len(worker.asked) == n_asked
    # At the next pause the same is read of the call that is kept then.
    pause(session, 50)
    assert len(worker.of(ReplayEquation)) == 2
    worker.replayed([np.ones(3)], [np.full(3, 9.0)], call=50)
    assert values.moment == "call 50"
    assert values.value.maximum == 9


def test_a_replay_under_way_as_the_run_goes_on_says_why_there_is_nothing(session):
    worker, values = begin(session), session.replaying.values
    select(session, "log")
    values.ask()
    go_on(session)
    assert (values.state, values.problem.code) == ("missed", "running")
    worker.replayed([np.ones(3)], [np.zeros(3)])
    assert values.replayed is None


def test_cancel_leaves_a_state_that_says_so_and_can_be_tried_again(session):
    worker, values = begin(session), session.replaying.values
    select(session, "log")
    values.ask()
    worker.answer(Progress(1, 4))
    values.cancel()
    assert (values.state, values.problem.code) == ("failed", "cancelled")
    assert "25%" in values.problem.why
    values.retry()
    assert values.state == "working"
    worker.replayed([np.ones(3)], [np.zeros(3)])
    assert values.state == "filled"


def test_without_calls_that_are_kept_nothing_is_asked_and_it_says_why(session):
    worker, values = begin(session, keeps=False), session.replaying.values
    select(session, "log")
    values.ask()
    assert (values.state, values.problem.code) == ("missed", "not-kept")
    assert worker.asked == []
    keep(session)
    pause(session, 42)
    assert worker.last == ReplayEquation(0, equation("log"))


def test_a_call_that_is_gone_is_missed_and_what_fails_is_failed(session):
    worker, values = begin(session), session.replaying.values
    select(session, "log")
    values.ask()
    worker.answer(missed("donated"))
    assert values.state == "missed"
    values.retry()
    worker.answer(Problem("not-replayed", Severity.ERROR, "It cannot be replayed", "why", "fix"))
    assert values.state == "failed"


def test_a_branch_that_was_not_taken_has_no_values(session):
    worker, values = begin(session), session.replaying.values
    select(session, "log")
    values.ask()
    worker.replayed([], [], was_run=False)
    assert values.state == "filled"
    assert values.node == -1
    assert not values.replayed.was_run


def test_a_node_of_the_tree_takes_the_place_of_the_values_of_the_graph(session):
    begin(session)
    values = session.replaying.values
    select(session, "log")
    assert values.state == "resting"
    session.select(Selection(kind="source", file="/x/train.py", line=3))
    assert values.state == "resting"
    session.select(Selection(kind="node", node=1))
    assert values.state == "none"


def test_graphs_that_no_call_made_have_no_values(session):
    begin(session)
    session.graphs[0].drawn_as = "gradient"
    select(session, "log")
    assert session.replaying.values.state == "none"


def test_another_run_forgets_everything(session):
    worker, values = begin(session), session.replaying.values
    select(session, "log")
    values.ask()
    worker.replayed([np.ones(3)], [np.zeros(3)])
    session.detach_run()
    assert (values.state, values.replayed, session.replaying.marks.read) == ("none", None, {})


def test_a_nan_that_was_read_is_marked(session):
    worker, values = begin(session), session.replaying.values
    at = select(session, "log")
    values.ask()
    worker.replayed([np.ones(3)], [np.array([0.0, np.nan, np.inf])])
    assert session.replaying.marks.marks_in("function:0")[at].text == "NaN Inf"
    assert session.replaying.marks.marks_in("function:0")[at].is_bad
    assert session.replaying.marks.marks_in("model") == {}
