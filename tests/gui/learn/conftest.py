"""Lessons in a window, read at once, with a judge that answers when the test says so."""

from pathlib import Path

import pytest

from eqxviz.session.learning.learning import Learning
from eqxviz.session.learning.notebook import Notebook
from eqxviz.session.session import Session
from tests.gui.conftest import QuietEngine, QuietSession
from tests.session.learning.conftest import TEXT, JudgingWorker

SCRIPT = "layers = [1, 2]\n\n\ndef add(layers):\n    return layers\n"
SOLUTION = "layers = [1, 2]\n\n\ndef add(layers):\n    return [*layers, 3]\n"


class SchoolEngine(QuietEngine):
    """An engine whose judge is no process either."""

    def __init__(self) -> None:
        super().__init__()
        self.judging = JudgingWorker()

    def judge(self, busy_with: str = "") -> JudgingWorker:
        return self.judging


@pytest.fixture
def engine() -> SchoolEngine:
    return SchoolEngine()


@pytest.fixture
def session(engine: SchoolEngine, tmp_path: Path) -> Session:
    """A session that knows a teacher's two lessons beside the bundled ones."""
    made = QuietSession(lambda job: job(), engine)  # type: ignore[arg-type]  # the quiet one
    for name, title in (("1_trees", "Trees"), ("2_more", "More trees")):
        folder = tmp_path / "lessons" / name
        folder.mkdir(parents=True)
        (folder / "lesson.md").write_text(TEXT.format(title=title))
        (folder / "model.py").write_text("model = [1.0]\n")
        (folder / "add.py").write_text(SCRIPT)
        (folder / "add_solution.py").write_text(SOLUTION)
        (folder / "add_check.py").write_text(
            "def check(answer):\n    assert answer.add([]) == [3]\n"
        )
    learning = Learning(made, Notebook(tmp_path / "notebook"))
    learning.read(tmp_path / "lessons")
    made.learning = learning  # type: ignore[misc]  # in the place of the user's own
    return made


@pytest.fixture
def learning(session: Session) -> Learning:
    """The first lesson of the teacher's, at its first page."""
    found = session.learning.shelf.named("Trees")
    assert found is not None
    session.learning.begin(found.key)
    return session.learning
