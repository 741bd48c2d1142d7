"""A teacher's lessons, and learning with a judge that answers when the test says so."""

from collections.abc import Callable
from pathlib import Path

import pytest

from eqxviz.engine.engine import Engine
from eqxviz.records import Judge, Judged, Outcome, Problem, Record
from eqxviz.session.learning.learning import Learning
from eqxviz.session.learning.notebook import Notebook
from eqxviz.session.session import Session
from tests.owner import Owner

TEXT = """\
# {title}

You can read a tree.

## Leaves

[model.py](model.py "tree")

A leaf is an array.

## Exercise: Add a layer

[add.py](add.py "output")

Add one.

> Look at `layers`.

> Append to it.
"""


class JudgingWorker:
    """Stands for the process that judges: it answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[Judge, Callable[[Record], None]]] = []
        self.ends: list[str] = []

    def ask(self, request: Record, answered: Callable[[Record], None]) -> int:
        assert isinstance(request, Judge)
        self.asked.append((request, answered))
        return len(self.asked)

    def answer(
        self, outcome: Outcome, message: str = "", problem: Problem | None = None, output: str = ""
    ) -> None:
        self.asked.pop(0)[1](Judged(outcome, message, problem, output))

    def abort(self) -> None:
        self.ends.append("abort")

    def kill(self) -> None:
        self.ends.append("kill")


class JudgingEngine(Engine):
    """An engine whose judge is no process."""

    def __init__(self, owner: Owner, folder: Path) -> None:
        super().__init__(owner.post, folder)
        self.worker = JudgingWorker()

    def judge(self, busy_with: str = "") -> JudgingWorker:  # type: ignore[override]
        return self.worker


class Desktop:
    """Learning as a window has it, on the thread of the test."""

    def __init__(self, folder: Path, teachers: Path) -> None:
        self.owner = Owner()
        self.engine = JudgingEngine(self.owner, folder / "kept")
        self.session = Session(self.owner.post, self.engine)
        self.learning = Learning(self.session, Notebook(folder / "notebook"))
        self.learning.read(teachers)
        self.until(lambda: self.learning.is_read)

    def until(self, is_true: Callable[[], object]) -> None:
        self.owner.run_until(is_true, 10.0)

    def rest(self) -> None:
        """Let all that is written be written."""
        done: list[bool] = []
        self.session.in_background(lambda: True, done.append)
        self.until(lambda: done)

    def begin(self, name: str = "") -> Learning:
        asked: list[bool] = []
        self.learning.asked.connect(lambda: asked.append(True))
        self.learning.begin(name)
        self.until(lambda: asked)
        return self.learning

    def turn(self, steps: int = 1) -> None:
        shown: list[bool] = []
        self.learning.page_shown.connect(lambda: shown.append(True))
        self.learning.turn(steps)
        self.until(lambda: shown)


@pytest.fixture
def teachers(tmp_path: Path) -> Path:
    """A teacher's folder of two lessons."""
    folder = tmp_path / "course"
    for name in ("1_trees", "2_forests"):
        lesson = folder / name
        lesson.mkdir(parents=True)
        (lesson / "lesson.md").write_text(TEXT.format(title=name.partition("_")[2].title()))
        (lesson / "model.py").write_text("model = [1.0]\n")
        (lesson / "add.py").write_text("layers = []\n")
        (lesson / "add_solution.py").write_text("layers = [1]\n")
        (lesson / "add_check.py").write_text(
            'def check(answer):\n    assert answer.layers, "`layers` is empty."\n'
        )
    return folder


@pytest.fixture
def desktop(tmp_path: Path, teachers: Path) -> Desktop:
    return Desktop(tmp_path, teachers)
