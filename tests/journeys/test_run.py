"""A training script under the window: curves, pause, step, stop, and a window that dies."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from eqxviz.session.examples import example
from tests.journeys.conftest import Desk

TRAIN = """
import argparse
import jax
import jax.numpy as jnp

@jax.jit
def make_step(params, x, y):
    def loss_fn(params):
        return jnp.mean((x @ params["w"] + params["b"] - y) ** 2)
    loss, grads = jax.value_and_grad(loss_fn)(params)
    return jax.tree.map(lambda p, g: p - 0.1 * g, params, grads), loss

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=50)
    steps = parser.parse_args().steps
    params = {"w": jnp.zeros((3, 1)), "b": jnp.zeros(1)}
    x = jax.random.normal(jax.random.key(0), (64, 3))
    y = x @ jnp.array([[1.0], [2.0], [-1.0]]) + 0.5
    for i in range(steps):
        params, loss = make_step(params, x, y)
    print("the last loss is", float(loss))
"""

UNMAPPED = """
import eqxcore as eqx
import jax
import jax.numpy as jnp

@eqx.filter_jit
def loss_fn(model, x, y):
    pred = model(x)
    return jnp.mean((pred - y) ** 2)

model = eqx.nn.MLP(3, 1, 8, 1, key=jax.random.key(0))
print(loss_fn(model, jnp.ones((64, 3)), jnp.ones((64, 1))))
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "train.py"
    path.write_text(TRAIN)
    return path


def loss(desk: Desk) -> np.ndarray:
    run = desk.session.run
    assert run is not None
    return next(
        (c.read(0, c.n).values for c in run.series.values() if c.series.name == "loss"), np.zeros(0)
    )


@pytest.mark.full
def test_the_bundled_example_trains_to_a_falling_loss(desk: Desk):
    desk.run(example("polynomial").path, "--steps", "300")
    desk.wait_for_state("finished", "failed", "died")
    values = loss(desk)
    assert len(values) == 300
    assert values[-20:].mean() < values[:20].mean() / 5
    curves = desk.view("curves")
    curves.refresh()
    assert [card.title.text for card in curves.cards.values()] == ["loss"]
    compiled = desk.view("compile")
    names = [compiled.model.index(r, 0).data() for r in range(compiled.model.rowCount())]
    assert names[0] == "make_step"


def test_a_script_runs_unchanged_and_its_output_is_shown(desk: Desk, script: Path):
    desk.run(script, "--steps", "40")
    desk.wait_for_state("finished", "failed", "died")
    assert desk.session.run.status.exit_code == 0
    assert len(loss(desk)) == 40
    desk.until(lambda: "the last loss is" in desk.session.run.output, "the output")
    event = desk.session.run.compiles[0]
    assert (
        event.line == TRAIN.splitlines().index("        params, loss = make_step(params, x, y)") + 1
    )
    assert min(event.trace_seconds, event.lower_seconds, event.compile_seconds) > 0


def test_pause_step_continue_and_stop(desk: Desk, script: Path):
    desk.run(script, "--steps", "100000000")
    desk.until(lambda: len(loss(desk)) > 3, "some points")
    desk.act("run.pause")
    desk.wait_for_state("paused")
    at = desk.session.run.status.step
    desk.act("run.step")
    desk.until(lambda: desk.session.run.status.step == at + 1, "one more step")
    desk.wait_for_state("paused")
    desk.act("run.continue")
    desk.wait_for_state("running")
    desk.until(lambda: desk.session.run.status.step > at + 3, "more steps")
    desk.act("run.stop")
    desk.wait_for_state("stopped")


def test_the_training_step_is_drawn_from_its_captured_call(desk: Desk, script: Path):
    desk.run(script)
    desk.wait_for_state("finished", "failed", "died")
    desk.act("graph.step")
    desk.until(lambda: desk.session.graphs[-1].state != "working", "the graph")
    tab = desk.session.graphs[-1]
    assert tab.problem is None
    assert tab.title == "make_step"
    assert desk.window.centre.view_name == "graph"
    assert "params['w']" in {tab.graph.text(p) for p in tab.graph.value_path}


def test_a_script_that_never_calls_anything_jitted_is_stopped_within_three_seconds(
    desk: Desk, tmp_path: Path
):
    script = tmp_path / "forever.py"
    script.write_text(
        "import time\nprint('begun', flush=True)\nwhile True:\n    time.sleep(0.01)\n"
    )
    desk.run(script)
    desk.until(lambda: "begun" in desk.session.run.output, "the script to begin")
    desk.act("run.stop")
    desk.wait_for_state("stopped", "died")


