"""Commands that open a window, as processes of their own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from eqxviz.gui.window.conductor import is_busy
from eqxviz.session.session import Session
from tests.gui.shown import make_tree, show_model, show_run

_MODEL = """
import jax
import eqxcore as eqx

def make_model():
    return eqx.nn.Linear(2, 3, key=jax.random.key(0))
"""


def start(repository: Path, *words: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(repository), "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.Popen(
        [sys.executable, "-m", "eqxviz", *words],
        env=environment,
        cwd=repository,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_screenshot_is_taken_once_all_is_there(repository: Path, tmp_path: Path):
    model, picture = tmp_path / "model.py", tmp_path / "window.png"
    model.write_text(_MODEL)
    with start(repository, "open", str(model), "--screenshot", str(picture)) as process:
        said, _ = process.communicate(timeout=90)
    assert process.returncode == 0, said
    assert QImage(str(picture)).width() > 1000
    assert str(picture) in said


def test_the_window_closes_after_the_time_that_was_asked_for(repository: Path, tmp_path: Path):
    picture = tmp_path / "window.png"
    words = ("--screenshot", str(picture), "--exit-after", "1.5")
    with start(repository, *words) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert picture.is_file()


def test_a_picture_that_cannot_be_written_is_said_and_fails(repository: Path, tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    target = str(tmp_path / "file" / "window.png")
    with start(repository, "--screenshot", target, "--exit-after", "1") as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "eqxviz: " in said
    assert "Traceback" not in said


def test_ctrl_c_in_the_terminal_closes_the_window(repository: Path, tmp_path: Path):
    picture = str(tmp_path / "window.png")
    with start(repository, "--screenshot", picture, "--exit-after", "50") as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=3)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=20)
    assert process.returncode == 0, said
    assert "Traceback" not in said


def test_a_session_is_busy_while_something_is_opened_drawn_or_run(session: Session):
    assert not is_busy(session)
    session.model_state = "working"
    assert is_busy(session)
    show_model(session, make_tree())
    assert not is_busy(session)
    show_run(session)
    assert is_busy(session)
    session.run = None
