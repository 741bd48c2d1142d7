"""The search for the first NaN, with a process that answers when the test says so."""

from dataclasses import replace

import numpy as np

from eqxviz.engine.launch import Launch
from eqxviz.records import (
    CheckReplay,
    FindNonFinite,
    Halt,
    HaltKind,
    LoopTurns,
    Operand,
    Origin,
    Progress,
    ReplayEquation,
    Stage,
    StopKind,
)
from eqxviz.session.graphs import GraphTab
from eqxviz.session.replaying.checking import check_words
from eqxviz.session.selection import Selection
from tests.session.replaying.standin import (
    SCRIPT,
    begin,
    blame,
    check,
    drawn,
    equation,
    go_on,
    met_nan,
    missed,
    not_kept,
    pause,
)


def test_a_pause_for_a_nan_searches_by_itself_and_shows_what_it_finds(session):
    shown = []
    session.graph_asked.connect(lambda: shown.append("graph"))
    worker, search = begin(session), session.replaying.search
    pause(session, 42, met_nan())
    assert worker.of(FindNonFinite) == [FindNonFinite(0)]
    assert search.state == "working"
    assert search.title == "loss is NaN at step 41"
    worker.answer(Progress(1, 2))
    assert search.note == "Replaying the call to find where it comes from: 50%"
    worker.answer(blame(), FindNonFinite)
    assert search.title == "NaN first made by log, train.py:20, call 41"
    assert shown
    # The equation is selected, its road lit, its inputs asked for, and it is to be unfolded to.
    at = equation("log")
    assert session.selection == Selection(kind="equation", graph="function:0", equation=at)
    assert session.exploring.to_reveal == session.selection
    assert session.exploring.lit.title == "The road of the NaN"
    assert session.exploring.lit.reach.equations[at]
    assert worker.of(ReplayEquation) == [ReplayEquation(0, at)]
    assert session.replaying.marks.marks_in("function:0")[at].text == "first NaN"
    # It is on the list of problems, with its place.
    (problem,) = session.problems
    assert (problem.title, problem.file, problem.line) == (search.title, SCRIPT, 20)
    # And how far the replay is to be trusted is looked at.
    assert worker.of(CheckReplay) == []
    worker.replayed([np.ones(3)], [np.ones(3)])
    assert worker.of(CheckReplay) == [CheckReplay(0)]


def test_the_equation_is_shown_once_its_graph_is_drawn(session):
    worker = begin(session, draws=False)
    session.replaying.search.find()
    worker.answer(blame())
    assert session.selection.kind == "none"
    tab = session.graph("function:0")
    assert tab.state == "working"
    tab.fill(drawn())
    session.graphs_changed.emit()
    assert session.selection.equation == equation("log")


def test_the_input_it_was_made_of_is_looked_at_in_its_turn(session):
    worker, at = begin(session), equation("sin")
    read = int(drawn().inputs_of(at)[0])
    operand = Operand("", "f32[3]", read, 0, 0, -0.5, 2.0, 0.7, at_first=(-0.5,))
    loops = (LoopTurns(equation("scan"), 5),)
    session.replaying.search.find()
    found = blame(equation=at, iterations=(2,), loops=loops, operands=(operand,))
    worker.answer(found)
    assert worker.of(ReplayEquation) == [ReplayEquation(0, at, (2,))]
    assert session.replaying.values.wanted.value == read
    facts = {fact.name: fact.value for fact in session.replaying.search.facts()}
    where = "1 of 3 is NaN: [1]  ·  turn 3 of 5  ·  forward pass  ·  seen in [0]"
    assert facts["Where"] == where
    assert facts["Reads"] == "f32[3]: -0.5 to 2, mean 0.7; there -0.5"


def test_a_pause_for_something_else_searches_for_nothing(session):
    worker = begin(session)
    pause(session, 42, Halt(HaltKind.CALL, "MainThread", stop_kind=StopKind.CONDITION))
    assert worker.of(FindNonFinite) == []
    assert session.replaying.search.state == "none"


def test_a_call_that_was_not_kept_says_so_and_offers_to_run_again(session):
    worker = begin(session, keeps=False)
    launched = []
    session.start_launch = launched.append
    session.launch = Launch(SCRIPT)
    pause(session, 45, met_nan(HaltKind.CALL))
    worker.answer(not_kept())
    search, keeping = session.replaying.search, session.replaying.keeping
    assert (search.state, search.can_keep, search.title) == (
        *("missed", True),
        "loss is NaN at step 41",
    )
    assert search.note == "No call of step was kept. Keeping them was off."
    assert keeping.can_run_again
    keeping.run_again()
    assert launched == [Launch(SCRIPT, keep_calls=True, stops=("nan",))]
    assert session.kept_scripts == (SCRIPT,)


