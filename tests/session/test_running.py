"""Scripts run under capture in a real worker, seen through a session."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from eqxviz.engine.engine import Engine
from eqxviz.records import Problem, RunState
from eqxviz.session.points import stored
from eqxviz.session.session import Session

TRAIN = """
import sys
import jax, jax.numpy as jnp

@jax.jit
def make_step(w):
    loss = (w ** 2).sum()
    return loss, w * 0.9

w = jnp.ones(3)
for step in range(int(sys.argv[1])):
    loss, w = make_step(w)
print("done after", sys.argv[1])
"""


@pytest.fixture
def script(write):
    return write("train.py", TRAIN)


def test_a_run_gives_its_curve_its_output_and_its_end(session, owner, script):
    session.start_run(script, ["50"])
    run = session.run
    owner.run_until(lambda: not run.is_live)
    owner.run_until(lambda: "done after 50" in run.output)
    (curve,) = run.series.values()
    assert run.status.state is RunState.FINISHED
    assert curve.series.name == "loss"
    assert curve.n == 50
    assert curve.read(0, 1).values[0] == 3.0
    assert curve.last().value < 0.01
    assert [event.function for event in run.compiles] == [run.status.step_function]


def test_the_training_step_is_drawn(session, owner, script):
    session.start_run(script, ["5"])
    run = session.run
    owner.run_until(lambda: not run.is_live)
    session.draw_function(run.status.step_function)
    tab = session.graphs[session.current_graph]
    assert tab.title == "make_step"
    owner.run_until(lambda: tab.state != "working")
    assert tab.state == "filled", tab.problem
    assert len(tab.graph) > 0


def test_a_run_is_paused_stepped_continued_and_stopped(session, owner, script):
    session.start_run(script, ["100000000"], hold=True)
    run = session.run
    owner.run_until(lambda: run.status.state is RunState.PAUSED)
    assert run.status.step == 0
    session.step()
    owner.run_until(lambda: run.status.step == 1 and run.status.state is RunState.PAUSED)
    session.resume()
    owner.run_until(lambda: run.status.step > 10)
    session.pause()
    owner.run_until(lambda: run.status.state is RunState.PAUSED)
    session.stop()
    owner.run_until(lambda: not run.is_live)
    assert run.status.state is RunState.STOPPED


def test_a_script_that_swallows_everything_is_ended_by_force(session, owner, write):
    endless = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
while True:
    try:
        while True: time.sleep(1)
    except KeyboardInterrupt:
        pass
"""
    session.start_run(write("deaf.py", endless))
    run = session.run
    owner.run_until(lambda: "deaf" in run.output)
    session.stop()
    owner.run_until(lambda: not run.is_live, 6)
    assert run.status.state is RunState.STOPPED
    assert session.problems == []


def test_a_script_that_raises_fails_with_its_line(session, owner, write):
    path = write("raises.py", "import jax\nraise ValueError('no data')\n")
    session.start_run(path)
    run = session.run
    owner.run_until(lambda: not run.is_live and session.problems)
    assert run.status.state is RunState.FAILED
    assert [(p.file, p.line) for p in session.problems] == [(path, 2)]


def test_the_problems_of_a_run_go_when_another_takes_its_place(session, owner, write, script):
    session.start_run(write("raises.py", "raise ValueError('no data')\n"))
    run = session.run
    owner.run_until(lambda: not run.is_live and session.problems)
    session.start_run(script)
    assert session.problems == []
    assert len(run.problems) == 1


def test_a_script_that_crashes_has_died(session, owner, write):
    session.start_run(write("crash.py", "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)"))
    run = session.run
    owner.run_until(lambda: not run.is_live and session.problems)
    assert run.status.state is RunState.DIED
    assert "segmentation fault" in session.problems[0].title


def test_a_device_that_does_not_exist_is_a_problem(session, script):
    before = session.run
    session.start_run(script, device="quantum")
    assert session.run is before
    (problem,) = session.problems
    assert isinstance(problem, Problem)
    assert "No device is called 'quantum'" in problem.why


HOLDS_THE_LOCK = """
import ctypes, os
print("holding", flush=True)
libc = ctypes.PyDLL(None)
while True:
    libc.sleep(60)
"""


def test_what_a_run_was_asked_before_it_was_ended_by_force_is_no_problem(session, owner, write):
    session.start_run(write("holds.py", HOLDS_THE_LOCK))
    run = session.run
    owner.run_until(lambda: "holding" in run.output)
    session.pause()
    session.stop()
    owner.run_until(lambda: not run.is_live)
    assert run.status.state is RunState.STOPPED
    assert session.problems == []


