"""Files that cannot be opened: a problem card each, and the next file opens."""

from pathlib import Path

import pytest

from tests.journeys.conftest import Desk

GOOD = "import jax.numpy as jnp\nparams = {'w': jnp.ones(3)}\n"
BAD = {
    "does not parse": ("x = 1\ndef f(:\n    pass\n", "syntax-error", 2),
    "raises on import": ("x = 1\nraise RuntimeError('no data')\n", "raised-on-import", 2),
    "calls sys.exit": ("import sys\nsys.exit(3)\n", "import-exit", 2),
    "imports what is not installed": ("import no_such_module\n", "missing-module", 1),
    "names nothing": ("x = 1\n", "nothing-to-open", 0),
    "holds no PyTree": ("model = 'a string'\n", "nothing-to-open", 0),
    "ends its process": ("import os\nos._exit(7)\n", "worker-died", 0),
    "crashes": ("import ctypes\nctypes.string_at(0)\n", "worker-died", 0),
}


def expect_card(desk: Desk, code: str) -> None:
    problem = desk.session.model_problem
    assert desk.session.model_state == "failed"
    assert problem is not None
    assert problem.code == code
    assert all((problem.title, problem.why, problem.fix))
    assert desk.view("tree").stack.state == "failed"


def expect_the_next_file_opens(desk: Desk, folder: Path) -> None:
    good = folder / "good.py"
    good.write_text(GOOD)
    desk.open(good)
    assert desk.session.model_state == "filled"
    assert desk.view("tree").stack.state == "filled"


@pytest.mark.parametrize("what", BAD)
def test_a_file_that(desk: Desk, tmp_path: Path, what: str):
    text, code, line = BAD[what]
    bad = tmp_path / "bad.py"
    bad.write_text(text)
    desk.open(bad)
    expect_card(desk, code)
    problem = desk.session.model_problem
    assert Path(problem.file).name == "bad.py"
    assert problem.line == line or line == 0
    expect_the_next_file_opens(desk, tmp_path)


def test_a_file_that_does_not_exist(desk: Desk, tmp_path: Path):
    desk.open(tmp_path / "nowhere.py")
    expect_card(desk, "missing-file")
    expect_the_next_file_opens(desk, tmp_path)


def test_a_name_that_the_file_does_not_have(desk: Desk, tmp_path: Path):
    file = tmp_path / "good.py"
    file.write_text(GOOD)
    desk.open(f"{file}:parms")
    expect_card(desk, "no-such-name")
    assert "params" in desk.session.model_problem.why + desk.session.model_problem.fix


def test_a_named_thing_that_is_no_pytree_of_arrays(desk: Desk, tmp_path: Path):
    file = tmp_path / "good.py"
    file.write_text(GOOD + "title = 'a string'\n")
    desk.open(f"{file}:title")
    expect_card(desk, "not-a-model")
    expect_the_next_file_opens(desk, tmp_path)


def test_a_file_that_hangs_can_be_given_up(desk: Desk, tmp_path: Path):
    hanging = tmp_path / "hangs.py"
    hanging.write_text("import time\nwhile True:\n    time.sleep(1)\n")
    desk.window.opener.open(str(hanging), is_trusted=True)
    assert desk.session.model_state == "working"
    desk.act("file.cancel")
    desk.until(lambda: desk.session.model_state != "working", "the end of the file")
    expect_card(desk, "cancelled")
    expect_the_next_file_opens(desk, tmp_path)
