"""`eqxviz run --headless` with stops and checkpoints: why it stopped, where, and what is saved."""

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from eqxviz.cli.without_window import FAILED, OK, STOPPED_AT
from eqxviz.records import DynamicsState
from eqxviz.store import RunStore

TRAIN = """
    import sys, time
    import jax, jax.numpy as jnp

    @jax.jit
    def make_step(w, x):
        scale = jnp.log(x)
        return (w * scale).sum(), w * 0.9

    def main():
        w = jnp.ones(3)
        for i in range(int(sys.argv[1])):
            loss, w = make_step(w, jnp.array([1.0, 2.0, 5.0 - 0.5 * i]))
            float(loss)
            time.sleep(0.1 if len(sys.argv) > 2 else 0)

    main()
"""


@pytest.fixture
def run(tmp_path: Path, repository: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    (tmp_path / "train.py").write_text(textwrap.dedent(TRAIN).lstrip("\n"))
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    environment["XDG_STATE_HOME"] = str(tmp_path / "state")

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "eqxviz", *words],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def test_a_nan_stop_with_kept_calls_names_the_equation_and_its_line(run) -> None:
    done = run("run", "--headless", "--keep", "--stop", "nan", "train.py", "--", "14")
    assert done.returncode == STOPPED_AT
    said = done.stderr
    assert "eqxviz: stopped after a call, at step 11: loss is -Inf at step 11" in said
    assert "train.py:12 in main\n      loss, w = make_step(" in said
    assert "Inf first made by log, train.py:6, call 11\n    scale = jnp.log(x)" in said
    assert "Reads: x f32[3]: 0 to 2, mean 1; there 0" in said
    assert "\nTry: " in said


def test_a_condition_stops_without_kept_calls_too_and_a_line_before_it_runs(run) -> None:
    done = run("run", "--headless", "--stop", "loss < 0", "train.py", "--", "100000")
    assert done.returncode == STOPPED_AT
    assert "eqxviz: stopped before a call" in done.stderr
    assert "loss was " in done.stderr
    done = run("run", "--headless", "--stop", ":10", "train.py", "--", "14")
    assert done.returncode == STOPPED_AT
    assert "stopped before a line, at step 0: line 10 of train.py" in done.stderr
    assert "train.py:10 in main" in done.stderr


def test_a_stop_that_is_known_only_when_the_script_has_ended_is_told(run) -> None:
    done = run("run", "--headless", "--stop", "loss < -1e9", "train.py", "--", "11")
    assert done.returncode == STOPPED_AT
    assert "The script had ended before it was known that loss was -Inf at step 11" in done.stderr
    assert "Keep calls (--keep) to stop right after the call" in done.stderr


def test_a_run_that_comes_to_none_of_its_stops_ends_as_it_would(run) -> None:
    done = run("run", "--headless", "--stop", "loss > 1e9", "train.py", "--", "14")
    assert (done.returncode, "stopped" in done.stderr) == (0, False)


@pytest.mark.parametrize("stops", [("--stop", "nan"), ()], ids=["stop", "no stop"])
def test_a_stop_of_a_run_that_cannot_be_observed_is_no_success(run, tmp_path: Path, stops) -> None:
    hidden = 'import sys\nsys.modules["eqxviz.capturing.observer"] = None\nimport train\n'
    (tmp_path / "hidden.py").write_text(hidden)
    done = run("run", "--headless", *stops, "hidden.py", "--", "3")
    assert "The script's jitted calls cannot be observed" in done.stderr
    assert ("There was no curve to find NaN or Inf in" in done.stderr) is bool(stops)
    assert done.returncode == (FAILED if stops else OK)


def test_words_that_mean_no_stop_are_refused_at_once(run) -> None:
    done = run("run", "--headless", "--stop", "nowhere.py:3", "train.py")
    assert done.returncode == 2
    assert "There is no file" in done.stderr


def test_checkpoints_are_saved_and_told_of_in_the_kept_run(run, tmp_path: Path) -> None:
    done = run(
        *("run", "--headless", "--save-every", "5", "--save-at-end"),
        *("--save-to", "out", "--save-what", "w", "train.py", "--", "14", "slow"),
    )
    assert done.returncode == 0
    files = [f"w_{step:06}.eqx" for step in (5, 10, 14)]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == files
    (listed,) = json.loads(run("runs", "--format", "json").stdout)
    shown = run("runs", "show", listed["id"])
    assert f"step 14: {tmp_path / 'out' / files[-1]} (140 B)" in shown.stdout


def test_the_model_is_measured_from_the_start(run, tmp_path: Path) -> None:
    done = run("run", "--headless", "--dynamics", "2", "train.py", "--", "14", "slow")
    assert done.returncode == 0
    (listed,) = json.loads(run("runs", "--format", "json").stdout)
    with RunStore.open(Path(listed["folder"])) as store:
        (state,) = store.records_of(DynamicsState)
    # How often there is time for it depends on the machine.
    assert (state.is_on, state.every, state.why_not) == (True, 2, "")
    assert state.leaves >= 0, "the model was not found"
