"""Pausing, stepping, running to a call and stopping, in the real window over a real worker."""

import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from tests.journeys.conftest import Desk

TRAIN = """
import sys, time
import jax
import jax.numpy as jnp

@jax.jit
def make_step(params, x):
    loss = ((x @ params["w"]) ** 2).mean()
    return {"w": params["w"] * 0.99}, loss

params = {"w": jnp.ones((3, 1))}
x = jnp.ones((8, 3))
for i in range(int(sys.argv[1])):
    params, loss = make_step(params, x)
    if len(sys.argv) > 2:
        time.sleep(float(sys.argv[2]))
print("the end")
"""
LINE = next(i for i, line in enumerate(TRAIN.splitlines(), 1) if "= make_step(" in line)
MODEL = "import jax.numpy as jnp\nmodel = {'weight': jnp.zeros((2, 2))}\n"
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
while True:
    try:
        while True:
            time.sleep(0.01)
    except KeyboardInterrupt:
        pass
"""
ENDLESS_XLA = """
import jax, jax.numpy as jnp
spin = jax.jit(lambda x: jax.lax.while_loop(lambda y: y[0] >= 0, lambda y: y + 1.0, x))
spin.lower(jnp.zeros(3)).compile()  # Python is done with before the sign
print("spinning", flush=True)
spin(jnp.zeros(3)).block_until_ready()
"""
LEAKS = """
import time
import jax, jax.numpy as jnp

@jax.jit
def make_step(w):
    return w * 0.99, (w ** 2).sum()

w, kept = jnp.ones(3), []
for i in range(100000):
    w, loss = make_step(w)
    kept.append(loss)
    time.sleep(0.002)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "train.py"
    path.write_text(TRAIN)
    return path


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def words(desk: Desk) -> str:
    desk.window.run_bar.refresh()
    return desk.window.run_bar.words.text


def until_paused(desk: Desk, step: int) -> None:
    status = lambda: desk.session.run.status  # noqa: E731 - it is read anew each time
    desk.until(
        lambda: status().state.value == "paused" and status().step == step, f"call {step + 1}"
    )


def test_a_run_to_a_call_pauses_exactly_before_it_and_steps_make_one_call_each(
    qtbot, desk: Desk, script: Path
):
    desk.run(script, "100000", "0.001")
    desk.until(lambda: desk.session.run.status.step > 2, "some steps")
    desk.act("run.pause")
    assert "pausing…" in words(desk) or "paused" in words(desk)
    desk.wait_for_state("paused")
    at = desk.session.run.status.step
    goal = at + 40
    desk.act("run.to")
    field = desk.window.run_controls.field
    assert field.isVisible()
    field.line.setText(str(at))
    assert "made already" in field.hint.text()
    assert not field.go.isEnabled()
    field.line.setText(f"{goal:,}")
    assert "39 calls from here" in field.hint.text()
    qtbot.keyClick(field.line, Qt.Key.Key_Return)
    assert f"running to call {goal:,}" in words(desk)
    until_paused(desk, goal - 1)
    assert f"paused before call {goal:,} of make_step at train.py:{LINE}" in words(desk)
    for made in range(3):
        desk.act("run.step")
        until_paused(desk, goal + made)
    # What the run has told of itself agrees: so many calls, and so many points of the curve.
    totals = desk.session.run.ledger.totals
    assert goal + 2 in totals.calls.tolist()
    curve = next(c for c in desk.session.run.series.values() if c.series.name == "loss")
    assert curve.n == goal + 2
    desk.act("run.continue")
    desk.wait_for_state("running")
    assert "train.py – running, step" in words(desk)
    desk.act("run.stop")
    desk.wait_for_state("stopped")
    assert "train.py – stopped" in words(desk)


def test_at_a_pause_the_arguments_are_in_the_tree_and_the_function_in_the_graph(
    qtbot, desk: Desk, script: Path
):
    desk.run(script, "100000", "0.001")
    desk.until(lambda: desk.session.run.status.step > 2, "some steps")
    desk.until(lambda: desk.window.centre.view_name == "curves", "the curves to be in front")
    desk.act("run.pause")
    desk.wait_for_state("paused")
    session = desk.session
    desk.until(lambda: session.model is not None, "the arguments")
    desk.until(lambda: session.graphs and session.graphs[0].state == "filled", "the graph")
    assert session.graphs[0].title == "make_step"
    tree = session.model.tree
    assert "params['w']" in [tree.path(node) for node in range(len(tree))]
    desk.until(lambda: desk.window.docks.docks["tree"].isVisible(), "the tree")
    # The tab in front is left to the user.
    assert desk.window.centre.view_name == "curves"
    picker = desk.window.target_picker
    qtbot.waitUntil(lambda: picker.isVisible() and "all arguments · before call" in picker.text())
    assert session.problems == []
    desk.act("run.stop")
    desk.wait_for_state("stopped")


def test_the_model_that_was_open_is_one_click_away(desk: Desk, script: Path, tmp_path: Path):
    desk.open(write(tmp_path, "model.py", MODEL))
    before = desk.session.model
    desk.run(script, "100000", "0.001")
    desk.until(lambda: desk.session.run.status.step > 2, "some steps")
    desk.act("run.pause")
    desk.until(lambda: desk.session.set_aside is not None, "the arguments")
    link = desk.window.run_controls.link
    assert link.isVisible()
    assert link.whole_text == "Back to model.py"
    link.click()
    assert desk.session.model is before
    assert not link.isVisible()
    at = desk.session.run.status.step
    desk.act("run.step")
    until_paused(desk, at + 1)
    # The tab and the docks are left as they were.
    assert desk.window.centre.view_name == "curves"
    assert desk.window.docks.work == "run"
    assert desk.session.model is before
    desk.act("run.stop")
    desk.wait_for_state("stopped")


