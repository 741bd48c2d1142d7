"""`eqxviz check` runs a program until enough was seen, and says what is to be mended."""

import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eqxviz.cli.main import main
from tests.cli.terminal import Terminal

Check = Callable[..., "subprocess.CompletedProcess[str]"]

HEAD = """
    import os, sys, threading, time
    import jax, jax.numpy as jnp

    @jax.jit
    def make_step(w, x):
        loss = ((x @ w) ** 2).mean()
        return loss, w * 0.9

    w, x = jnp.ones((3, 1)), jnp.ones((4, 3))
"""

GROWING = """
    import equinox as eqx

    @eqx.filter_jit
    def count(x, n):
        return (x * n).sum()

    print("begun")
    try:
        for i in range(1000):
            total = count(x, i)
    finally:
        print("tidied up after", i)
"""

MODEL = """
    import equinox as eqx, jax, jax.numpy as jnp

    class Model(eqx.Module):
        linear: eqx.nn.Linear
        window: jax.Array = eqx.field(static=True)

    def make(key):
        return Model(eqx.nn.Linear(2, 2, key=key), jnp.ones(3))

    def make_badly():
        raise ValueError("there is none")
"""


@pytest.fixture
def environment(tmp_path: Path, repository: Path) -> dict[str, str]:
    other = ("DISPLAY", "WAYLAND_DISPLAY", "VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONUNBUFFERED")
    kept = {name: value for name, value in os.environ.items() if name not in other}
    folders = {"PYTHONPATH": str(repository), "XDG_STATE_HOME": str(tmp_path / "state")}
    return {**kept, **folders, "JAX_PLATFORMS": "cpu"}


@pytest.fixture
def check(tmp_path: Path, environment: dict[str, str]) -> Check:
    """Check a program that is written for it, as train.py."""

    def check(text: str, *words: str, target: str = "train.py") -> Any:
        (tmp_path / "train.py").write_text(textwrap.dedent(text))
        return subprocess.run(
            [sys.executable, "-m", "eqxviz", "check", target, *words],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    return check


def with_head(text: str) -> str:
    return textwrap.dedent(HEAD) + textwrap.dedent(text)


def test_what_is_found_is_json_alone_and_what_the_script_prints_is_beside_it(
    check: Check, tmp_path: Path
):
    done = check(with_head(GROWING), "--format", "json")
    found = json.loads(done.stdout)
    (problem,) = found["problems"]
    lines = (tmp_path / "train.py").read_text().splitlines()
    assert "count(x, i)" in lines[problem["line"] - 1]
    assert (problem["code"], found["state"], found["clean"]) == ("EQX110", "stopped", False)
    assert done.returncode == 1
    # It was stopped as Ctrl+C stops it, early.
    assert "begun" in done.stderr
    (tidied,) = re.findall(r"tidied up after (\d+)", done.stderr)
    assert int(tidied) < 100
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "state" / "eqxviz" / "runs").exists()


@pytest.mark.full
def test_a_problem_is_shown_with_its_line_and_can_be_said_to_be_meant(check: Check):
    assert "> " in check(with_head(GROWING)).stdout
    meant = GROWING.replace("count(x, i)", "count(x, i)  # eqxviz: ignore[EQX110]")
    done = check(with_head(meant))
    assert "No problems found" in done.stdout
    assert "1 ignored" in done.stdout
    assert done.returncode == 0


