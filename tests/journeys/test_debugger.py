"""Stops, the stack, variables and the console, in the real window over a real worker."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from eqxviz.engine.launch import Launch
from eqxviz.records import HaltKind, RunState
from eqxviz.session.selection import Selection
from tests.journeys.conftest import Desk

TRAIN = """
import jax
import jax.numpy as jnp

@jax.jit
def make_step(params, rate):
    loss = (params["w"] ** 2).sum()
    return {"w": params["w"] * (1 - rate)}, loss

def train(params, rate, n_steps):
    for step in range(n_steps):
        params, loss = make_step(params, rate)
        half = rate / 2

    return params

rate = 0.1
params = train({"w": jnp.full((3, 2), 2.0)}, rate, 100000)
"""
RAISES = """
import jax
import jax.numpy as jnp

@jax.jit
def apply(w, x):
    return x @ w

def predict(w, x):
    return apply(w, x)

predict(jnp.ones((3, 1)), jnp.ones((8, 4)))
"""
RECOMPILES = """
import jax
import jax.numpy as jnp

f = jax.jit(lambda x: x * 2)
for n in (3, 3, 3, 4, 4):
    f(jnp.ones(n))
"""


def line_of(text: str, part: str) -> int:
    return next(i for i, line in enumerate(text.splitlines(), 1) if part in line)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "train.py"
        path.write_text(text)
        return path

    return write


def until(desk: Desk, done: Callable[[], object], what: str) -> None:
    """Wait on the session's signals and the debugger's."""
    made = desk.session.debugging
    told = (made.stack.changed, made.variables.changed, made.console.entry_ended)
    desk.until(lambda: bool(done()), what, desk.session.stops_changed, *told)


def until_paused(desk: Desk, kind: HaltKind) -> None:
    """Wait until the run is paused so, and its stack is read."""
    made = desk.session.debugging

    def is_there() -> bool:
        halt = made.halt
        is_read = bool(made.stack.frames) and not made.stack.is_past and made.variables.is_read
        return halt is not None and halt.kind is kind and is_read

    until(desk, is_there, f"a pause {kind.value}")


def hold(desk: Desk, path: Path) -> None:
    """Run a script up to its first call."""
    desk.session.start_run(str(path), hold=True)
    until_paused(desk, HaltKind.CALL)


def value(desk: Desk, path: str) -> str:
    variable = desk.session.debugging.variables.variable(path)
    return variable.text if variable is not None else "there is none"


def evaluate(desk: Desk, code: str):
    """Type code into the console, and return what came of it."""
    console = desk.session.debugging.console
    assert desk.session.debugging.frames.evaluate(code)
    until(desk, lambda: not console.is_working, f"{code} to end")
    return console.entries[-1]


def end(desk: Desk) -> None:
    desk.act("run.stop")
    desk.until(lambda: not desk.session.run.is_live, "the end")


def test_a_run_goes_on_to_a_condition_then_stops_at_a_function_and_at_a_line(
    qtbot, desk: Desk, write
):
    hold(desk, write(TRAIN))
    session, made = desk.session, desk.session.debugging
    desk.act("run.to")
    field = desk.window.run_controls.field
    field.line.setText("loss < 1")
    assert "Goes on until: loss < 1" in field.hint.text()
    qtbot.keyClick(field.line, Qt.Key.Key_Return)
    until(desk, lambda: made.halt is not None and "loss" in made.halt.why, "the condition")
    desk.window.run_bar.refresh()
    assert "loss" in desk.window.run_bar.words.text
    assert made.goal.stop is None  # it was met, once
    # A stop at a function, as its row in the ledger sets it.
    step = next(f.id for f in session.run.functions.values() if f.name == "make_step")
    at = session.run.status.step
    made.toggle_function(step)
    desk.act("run.continue")
    until(desk, lambda: session.run.status.step > at and made.is_paused, "the function")
    made.toggle_function(step)
    # A stop at a line, on a condition, by the margin of the source.
    view = desk.view("source")
    session.select(Selection(kind="source", file=str(session.run.script), line=1))
    line = line_of(TRAIN, "half = ")
    view.line_stops.toggle(line)
    stop = made.stops.lines_of(view.file)[line]
    made.of_script.change_words(stop.id, f"train.py:{line} if step % 50 == 7")
    desk.act("run.continue")
    until_paused(desk, HaltKind.LINE)
    assert value(desk, "step").endswith("7")
    assert session.selection == Selection(kind="source", file=view.file, line=line)
    assert desk.window.centre.view_name == "source"
    assert "The script is paused here" in view.code.mark_at(line)
    assert str(_row(desk, stop.id)).startswith("▸ train.py")
    end(desk)


def _row(desk: Desk, id: int) -> object:
    model = desk.view("debugger").stops.model
    return model.data(model.index(model.row_of(id)))


def test_frames_lead_to_their_lines_and_variables_unfold(desk: Desk, write):
    path = write(TRAIN)
    hold(desk, path)
    session, made = desk.session, desk.session.debugging
    view = desk.view("debugger")
    assert made.stack.frame.function == "train"
    assert value(desk, "step") == "0"
    made.variables.unfold("params", True)
    until(desk, lambda: made.variables.variable("params['w']"), "what is in params")
    assert "f32[3,2]" in value(desk, "params['w']")
    desk.act("debug.caller")
    call = line_of(TRAIN, "params = train(")
    assert session.selection == Selection(kind="source", file=str(path), line=call)
    until(desk, lambda: value(desk, "rate") == "0.1", "the variables of the module")
    assert view.frames.currentIndex().row() == made.stack.chosen
    desk.act("debug.callee")
    until(desk, lambda: value(desk, "step") == "0", "the variables of the function")
    assert made.frames.open_variable("params")
    until(desk, lambda: session.source.frame == made.stack.chosen, "the source")
    until(desk, lambda: session.model_state == "filled", "the tree")
    assert session.model.target.name == "params"
    end(desk)


def test_the_console_sees_changes_and_is_interrupted(desk: Desk, write):
    hold(desk, write(TRAIN))
    made = desk.session.debugging
    assert evaluate(desk, "rate * 2").text == "0.2"
    assert "ZeroDivisionError" in evaluate(desk, "1 / 0").error
    assert evaluate(desk, "print('here')").output == "here\n"
    # What never ends is given up, and what comes after it is run.
    assert made.frames.evaluate("while True: pass")
    made.console.interrupt()
    assert made.console.entries[-1].state == "interrupted"
    assert evaluate(desk, "1 + 1").text == "2"
    # What it assigns is what the script goes on with.
    evaluate(desk, "rate = 0.5")
    until(desk, lambda: value(desk, "rate") == "0.5", "the variable")
    for n_made, weight in ((1, "1.8"), (2, "0.9")):  # the call that waits has its arguments
        desk.act("run.step")
        run = desk.session.run
        until(desk, lambda n=n_made, run=run: run.status.step == n and made.is_paused, "a step")
        until_paused(desk, HaltKind.CALL)
        assert evaluate(desk, "round(float(params['w'][0, 0]), 3)").text == weight
    end(desk)


def test_a_function_that_is_compiled_again_stops_the_run(desk: Desk, write):
    hold(desk, write(RECOMPILES))
    made = desk.session.debugging
    stop = made.of_script.add_words("recompile")
    desk.act("run.continue")
    until(desk, lambda: made.halt is not None and made.halt.stop == stop.id, "the compilation")
    assert made.is_paused
    end(desk)


def test_an_uncaught_exception_pauses_with_its_frames_and_then_takes_its_course(desk: Desk, write):
    path = write(RAISES)
    desk.run(path)
    until_paused(desk, HaltKind.EXCEPTION)
    session, made = desk.session, desk.session.debugging
    assert "TypeError" in made.halt.error
    desk.window.run_bar.refresh()
    assert "TypeError" in desk.window.run_bar.words.text
    own = [frame.function for frame in made.stack.frames if frame.is_user]
    assert own == ["apply", "predict", "<module>"]
    assert session.selection.file == str(path)
    assert session.selection.line == line_of(RAISES, "return x @ w")
    made.frames.choose(next(i for i, f in enumerate(made.stack.frames) if f.function == "predict"))
    until(desk, lambda: "f32[8,4]" in value(desk, "x"), "the shapes")
    desk.act("run.continue")
    desk.wait_for_state("failed")
    assert made.stack.is_past
    assert any(problem.code == "script-raised" for problem in session.problems)


def test_without_that_stop_an_exception_ends_the_run_at_once(desk: Desk, write):
    path = write(RAISES)
    desk.session.debugging.prepare(Launch(str(path)).anchored())
    desk.session.debugging.stops.enable_all(False)
    desk.run(path)
    desk.wait_for_state("failed")
    assert desk.session.debugging.stack.frames == ()


def test_a_condition_that_raises_pauses_and_says_so(desk: Desk, write):
    hold(desk, write(TRAIN))
    made = desk.session.debugging
    line = line_of(TRAIN, "half = ")
    made.of_script.add_words(f":{line} if no_such_name > 3")
    desk.act("run.continue")
    until_paused(desk, HaltKind.LINE)
    assert "NameError" in made.halt.why
    end(desk)


def test_stops_are_there_again_when_the_script_is_run_again(desk: Desk, write):
    path = write(TRAIN)
    hold(desk, path)
    made = desk.session.debugging
    made.of_script.add_words(f":{line_of(TRAIN, 'half = ')} if step == 3")
    end(desk)
    before = desk.session.run
    desk.act("run.again")  # in the same way: it is held again
    until(desk, lambda: desk.session.run is not before, "the start")
    until_paused(desk, HaltKind.CALL)
    desk.act("run.continue")
    until_paused(desk, HaltKind.LINE)
    assert value(desk, "step") == "3"
    assert desk.session.run.status.state is RunState.PAUSED
    end(desk)