def test_a_script_that_raises_has_a_problem_at_its_line(desk: Desk, tmp_path: Path):
    script = tmp_path / "wrong.py"
    script.write_text("x = 1\n\nraise ValueError('the data are missing')\n")
    desk.run(script)
    desk.wait_for_state("paused")  # before it ends: its variables can be looked at
    desk.act("run.continue")
    desk.wait_for_state("failed", "died", "finished")
    assert desk.session.run.status.state.value == "failed"
    desk.until(lambda: bool(desk.session.problems), "the problem")
    problem = desk.session.problems[-1]
    assert (Path(problem.file).name, problem.line) == ("wrong.py", 3)
    assert "the data are missing" in problem.why + problem.title


@pytest.mark.full
def test_a_paused_run_goes_on_when_its_window_is_closed_so(desk: Desk, another_desk, script: Path):
    desk.run(script, "--steps", "100000000")
    desk.until(lambda: len(loss(desk)) > 10, "some points")
    desk.act("run.pause")
    desk.wait_for_state("paused")
    desk.window.close()
    words = {b.text(): b for b in desk.window.question.findChildren(QPushButton)}
    words["Let it go on"].click()
    desk.until(lambda: not desk.window.isVisible(), "the window to be closed")
    second = another_desk()
    (found,) = second.session.running()
    second.session.attach(found)
    second.wait_for_state("running")
    second.act("run.stop")
    second.wait_for_state("stopped")


def test_a_window_that_is_gone_leaves_its_run_which_the_next_one_finds(
    desk: Desk, another_desk, script: Path
):
    desk.run(script, "--steps", "100000000")
    desk.until(lambda: len(loss(desk)) > 10, "some points")
    seen = loss(desk)[:10].copy()
    desk.close(leave_run=True)
    second = another_desk()
    (found,) = second.session.running()
    assert Path(found.script).name == "train.py"
    second.session.attach(found)
    second.until(lambda: len(loss(second)) > 10, "the points of before")
    assert np.array_equal(loss(second)[:10], seen)
    second.act("run.stop")
    second.wait_for_state("stopped")


def test_a_script_that_asks_gets_what_the_user_types(qtbot, desk: Desk, tmp_path: Path):
    script = tmp_path / "asks.py"
    script.write_text(
        "import sys\n"
        "name = input('Who? ')\n"
        "print(f'hello {name}, terminal: {sys.stdin.isatty()}')\n"
        "print('rest:', sys.stdin.read().split())\n"
    )
    desk.run(script)
    desk.until(lambda: "Who?" in desk.session.run.output, "the question")
    line = desk.view("output").input_line
    qtbot.waitUntil(line.isVisible)
    line.setText("Ada")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    desk.until(lambda: "hello Ada" in desk.session.run.output, "the greeting")
    line.setText("one two")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.keyClick(line, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    desk.wait_for_state("finished", "failed")
    assert desk.session.run.status.exit_code == 0
    desk.until(lambda: "rest: ['one', 'two']" in desk.session.run.output, "the rest")
    assert "hello Ada, terminal: True" in desk.session.run.output
    assert not line.isVisible()


@pytest.mark.full
def test_a_script_that_gives_a_batch_to_a_model_is_told_how_to_map_it(desk: Desk, tmp_path: Path):
    script = tmp_path / "train.py"
    script.write_text(UNMAPPED)
    desk.run(script)
    desk.wait_for_state("paused")
    desk.until(lambda: len(desk.session.problems) == 2, "what was raised, and what it comes from")
    diagnosis, raised = desk.view("problems").cards
    assert [raised.problem.code, diagnosis.problem.code] == ["script-raised", "EQX104"]
    line = UNMAPPED.splitlines().index("    pred = model(x)") + 1
    assert (diagnosis.problem.file, diagnosis.problem.line) == (str(script), line)
    assert diagnosis.problem.fix_code == "pred = jax.vmap(model)(x)"
    assert "(64, 3)" in diagnosis.problem.why
    places: list[tuple[str, int]] = []
    diagnosis.place_clicked.connect(lambda file, at: places.append((file, at)))
    next(b for b in diagnosis.findChildren(QPushButton) if "train.py" in b.text()).click()
    assert places == [(str(script), line)]
    desk.act("run.continue")
    desk.wait_for_state("failed", "died", "finished")
    assert len(desk.session.problems) == 2
