"""The debugger follows a run: its stops are told, its stack and variables read at each pause."""

import pytest

from eqxviz.engine.launch import Launch
from eqxviz.engine.stop_words import StopWordsError
from eqxviz.records import (
    Control,
    GateCommand,
    HaltKind,
    OpenModel,
    Problem,
    ReadStack,
    RunState,
    SetStops,
    Severity,
    StopKind,
)
from eqxviz.session.debugging.debugger import Debugger
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from tests.session.debugging.stand_in import FRAMES, SCRIPT, PausedScript, begin, pause, tell


@pytest.fixture
def debugger(session: Session) -> Debugger:
    return session.debugging


@pytest.fixture
def worker(session: Session, debugger: Debugger) -> PausedScript:
    return begin(session)[1]


def told(worker: PausedScript) -> list[str]:
    (*_, latest) = worker.of(SetStops)
    return [stop.condition or stop.kind.value for stop in latest.stops]


def test_a_run_is_told_the_stops_when_it_begins_and_whenever_they_change(session, debugger, worker):
    assert told(worker) == ["exception"]
    debugger.of_script.add_words("loss > 10")
    assert told(worker) == ["exception", "loss > 10"]
    another = begin(session)[1]
    assert told(another) == ["exception", "loss > 10"]


def test_a_stop_that_the_run_cannot_take_is_a_problem_until_it_is_mended(session, debugger, worker):
    worker.stops_answer = problem = Problem("bad-stop", Severity.ERROR, "loss ><", "It is no", "")
    debugger.of_script.add_words("loss > 11")
    assert session.problems == [problem]
    worker.stops_answer = SetStops(())
    debugger.of_script.add_words("loss > 10")
    assert session.problems == []


@pytest.mark.parametrize("words", ["", "3 +", "absent.py:3"])
def test_words_that_mean_no_stop_say_so(debugger, worker, words):
    with pytest.raises(StopWordsError):
        debugger.of_script.add_words(words)


def test_words_change_a_stop_and_no_words_take_it_away(debugger, worker):
    made = debugger.toggle_function(3)
    debugger.of_script.change_words(made.id, "make_step if step > 3")
    changed = debugger.stops.get(made.id)
    assert (changed.file, changed.line, changed.condition) == (SCRIPT, 10, "step > 3")
    debugger.of_script.change_words(made.id, "nan")
    assert debugger.stops.get(made.id).kind is StopKind.NONFINITE
    debugger.of_script.change_words(made.id, " ")
    assert debugger.stops.get(made.id) is None


def test_at_a_pause_the_innermost_frame_of_the_users_code_is_looked_at(session, debugger, worker):
    pause(session)
    assert debugger.stack.frames == FRAMES
    assert debugger.stack.frame.function == "forward"
    assert [row.path for row in debugger.variables.rows()] == ["model", "rate"]
    assert session.selection.kind == "none"  # nobody asked to be led away


@pytest.mark.parametrize("kind", [HaltKind.LINE, HaltKind.EXCEPTION])
def test_a_line_and_an_exception_show_where_they_are(session, debugger, worker, kind):
    heard = []
    debugger.frames.paused.connect(heard.append)
    pause(session, kind, stop=1)
    assert session.selection == Selection(kind="source", file=SCRIPT, line=12)
    assert [halt.kind for halt in heard] == [kind]


def test_choosing_a_frame_selects_its_line_and_reads_its_variables(session, debugger, worker):
    pause(session)
    debugger.frames.choose(2)
    assert session.selection == Selection(kind="source", file=SCRIPT, line=40)
    assert debugger.variables.frame == 2
    debugger.frames.choose(7)
    assert debugger.stack.chosen == 2


def test_what_is_shown_is_of_the_past_once_the_run_goes_on(session, debugger, worker):
    pause(session)
    tell(session, RunState.RUNNING)
    assert debugger.stack.is_past
    assert debugger.stack.frames == FRAMES
    assert not debugger.frames.evaluate("rate")
    pause(session, seconds=2.0)
    assert not debugger.stack.is_past
    assert len(worker.of(ReadStack)) == 2


