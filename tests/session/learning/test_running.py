"""Pages are run and answers judged by real processes: what they show, and what ends them."""

from collections.abc import Iterator

import pytest

from eqxviz.engine.engine import Engine
from eqxviz.session.learning.learning import Learning
from eqxviz.session.learning.notebook import Notebook
from eqxviz.session.session import Session
from tests.owner import Owner

TEXT = """\
# Loops

You can end one.

## A tree

[tree.py](tree.py "tree")

See it.

## Two trees

[two.py](two.py "tree of model, names")

See both.

## A graph

[graph.py](graph.py "graph")

See it.

## Exercise: End

[end.py](end.py "output")

End it.
"""
SCRIPTS = {
    "tree.py": "import jax.numpy as jnp\nmodel = [jnp.ones(3), None]\nprint('made')\n",
    "two.py": "import jax.numpy as jnp\nmodel, names, x = jnp.ones(3), ['a'], jnp.ones(2)\n",
    "graph.py": "import jax\nf = jax.jit(lambda x: 2 * x)\nf(1.0)\n",
    "end.py": "while True:\n    pass\n",
    "end_solution.py": "done = True\n",
    "end_check.py": "def check(answer):\n    assert answer.done\n",
}


@pytest.fixture(scope="module")
def owner() -> Owner:
    return Owner()


@pytest.fixture(scope="module")
def learning(owner: Owner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Learning]:
    folder = tmp_path_factory.mktemp("learner")
    lesson = folder / "loops"
    lesson.mkdir()
    (lesson / "lesson.md").write_text(TEXT)
    for name, text in SCRIPTS.items():
        (lesson / name).write_text(text)
    session = Session(owner.post, Engine(owner.post, folder / "kept"))
    learning = Learning(session, Notebook(folder / "notebook"))
    learning.read(lesson)
    owner.run_until(lambda: learning.is_read)
    yield learning
    session.close(leave_run=False)


def _show(owner: Owner, learning: Learning, index: int) -> Session:
    shown: list[bool] = []
    learning.page_shown.connect(lambda: shown.append(True))
    learning.show_page(index, learning.shelf.named("loops"))
    owner.run_until(lambda: shown)
    return learning._session  # type: ignore[return-value]


def test_a_run_shows_the_model_that_the_script_leaves_and_what_it_prints(learning, owner):
    session = _show(owner, learning, 0)
    views: list[str] = []
    learning.trial.view_asked.connect(views.append)
    learning.trial.start()
    assert learning.trial.is_running
    owner.run_until(lambda: session.model is not None and "made" in session.run.output)
    assert (session.model.target.name, session.call_moment) == ("model", "")
    assert len(session.model.tree) == 3
    assert not learning.trial.is_running
    assert (views, learning.trial.problem) == (["tree"], None)
    former = session.run_holder
    _show(owner, learning, 1)
    assert (session.model, session.run) == (None, None)  # what is seen is of no other page
    owner.run_until(lambda: not former.alive)
    learning.trial.start()
    owner.run_until(lambda: session.model is not None)
    tree = session.model.tree
    assert [tree.path(node) for node in range(len(tree))] == ["", "model", "names", "names[0]"]


def test_a_run_draws_the_function_that_the_script_has_called(learning, owner):
    session = _show(owner, learning, 2)
    assert not learning.trial.has_run  # what is seen is of another page
    learning.trial.start()
    owner.run_until(lambda: [tab for tab in session.graphs if tab.state == "filled"])
    assert learning.trial.has_run


def test_a_run_that_fails_is_told_with_its_line_and_the_next_one_is_not(learning, owner):
    _show(owner, learning, 2)
    text = learning.desk.text
    learning.desk.write("x = 1\nx.y\n")
    views: list[str] = []
    learning.trial.view_asked.connect(views.append)
    learning.trial.start()
    owner.run_until(lambda: learning.trial.problem is not None and views[-1:] == ["output"])
    problem = learning.trial.problem
    assert (problem.file, problem.line) == (str(learning.desk.path), 2)
    learning.desk.write(text)
    learning.trial.start()
    owner.run_until(lambda: learning.trial.problem is None and not learning.trial.is_running)


def test_answers_that_never_end_or_end_the_process_are_told_and_the_next_is_judged(learning, owner):
    _show(owner, learning, 3)
    judging = learning.judging

    def verdict(text: str):
        learning.desk.write(text)
        judging.check()
        owner.run_until(lambda: not judging.is_checking)
        return judging.verdict

    assert verdict("done = True\n").kind == "solved"  # warm from now on
    judging.limit_seconds = 1.0
    found = verdict("x = 1\nwhile True:\n    x += 1\n")
    assert found.kind == "failed"
    assert "longer than 1 s" in found.message
    assert found.problem.line in (2, 3)
    judging.limit_seconds = 60.0
    assert "exit code 3" in verdict("import os\nos._exit(3)\n").message
    assert verdict("done = True\n").kind == "solved"
    learning.desk.write("print('go', flush=True)\nwhile True:\n    pass\n")
    judging.check()
    owner.run_until(lambda: judging._question is not None)
    judging.stop()
    owner.run_until(lambda: not judging.is_checking)
    assert judging.verdict.kind == "stopped"


def test_a_run_of_the_users_own_goes_on_when_a_page_is_run(learning, owner, tmp_path):
    session = _show(owner, learning, 0)
    (tmp_path / "own.py").write_text("while True:\n    pass\n")
    session.start_run(str(tmp_path / "own.py"))
    own = session.run_holder
    owner.run_until(lambda: session.run.status.state.value == "running")
    learning.trial.start()
    owner.run_until(lambda: learning.trial.has_run and not learning.trial.is_running)
    [left] = session.running()
    assert left.script == str(tmp_path / "own.py")
    assert "left-running" in [problem.code for problem in session.problems]
    session.engine.attach(
        left, on_event=lambda _: None, on_output=lambda _: None, on_death=lambda *_: None
    ).kill()
    owner.run_until(lambda: not session.running())
    assert not own.alive