LEAVES_A_RUN = """
import os, signal, sys
from pathlib import Path
from eqxviz.engine.engine import Engine
from eqxviz.session.session import Session
from tests.owner import Owner

owner = Owner()
session = Session(owner.post, Engine(owner.post, Path(sys.argv[1])))
session.start_run(sys.argv[2], ["100000000"])
owner.run_until(lambda: session.run.status.step > 20)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_run_survives_its_window_and_the_next_window_has_all_its_points(
    owner, script, repository, tmp_path, monkeypatch
):
    readers: list[threading.Thread] = []

    def reading(folder: Path) -> stored.Past:
        readers.append(threading.current_thread())
        return read_past(folder)

    read_past = stored.read_past
    monkeypatch.setattr(stored, "read_past", reading)
    kept = tmp_path / "kept"
    words = [sys.executable, "-c", LEAVES_A_RUN, str(kept), script]
    died = subprocess.run(
        words, env={**os.environ, "PYTHONPATH": str(repository)}, timeout=60, check=False
    )
    assert died.returncode == -signal.SIGKILL
    session = Session(owner.post, Engine(owner.post, kept))
    (info,) = session.running()
    session.attach(info)
    run = session.run
    assert run.script == script
    owner.run_until(lambda: run.series and run.series[0].n > 20)
    # The thread of the window waits for no disk.
    assert len(readers) == 1
    assert readers[0] is not threading.current_thread()
    assert run.series[0].read(0, 1).steps[0] in (0, 1)
    session.stop()
    owner.run_until(lambda: not run.is_live)
    session.close(leave_run=False)
    assert session.running() == []


def test_the_processes_of_a_script_have_the_environment_of_the_user(session, owner, write):
    shows = """
import os, subprocess, sys
subprocess.run(["sh", "-c", 'echo "path:$PYTHONPATH:$EQXVIZ_IMPORT_PATH:"'])
print("folder", os.getcwd())
"""
    session.start_run(write("shows.py", shows))
    run = session.run
    owner.run_until(lambda: not run.is_live and "folder" in run.output)
    assert f"path:{os.environ.get('PYTHONPATH', '')}::" in run.output
    assert f"folder {os.getcwd()}" in run.output


TWO = """
import jax, jax.numpy as jnp

@jax.jit
def make_step(w):
    return w * 0.9

@jax.jit
def evaluate(data, rate):
    return data.sum() * rate

w, data = jnp.ones(3), jnp.arange(4.0)
for step in range(3):
    w = make_step(w)
    score = evaluate(data, 2.0)
print("over")
"""


def test_the_arguments_of_a_paused_call_are_opened_and_followed(session, owner, write):
    session.start_run(write("two.py", TWO), hold=True)
    run = session.run
    owner.run_until(lambda: run.status.state is RunState.PAUSED)
    session.open_call("w")
    owner.run_until(lambda: session.model_state == "filled")
    assert session.model.tree.name == "w"
    assert [t.name for t in session.model.targets] == ["w", "all variables"]
    assert (session.call_note, session.call_step) == ("Step 0", 0)
    before = session.model
    session.step()
    owner.run_until(lambda: "no w" in session.call_note)
    # The next call is of another function: what was open stays, and is said to be old.
    assert session.call_note == "Step 0. The call has no w"
    assert not session.is_call_current
    assert session.model is before
    session.open_call()
    owner.run_until(lambda: session.model is not before and session.model_state == "filled")
    tree = session.model.tree
    assert [tree.path(n) for n in range(len(tree))] == ["", "data", "rate"]
    session.resume()
    owner.run_until(lambda: not run.is_live)
    assert "run has ended" in session.call_note
    session.open_call("w")
    owner.run_until(lambda: session.source.name == "w" and session.model_state == "filled")
    session.ask_value(0)
    owner.run_until(lambda: session.value is not None)
    assert session.value.maximum == pytest.approx(0.9**3)
    assert session.call_note.startswith("Step")


def test_what_is_asked_of_a_run_that_goes_on_says_to_pause(session, owner, write):
    endless = TRAIN.replace("range(int(sys.argv[1]))", "iter(int, 1)")
    session.start_run(write("endless.py", endless), hold=True)
    owner.run_until(lambda: session.run.status.state is RunState.PAUSED)
    session.open_call()
    owner.run_until(lambda: session.model_state == "filled")
    session.resume()
    owner.run_until(lambda: session.run.status.state is RunState.RUNNING)
    assert session.call_note.endswith("until the next pause")
    n_problems = len(session.problems)
    session.ask_value(1)
    owner.run_until(lambda: session.value is not None)
    assert isinstance(session.value, Problem)
    assert session.value.code == "pause-first"
    assert len(session.problems) == n_problems
    session.stop()
    owner.run_until(lambda: not session.run.is_live)


WARMING_UP = """
import time
import jax, jax.numpy as jnp
step = jax.jit(lambda x: x.sum())
for n in range(1, 9):
    step(jnp.ones(n))
time.sleep(0.3)
for n in range(40):
    step(jnp.ones(1 + n % 8))
"""


def test_an_alarm_that_was_a_warm_up_goes_away_by_itself(session, owner, write):
    gone = []
    session.problem_gone.connect(gone.append)
    session.start_run(str(write("buckets.py", WARMING_UP)))
    owner.run_until(lambda: gone)
    assert [problem.code for problem in gone] == ["EQX110"]
    assert session.problems == []
