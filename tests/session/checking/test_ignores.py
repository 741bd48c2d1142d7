"""What is meant is said in the code: by a comment on the line, or above it."""

from pathlib import Path

import pytest

from eqxviz.records import Problem, Severity
from eqxviz.session.checking.ignores import Ignores


def ignored_lines(tmp_path: Path, text: str, code: str = "EQX110") -> tuple[list[int], Ignores]:
    """Return the lines of `text` on which problems of `code` are ignored."""
    file = tmp_path / "train.py"
    file.write_text(text)
    ignores = Ignores(str(file))
    numbers = range(1, len(text.splitlines()) + 1)
    problem = Problem(code, Severity.WARNING, "", "", "", str(file))
    lines = [n for n in numbers if ignores.has(Problem(*list(vars(problem).values())[:6], line=n))]
    return lines, ignores


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("f(x)  # eqxviz: ignore[EQX110]\ng(x)\n", [1]),
        ("f(x)  # why not  # eqxviz: ignore[EQX102, EQX110]\n", [1]),
        ("f(x)  #eqxviz:ignore[eqx110]\n", [1]),
        ("f(\n    x,\n)  # eqxviz: ignore[EQX110]\ng(x)\n", [1, 2, 3]),
        ("f(  # eqxviz: ignore[EQX110]\n    x,\n)\n", [1, 2, 3]),
        ("# eqxviz: ignore[EQX110]\nf(x)\ng(x)\n", [2]),
        ("# eqxviz: ignore[EQX110]\n# because\n\nf(\n    x)\ng(x)\n", [4, 5]),
        ("if x:\n    # eqxviz: ignore[EQX110]\n    f(x)\n    g(x)\n", [3]),
        ("for x in y:  # eqxviz: ignore[EQX110]\n    f(x)\n", [1]),
        ("f(x)  # eqxviz: ignore[EQX102]\n", []),
        ('f("# eqxviz: ignore[EQX110]")\n', []),
        ("f(x)\n", []),
    ],
)
def test_a_comment_is_for_its_statement_or_the_next(tmp_path: Path, text: str, lines: list[int]):
    found, ignores = ignored_lines(tmp_path, text)
    assert found == lines
    assert ignores.problems == []


@pytest.mark.parametrize(
    "comment", ["# eqxviz: ignore", "# eqxviz: ignore[]", "#eqxviz:ignore [ ]"]
)
def test_one_that_does_not_say_what_ignores_nothing_and_is_told(tmp_path: Path, comment: str):
    found, ignores = ignored_lines(tmp_path, f"x = 1\nf(x)  {comment}\n")
    assert found == []
    (problem,) = ignores.problems
    assert "does not say what" in problem.title
    assert problem.line == 2
    assert "# eqxviz: ignore[EQX110]" in problem.fix


def test_a_rule_that_there_is_not_is_told_and_the_others_count(tmp_path: Path):
    found, ignores = ignored_lines(tmp_path, "f(x)  # eqxviz: ignore[EQX110, EQX999]\n")
    assert found == [1]
    (problem,) = ignores.problems
    assert "no rule EQX999" in problem.title


@pytest.mark.parametrize("text", ["f(  # eqxviz: ignore[EQX110]\n", "x = '\n# eqxviz:\n"])
def test_a_file_that_does_not_parse_ignores_what_can_be_read(tmp_path: Path, text: str):
    assert ignored_lines(tmp_path, text)[1].problems == []


def test_a_file_that_is_gone_ignores_nothing(tmp_path: Path):
    assert not Ignores(str(tmp_path / "gone.py")).problems