@pytest.mark.full
def test_settings_that_are_not_known_are_told_before_anything_runs(check: Check, tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text('[tool.eqxviz]\nignore = ["EQX999"]\n')
    done = check("print('ran')\n")
    assert done.returncode == 2
    assert "pyproject.toml:2: there is no rule 'EQX999'" in done.stderr
    assert "ran" not in done.stderr + done.stdout


@pytest.mark.full
@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("for _ in range(9): loss, w = make_step(w, x)", 0, "No problems found in"),
        ("make_step(w, x); sys.exit(0)", 0, "in 1 step"),
        ("make_step(w, x); sys.exit(3)", 1, "left with exit code 3"),
        ("make_step(w, x); os._exit(0)", 0, "in 1 step"),
        ("make_step(w, x); os._exit(5)", 1, "left with exit code 5"),
        ("make_step(w, x); raise KeyError('mine')", 1, "The script raised KeyError"),
        ("make_step(w, x, 1)", 1, "The script raised TypeError"),
        ("print(jnp.ones(3).sum())", 0, "with no jitted call"),
        ("os.kill(os.getpid(), 9)", 1, "ended before it could be judged"),
        (
            """
            def work():
                w = jnp.ones((3, 1))
                while True:
                    loss, w = make_step(w, x)
            thread = threading.Thread(target=work)
            thread.start()
            while True:
                loss, w = make_step(w, x)
            """,
            *(0, "No problems found"),
        ),
        (
            """
            while True:
                try:
                    loss, w = make_step(w, x)
                except KeyboardInterrupt:
                    pass
            """,
            *(0, "No problems found in"),
        ),
    ],
)
def test_every_way_to_end_is_judged(check: Check, text: str, code: int, words: str):
    done = check(with_head(text))
    assert words in done.stdout
    assert done.returncode == code


@pytest.mark.full
def test_so_many_steps_can_be_asked_for(check: Check):
    done = check(with_head("for _ in range(99): loss, w = make_step(w, x)"), "--steps", "7")
    assert "in 7 steps" in done.stdout


@pytest.mark.full
def test_one_that_never_comes_so_far_is_judged_when_its_time_is_over(check: Check):
    done = check(with_head("make_step(w, x)\ntime.sleep(1000)"), "--timeout", "8")
    assert "in 1 step" in done.stdout
    assert "time.sleep(1000)" in done.stderr  # where it was
    assert done.returncode == 0


@pytest.mark.full
@pytest.mark.parametrize(
    ("target", "code", "words"),
    [
        ("train.py", 1, "EQX109"),
        ("train.py:make", 1, "EQX109"),
        ("train.py:make_badly", 1, "make_badly raised ValueError"),
        ("train.py:nothing", 2, "There is no nothing in the file"),
    ],
)
def test_a_model_is_looked_at_without_training(check: Check, target: str, code: int, words: str):
    done = check(MODEL, target=target)
    assert words in done.stdout
    assert done.returncode == code


@pytest.mark.full
@pytest.mark.parametrize(
    ("text", "words"), [("print('no JAX here')\n", "does not import JAX"), ("", "does not import")]
)
def test_what_has_no_jax_is_not_called_clean(check: Check, text: str, words: str):
    done = check(text)
    assert words in done.stdout
    assert done.returncode == 2


@pytest.mark.full
def test_what_follows_the_dashes_is_the_scripts(check: Check):
    assert "['train.py', '--steps', '3']" in check(
        "import sys; print(sys.argv)\n", "--", "--steps", "3"
    ).stderr  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ["train.py", "--steps", "-1"],
        ["train.py", "--timeout", "0"],
        ["train.py", "-m", "package"],
        ["gone.py"],
        ["weights.npz"],
        [],
    ],
)
def test_what_cannot_be_checked_is_told_at_once(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.chdir(tmp_path)
    for name in ("train.py", "weights.npz"):
        (tmp_path / name).touch()
    with pytest.raises(SystemExit, match="2"):
        main(["check", *words])
    assert "eqxviz: error: " in capsys.readouterr().err


@pytest.mark.full
def test_ctrl_c_gives_what_was_found_so_far(tmp_path: Path, environment: dict[str, str]):
    (tmp_path / "train.py").write_text(with_head("make_step(w, x)\nprint('on')\ntime.sleep(1000)"))
    command = [sys.executable, "-m", "eqxviz", "check", "train.py"]
    terminal = Terminal(command, tmp_path, environment)
    terminal.wait_for("step 1", 100)
    terminal.type("\x03")
    assert terminal.end() == 130
    assert "No problems found in 1 step" in terminal.text
