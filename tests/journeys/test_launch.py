"""A script is run as the form says, in the window."""

import os
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from eqxviz.engine.recent import from_text
from eqxviz.gui.settings import RECENT_LAUNCHES

SCRIPT = """
import os, sys
import jax, jax.numpy as jnp

@jax.jit
def make_step(w):
    return (w ** 2).sum(), w * 0.9

w = jnp.ones(3)
for _ in range(5):
    loss, w = make_step(w)
print(sys.argv[1:], os.environ.get("MINE"), os.getcwd(), w.dtype, jax.device_count())
"""


def write(folder: Path) -> Path:
    script = folder / "train.py"
    script.write_text(SCRIPT)
    return script


def test_a_chosen_script_is_run_as_the_form_says(desk, tmp_path):
    script = write(tmp_path)
    desk.act("file.run")
    desk.window.findChild(QFileDialog).fileSelected.emit(str(script))
    page = desk.window.launching.page
    assert page.isVisible()
    assert page.script.text() == str(script)
    QTest.keyClicks(page.arguments, "--name 'a b'")
    page.variables.fill((("MINE", "yes"), ("API_KEY", "hush")), ())
    page.cpu_devices.setText("2")
    page.x64.setCurrentText("On")
    page.folder.setText(str(tmp_path))
    QTest.keyClick(page.arguments, Qt.Key.Key_Return)
    # The file is run for the first time: that is asked.
    assert desk.window.question.isVisible()
    desk.window.question.focusProxy().click()
    desk.wait_for_state("finished")
    desk.until(lambda: "yes" in desk.session.run.output, "the output")
    assert f"['--name', 'a b'] yes {tmp_path} float64 2" in desk.session.run.output
    assert not page.isVisible()
    (kept,) = desk.settings[RECENT_LAUNCHES]
    assert "hush" not in kept
    assert from_text(kept).forgotten == ("API_KEY",)

    # What was kept is offered again, whole but for the secret, and asks for that.
    desk.act("file.start_page")
    page_of_start = desk.window.start_page
    page_of_start._on_launch(from_text(kept))
    assert page.isVisible()
    assert page.read().launch.argv == ("--name", "a b")
    QTest.keyClick(page.arguments, Qt.Key.Key_Escape)
    assert page_of_start.isVisible()


@pytest.mark.full
def test_a_run_is_run_again_with_something_else(desk, tmp_path):
    script = write(tmp_path)
    desk.run(script, "one")
    desk.wait_for_state("finished")
    first = desk.session.run
    desk.act("run.with")
    page = desk.window.launching.page
    assert page.arguments.text() == "one"
    page.arguments.setText("two")
    QTest.keyClick(page.arguments, Qt.Key.Key_Return)
    desk.until(lambda: desk.session.run is not first, "another run")
    desk.wait_for_state("finished")
    desk.until(lambda: "['two']" in desk.session.run.output, "the output")
    # Run again does the same once more.
    second = desk.session.run
    desk.session.run_again()
    desk.until(lambda: desk.session.run is not second, "another run")
    desk.until(lambda: "['two']" in desk.session.run.output, "the output")
    assert os.fspath(tmp_path) not in desk.session.launch.argv


def test_what_cannot_be_launched_is_a_problem_in_the_window(desk, tmp_path):
    desk.run(tmp_path / "gone.py")
    assert desk.session.run is None
    (problem,) = desk.session.problems
    assert problem.title == "gone.py was not started"
    assert f"There is no file {tmp_path}/gone.py" in problem.why
