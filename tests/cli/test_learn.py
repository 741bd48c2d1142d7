"""`eqxviz learn` in a terminal: the lessons are listed, and a teacher's are checked."""

from pathlib import Path

import pytest

from eqxviz.cli.main import main
from eqxviz.session.lessons import lesson_folders

TEXT = """\
# Doubling

You can double.

## Exercise: Double

[double.py](double.py "output")

Double it.
"""
CHECK = 'def check(answer):\n    assert answer.x == 2, f"x is {answer.x}."\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "course" / "1_doubling"
    folder.mkdir(parents=True)
    (folder / "lesson.md").write_text(TEXT)
    (folder / "double.py").write_text("x = 1\n")
    (folder / "double_solution.py").write_text("x = 1\nx = 2 * x\n")
    (folder / "double_check.py").write_text(CHECK)
    return folder.parent


@pytest.fixture(autouse=True)
def _learner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_the_lessons_are_listed_with_how_far_the_learner_is(capsys, folder):
    assert main(["learn", "--list", "--folder", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [
        *(each.name for each in lesson_folders()),
        "1_doubling",
    ]
    assert all("not begun" in line for line in lines)
    assert main(["learn", "2", "--list"]) == 0
    assert capsys.readouterr().out.startswith("2_filtering  not begun       Filtering\n")


def test_every_mistake_of_a_folder_is_printed_with_its_line_and_is_a_failure(capsys, folder):
    text = folder / "1_doubling" / "lesson.md"
    text.write_text(TEXT.replace('"output"', '"outputs"') + "\n## \n")
    assert main(["learn", "--list", "--folder", str(folder)]) == 1
    found = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[0] for line in found] == [f"{text}:{n}" for n in (7, 11, 11)]


def test_a_lesson_that_is_not_there_is_told_and_no_window_opens(capsys):
    assert main(["learn", "filtering_"]) == 1
    said = capsys.readouterr().err
    assert "There is no lesson filtering_" in said
    assert "Did you mean 2_filtering?" in said


def test_a_folder_that_is_not_there_is_told(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["learn", "--folder", "/no/such/folder"])
    assert "'/no/such/folder' is no folder" in capsys.readouterr().err


def test_a_check_tells_which_solutions_are_not_accepted(capsys, folder):
    assert main(["learn", "--check", "--folder", str(folder)]) == 0
    assert capsys.readouterr().out == "1_doubling: pages run: 1, solutions accepted: 1\n"
    lesson = folder / "1_doubling"
    (lesson / "double_solution.py").write_text("x = 3\n")
    (lesson / "double.py").write_text("x = 2\n")
    assert main(["learn", "--check", "--folder", str(folder)]) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"{lesson}/double.py:1: the check accepts the script that the exercise begins with",
        f"{lesson}/double_solution.py:1: the check rejects the solution: x is 3.",
    ]