def test_a_pause_that_opens_and_draws_nothing_is_a_setting(desk: Desk, script: Path):
    desk.act("run.opens_at_pause")
    desk.act("run.draws_at_pause")
    assert not desk.window.actions_table.q["run.opens_at_pause"].isChecked()
    desk.run(script, "100000", "0.001")
    desk.until(lambda: desk.session.run.status.step > 2, "some steps")
    desk.act("run.pause")
    desk.wait_for_state("paused")
    at = desk.session.run.status.step
    desk.act("run.step")
    until_paused(desk, at + 1)
    assert desk.session.source is None
    assert desk.session.graphs == []
    desk.act("run.stop")
    desk.wait_for_state("stopped")


@pytest.mark.parametrize(
    ("name", "text", "sign"),
    [("deaf.py", DEAF, "deaf"), ("spin.py", ENDLESS_XLA, "spinning")],
)
def test_a_stop_is_over_within_two_and_a_half_seconds_and_tells_its_stages(
    desk: Desk, tmp_path: Path, name: str, text: str, sign: str
):
    desk.run(write(tmp_path, name, text))
    desk.until(lambda: sign in desk.session.run.output, "the script to begin")
    said: list[str] = []
    desk.window.run_bar._tick.timeout.connect(lambda: said.append(desk.window.run_bar.words.text))
    begun = time.monotonic()
    desk.act("run.stop")
    assert "stopping at the next call" in words(desk)
    desk.wait_for_state("stopped", "died")
    assert time.monotonic() - begun < 3.0  # 2.5 s, and what a busy machine takes to tell it
    assert desk.session.run.status.state.value == "stopped"
    assert any("interrupted as by Ctrl+C" in line for line in said)
    desk.window.run_bar.refresh()
    assert "stopped by force" in words(desk)


def test_a_run_that_ends_behind_another_tab_says_so_and_a_click_leads_to_it(
    qtbot, desk: Desk, script: Path
):
    desk.run(script, "30", "0.01")
    desk.until(lambda: desk.session.run.status.step > 2, "some steps")
    desk.window.show_view("source")
    desk.wait_for_state("finished")
    toast = desk.window.finished.toast
    qtbot.waitUntil(lambda: toast.isVisible())
    assert toast.text.startswith("train.py finished after")
    qtbot.mouseClick(toast, Qt.MouseButton.LeftButton)
    assert not toast.isVisible()
    assert desk.window.centre.view_name == "curves"


def test_a_run_again_makes_the_same_calls(desk: Desk, script: Path):
    desk.run(script, "30")
    desk.wait_for_state("finished")
    first = desk.session.run
    desk.act("run.again")
    desk.until(lambda: desk.session.run is not first, "another run")
    desk.wait_for_state("finished")
    assert desk.session.run.argv == ("30",)
    assert desk.session.run.status.step == 30


@pytest.mark.full
def test_the_system_shows_where_time_and_memory_are_and_a_leak(qtbot, desk: Desk, tmp_path: Path):
    desk.run(write(tmp_path, "leaks.py", LEAKS))
    view = desk.view("system")
    session = desk.session
    desk.until(lambda: len(session.run.samples) >= 1, "a sample", session.system_sampled)
    view.refresh()
    assert view.stack.state == "filled"
    assert "of the time is spent" in view.time.words.text()
    assert "steps/s" in view.speed.accessibleName() or len(session.run.samples) == 1
    desk.until(
        lambda: any(group.is_growing for group in view.model.rows),
        "the leak to be seen",
        session.system_sampled,
    )
    (group,) = [group for group in view.model.rows if group.is_growing]
    assert group.aval == "f32[]"
    assert "process" in view.memory.accessibleName()
    view.copy()
    assert "More and more f32[]" in QApplication.clipboard().text()
    desk.act("run.stop")
    desk.wait_for_state("stopped")


def test_the_progress_bars_of_a_script_are_shown_while_they_go_on(desk: Desk, tmp_path: Path):
    pytest.importorskip("tqdm")
    script = write(
        tmp_path,
        "bars.py",
        """
import time
import jax, jax.numpy as jnp
from tqdm import tqdm
step = jax.jit(lambda w: w * 0.9)
w = jnp.ones(3)
for epoch in tqdm(range(50), desc="epoch"):
    for batch in tqdm(range(10), desc="batch", leave=False):
        w = step(w)
        time.sleep(0.01)
""",
    )
    desk.run(script)
    bars = desk.window.status_line.progress
    desk.until(lambda: len(bars.texts) == 2, "two bars", desk.session.progressed)
    assert bars.isVisible()
    assert bars.texts[0].startswith("epoch: ")
    assert "of 50" in bars.texts[0]
    assert bars.texts[1].startswith("batch: ")
    desk.until(lambda: "left" in words(desk), "the remaining time", desk.session.progressed)
    desk.until(lambda: " left" in desk.window.windowTitle(), "the title", desk.session.progressed)
    desk.act("run.stop")
    desk.wait_for_state("stopped")
    desk.until(lambda: not bars.isVisible(), "the bars to go")