def test_a_call_that_was_donated_says_so(session):
    worker = begin(session)
    pause(session, 42, met_nan())
    worker.answer(missed("donated"))
    search = session.replaying.search
    assert (search.state, search.can_keep) == ("missed", True)
    assert search.note == "The call was donated. Its arguments are gone."


def test_a_replay_that_stays_finite_says_so_and_selects_nothing(session):
    worker = begin(session)
    session.replaying.search.find()
    worker.answer(blame(origin=Origin.NOWHERE, equation=-1, primitive="", why="XLA rounds."))
    search = session.replaying.search
    assert search.title == "The replay of call 41 stays finite"
    assert session.selection.kind == "none"
    assert worker.of(ReplayEquation) == []


def test_an_inf_that_the_function_holds_is_told_as_its_constant(session):
    worker = begin(session)
    session.replaying.search.find()
    changed = {"makes": "inf", "equation": -1, "primitive": "", "line": 0, "road": ()}
    worker.answer(blame(origin=Origin.CONSTANT, stage=Stage.UNKNOWN, **changed))
    assert session.replaying.search.title == "Inf is a constant of the function, call 41"
    assert "Pass" not in session.replaying.search.text("")
    assert worker.of(ReplayEquation) == []


def test_what_came_in_with_an_argument_names_it(session):
    worker = begin(session)
    session.replaying.search.find()
    worker.answer(blame(origin=Origin.ARGUMENT, argument="x", equation=-1, line=0, file=""))
    assert session.replaying.search.title == "NaN came in with x, call 41"


def test_a_search_is_cancelled_begun_again_and_put_away(session):
    worker, search = begin(session), session.replaying.search
    search.find("[1]")
    search.cancel()
    assert (search.state, search.problem.code) == ("failed", "cancelled")
    assert worker.cancelled
    search.retry()
    assert worker.last == FindNonFinite(0, "[1]")
    worker.answer(blame(output="[1]"))
    assert search.state == "found"
    search.dismiss()
    assert (search.state, session.problems) == ("none", [])
    assert session.replaying.marks.marks_in("function:0") == {}


def test_the_way_to_the_selected_result_is_searched(session):
    worker = begin(session)
    session.select(Selection(kind="value", graph="function:0", value=int(drawn().outputs[1])))
    session.replaying.search.find_to_selection()
    assert worker.last == FindNonFinite(0, "[1]")


def test_what_was_found_stays_while_the_run_goes_on_and_a_search_does_not(session):
    worker, search = begin(session), session.replaying.search
    search.find()
    go_on(session)
    assert search.state == "none"
    pause(session, 50)
    search.find()
    worker.answer(blame())
    go_on(session)
    assert search.state == "found"
    assert not search.can_find


def test_all_of_it_is_text(session):
    worker, search = begin(session), session.replaying.search
    search.find()
    worker.answer(blame(stage=Stage.BACKWARD))
    lines = search.text("Equal.").splitlines()
    assert lines[0] == "NaN first made by log, train.py:20, call 41"
    assert lines[1] == "    return jnp.log(out).sum(), sums"
    assert "Pass: backward: for the gradient alone" in lines
    assert lines[-1] == "Equal."


def test_how_the_replay_compares_is_said_with_what_is_shown(session):
    worker, replaying = begin(session), session.replaying
    replaying.search.find()
    worker.answer(blame())
    worker.replayed([np.ones(3)], [np.ones(3)])
    worker.answer(check(), CheckReplay)
    words = "Replayed results equal the call's own within 1.2e-07 (relative)."
    assert replaying.check_words == words
    replaying.check()
    worker.answer(replace(check(0.3)))
    assert "[0] differs by up to 0.3 (relative)" in replaying.check_words
    assert "XLA fuses operations" in replaying.check_words


def test_rounding_is_judged_by_the_dtype_of_each_result():
    bfloat16, float64 = 2.0**-7, 2.0**-52
    assert "equal the call's own within 0.008" in check_words(check(0.008, bfloat16))
    assert "[0] differs by up to 0.3" in check_words(check(0.3, bfloat16))
    assert "[0] differs by up to 1.2e-07" in check_words(check(1.2e-7, float64))
    assert "exactly" in check_words(replace(check(0.0), epsilons=(0.0, 0.0)))


def test_a_tab_of_another_function_is_not_taken_for_the_one(session):
    begin(session)
    session.graphs.insert(0, GraphTab("function:3", "other", function=3))
    assert session.replaying.marks.marks_in("function:3") == {}
