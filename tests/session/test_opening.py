"""Files are opened in a real worker; whatever they do, the session goes on."""

import pytest

from eqxviz.records import Problem, ReadValue, ValueSummary
from eqxviz.session.selection import Selection
from eqxviz.session.sources import split_target

PARAMS = """
import jax.numpy as jnp
shared = jnp.arange(6.0)
params = {"w": shared, "again": shared, "n": 3}
other = [jnp.zeros(2)]
"""


def opened(session, owner, target):
    session.open(target)
    assert session.model_state == "working"
    owner.run_until(lambda: session.model_state != "working")
    return session.model


def failed(session, owner, target):
    assert opened(session, owner, target) is None
    assert session.model_state == "failed"
    assert session.problems == [session.model_problem]
    return session.model_problem


@pytest.mark.parametrize(
    ("target", "path", "name"),
    [
        ("model.py", "model.py", ""),
        ("model.py:make", "model.py", "make"),
        ("/a:b/model.py", "/a:b/model.py", ""),
        ("model.py:a.b[0]", "model.py", "a.b[0]"),
    ],
)
def test_a_target_is_a_file_and_a_name(target, path, name):
    assert split_target(target) == (path, name)


def test_a_file_whose_name_holds_a_colon_is_a_file(tmp_path):
    path = tmp_path / "odd:name.py"
    path.touch()
    assert split_target(str(path)) == (str(path), "")


def test_a_dict_of_arrays_opens(session, owner, write):
    model = opened(session, owner, write("params.py", PARAMS) + ":params")
    assert session.model_state == "filled"
    assert model.target.name == "params"
    assert {target.name for target in model.targets} >= {"params", "other"}


def test_the_problem_of_a_failed_opening_is_gone_after_the_next(session, owner, write):
    problem = failed(session, owner, write("broken.py", "1 / 0\n"))
    gone = []
    session.problem_gone.connect(gone.append)
    assert opened(session, owner, write("params.py", PARAMS) + ":params") is not None
    assert session.problems == []
    assert gone == [problem]


def test_another_target_of_the_file_opens(session, owner, write):
    opened(session, owner, write("params.py", PARAMS) + ":params")
    session.open_target("other")
    owner.run_until(lambda: session.model_state != "working")
    assert session.model.target.name == "other"


def test_selecting_a_leaf_brings_its_value(session, owner, write):
    tree = opened(session, owner, write("params.py", PARAMS) + ":params").tree
    node = next(n for n in range(len(tree)) if tree.path(n) == "params['w']")
    session.select(Selection(kind="node", node=node))
    owner.run_until(lambda: isinstance(session.value, ValueSummary))
    assert (session.value.node, session.value.maximum) == (node, 5.0)


def test_a_reload_shows_the_file_as_it_is_now(session, owner, write):
    opened(session, owner, write("params.py", PARAMS) + ":params")
    write("params.py", "import numpy\nparams = {'only': numpy.zeros(3)}")
    session.reload()
    owner.run_until(lambda: session.model_state != "working")
    assert int(session.model.tree.n_leaves[0]) == 1


def test_a_missing_file_is_a_problem(session, owner, tmp_path):
    problem = failed(session, owner, str(tmp_path / "nothing.py"))
    assert problem.code == "missing-file"


def test_a_crash_is_a_problem_and_the_next_file_opens(session, owner, write):
    crash = write("crash.py", "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    problem = failed(session, owner, crash)
    assert problem.code == "worker-died"
    assert "segmentation fault" in problem.title
    assert (problem.file, problem.line) == (crash, 2)
    assert opened(session, owner, write("params.py", PARAMS)) is not None


def test_leaving_by_os_exit_is_a_problem(session, owner, write):
    problem = failed(session, owner, write("leaves.py", "import os\nos._exit(4)\n"))
    assert "exit code 4" in problem.title


def test_a_file_that_hangs_is_cancelled_and_the_next_one_opens(session, owner, write):
    hangs = write("hangs.py", "print('begun', flush=True)\nwhile True:\n    pass\n")
    session.open(hangs)
    assert session.model_activity == "Running hangs.py"
    printed = session.engine.inspector().place.output
    owner.run_until(lambda: printed.exists() and "begun" in printed.read_text())
    session.cancel_open()
    owner.run_until(lambda: session.model_state == "failed", 5)
    assert session.model_problem.code == "cancelled"
    assert session.model_problem.file == hangs
    assert session.model_problem.line in (2, 3)
    assert opened(session, owner, write("params.py", PARAMS)) is not None


def test_opening_another_file_gives_up_one_that_hangs(session, owner, write):
    session.open(write("hangs.py", "while True: pass\n"))
    session.open(write("params.py", PARAMS))
    owner.run_until(lambda: session.model_state != "working")
    assert session.model.path.endswith("params.py")


def test_a_value_is_read_anew_after_the_worker_was_lost(session, owner, write):
    opened(session, owner, write("params.py", PARAMS) + ":other")
    session.engine.inspector().kill()
    session.ask_value(1)
    owner.run_until(lambda: session.value is not None)
    assert not isinstance(session.value, Problem)
    assert session.model_state == "filled"


def test_one_reopening_serves_all_that_is_asked_of_a_worker_that_was_lost(session, owner, write):
    opened(session, owner, write("params.py", PARAMS) + ":params")
    runs, answers = [], []

    def look() -> None:
        """Ask whenever the model changes, as views do."""
        runs.append(session.model_state)
        session.ask_model(lambda model: ReadValue(model.tree.revision, 1), answers.append)

    session.engine.inspector().kill()
    session.model_changed.connect(look)
    for node in (1, 2, 3):
        session.ask_model(
            lambda model, node=node: ReadValue(model.tree.revision, node), answers.append
        )
    owner.run_until(lambda: len(answers) == 5)
    session.model_changed.disconnect(look)
    assert runs == ["working", "filled"]
    assert all(isinstance(answer, ValueSummary) for answer in answers)


def test_a_file_that_ends_its_process_when_it_is_read_again_is_read_again_once(
    session, owner, write, tmp_path
):
    first = tmp_path / "first"
    first.touch()
    code = f"import os\nif not os.path.exists({str(first)!r}): os._exit(3)\n"
    opened(session, owner, write("once.py", code + PARAMS) + ":params")
    first.unlink()
    session.engine.inspector().kill()
    answers = []
    session.ask_model(lambda model: ReadValue(model.tree.revision, 1), answers.append)
    owner.run_until(lambda: answers)
    assert isinstance(answers[0], Problem)
    assert session.model_state == "filled"