def test_variables_are_unfolded_on_demand_and_stay_so_at_the_next_pause(session, debugger, worker):
    variables = debugger.variables
    pause(session)
    variables.unfold("model", True)
    paths = ["model", "model.weight", "model.width", "rate"]
    assert [row.path for row in variables.rows()] == paths
    assert not any(row.is_new for row in variables.rows())
    worker.rate = "0.01"
    tell(session, RunState.RUNNING)
    pause(session, seconds=2.0)
    assert [row.path for row in variables.rows()] == paths
    assert [row.path for row in variables.rows() if row.is_new] == ["rate"]
    assert variables.is_read
    worker.answers_variables = False
    tell(session, RunState.RUNNING)
    pause(session, seconds=3.0)
    assert variables.rows()  # of the pause before
    assert not variables.is_read
    worker.answers_variables = True
    variables.read_again()
    assert variables.is_read
    variables.unfold("model", False)
    assert [row.path for row in variables.rows()] == ["model", "rate"]
    assert variables.n_globals == 1
    variables.switch_globals()
    assert [row.path for row in variables.rows()] == ["model", "rate", "N_STEPS"]


def test_names_are_completed_also_within_a_variable_that_is_still_folded(session, debugger, worker):
    pause(session)
    found = []
    debugger.variables.complete("print(ra", lambda begun, names: found.append((begun, names)))
    debugger.variables.complete("x = model.w", lambda begun, names: found.append((begun, names)))
    debugger.variables.complete("3 + ", lambda begun, names: found.append((begun, names)))
    assert found == [
        ("ra", ["rate"]),
        ("w", ["weight", "width"]),
        ("", ["N_STEPS", "model", "rate"]),
    ]


def test_a_variable_that_is_a_tree_opens_from_its_frame(session, debugger, worker):
    pause(session)
    debugger.frames.choose(1)
    assert not debugger.frames.open_variable("rate")
    assert debugger.frames.open_variable("model")
    assert OpenModel("", "model", frame=1) in worker.asked
    assert (session.source.frame, session.source.function) == (1, "forward")


def test_a_run_to_a_condition_goes_on_and_its_stop_goes_once_it_was_met(session, debugger, worker):
    pause(session)
    debugger.goal.run_to("loss > 10")
    assert told(worker) == ["exception", "loss > 10"]
    assert worker.asked[-1] == Control(GateCommand.CONTINUE)
    goal = debugger.goal.stop
    tell(session, RunState.RUNNING)
    assert session.activity.words(session.run).startswith("running")
    assert session.activity.goal == "loss > 10"
    pause(session, seconds=3.0, stop=goal.id, why="loss is 12.3 at step 41")
    assert told(worker) == ["exception"]
    assert debugger.goal.stop is None
    assert session.activity.goal == ""


@pytest.mark.parametrize(
    ("kind", "halt", "words"),
    [
        (HaltKind.CALL, {}, "paused before call 42 of make_step at train.py:40"),
        (
            HaltKind.RETURN,
            {"why": "loss is NaN"},
            "paused after call 42 of make_step: loss is NaN",
        ),
        (HaltKind.LINE, {}, "paused before train.py:40"),
        (HaltKind.EXCEPTION, {"error": "ValueError: no"}, "paused at train.py:40: ValueError: no"),
        (
            HaltKind.EXCEPTION,
            {"error": "ValueError: no", "callback": "data.py:7"},
            "paused at data.py:7, called back from train.py:40: ValueError: no",
        ),
    ],
)
def test_why_and_where_it_is_paused_is_said_in_one_line(session, worker, kind, halt, words):
    pause(session, kind, **halt)
    assert session.activity.words(session.run) == words


class Memory:
    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def stops_of(self, script: str) -> str:
        return self.kept.get(script, "")

    def keep(self, script: str, stops: str) -> None:
        self.kept[script] = stops


def test_each_script_has_its_own_stops_which_are_remembered(session):
    session.stop_memory = memory = Memory()
    begin(session)
    session.debugging.of_script.add_words("loss > 10")
    assert "loss > 10" in memory.kept[SCRIPT]
    begin(session, "/x/other.py")
    assert [stop.kind for stop in session.debugging.stops] == [StopKind.EXCEPTION]
    worker = begin(session)[1]
    assert told(worker) == ["exception", "loss > 10"]


def test_what_a_launch_says_is_added_once(session, tmp_path):
    session.stop_memory = Memory()
    launch = Launch(str(tmp_path / "train.py"), stops=("loss > 10",))
    first = session.debugging.prepare(launch)
    assert [stop.condition for stop in first.stops] == ["", "loss > 10"]
    session.debugging.stops.remove(first.stops[1].id)
    assert len(session.debugging.prepare(launch).stops) == 1


def test_a_run_that_goes_on_and_pauses_at_once_is_told_as_paused(session, debugger, worker):
    pause(session)
    session.resume()
    pause(session, HaltKind.LINE, seconds=1.01)
    assert session.activity.words(session.run) == "paused before train.py:40"
