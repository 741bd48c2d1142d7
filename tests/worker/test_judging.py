"""An answer is run and judged; whatever it does, what is wrong is told, and the next one is judged
as if nothing had been.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import jax
import pytest

from eqxviz.records import Judged, Outcome
from eqxviz.worker.judging import judge

CHECK = """
def check(answer):
    double = getattr(answer, "double", None)
    assert double is not None, "There is no function `double`."
    assert double(3) == 6, f"double(3) is {double(3)}."
"""
RIGHT = "def double(x):\n    return 2 * x\n"
Judge = Callable[..., Judged]


@pytest.fixture
def judged(tmp_path: Path) -> Judge:
    def judged(answer: str, check: str = CHECK) -> Judged:
        script, judging = tmp_path / "answer.py", tmp_path / "lesson" / "answer_check.py"
        judging.parent.mkdir(exist_ok=True)
        script.write_text(answer)
        judging.write_text(check)
        return judge(str(script), str(judging))

    return judged


def test_a_right_answer_is_accepted_and_what_it_printed_is_kept(judged):
    found = judged(RIGHT + "print('hello')\n")
    assert found == Judged(Outcome.ACCEPTED, "", None, "hello\n")


def test_a_wrong_answer_is_rejected_with_the_words_of_its_check(judged):
    found = judged(RIGHT.replace("2", "3"))
    assert (found.outcome, found.message) == (Outcome.REJECTED, "double(3) is 9.")
    assert judged("x = 1\n").message == "There is no function `double`."


@pytest.mark.parametrize(
    ("answer", "line", "says"),
    [
        ("x = 1\ndef double(x)\n", 2, "not valid Python"),
        ("x = 1\n1 / 0\n", 2, "ZeroDivisionError"),
        ("def double(x):\n    return x.twice\n", 2, "AttributeError"),
        ("def double(x):\n    assert x == 4\n", 2, "AssertionError"),
        ("x = 1\ny = input()\n", 2, "waits for input"),
        ("import sys\nsys.exit()\n", 2, "ended itself"),
        ("import sys\nsys.exit('no')\n", 2, "ended itself"),
        ("class Halt(BaseException): pass\nraise Halt\n", 2, "Halt"),
    ],
)
def test_what_the_answer_raises_is_told_with_its_line(judged, answer, line, says):
    found = judged(answer)
    assert found.outcome is Outcome.RAISED
    assert found.problem.line == line
    assert says in found.problem.title
    assert Path(found.problem.file).name == "answer.py"


def test_a_check_that_fails_by_itself_is_not_held_against_the_answer(judged):
    found = judged(RIGHT, "def check(answer):\n    return answer.double(3) / 0\n")
    assert found.outcome is Outcome.BROKEN
    assert "answer_check.py failed by itself" in found.problem.title
    assert (Path(found.problem.file).name, found.problem.line) == ("answer_check.py", 2)


def test_what_an_answer_changes_of_the_process_is_as_before_afterwards(judged):
    main, path, argv = sys.modules["__main__"], list(sys.path), list(sys.argv)
    found = judged(
        RIGHT + "import os, sys, jax\n"
        "os.chdir('/')\nos.environ['JUDGED'] = '1'\nsys.argv.append('x')\nsys.path.clear()\n"
        "jax.config.update('jax_enable_x64', True)\nassert __name__ == '__main__'\n"
    )
    assert found.outcome is Outcome.ACCEPTED
    assert sys.modules["__main__"] is main
    assert (sys.path, sys.argv) == (path, argv)
    assert os.getcwd() != "/"
    assert "JUDGED" not in os.environ
    assert not jax.config.jax_enable_x64


def test_of_endless_output_the_end_is_kept(judged):
    found = judged(RIGHT + "for i in range(20_000): print(i)\n")
    assert found.output.endswith("19999\n")
    assert len(found.output) <= 20_000


def test_without_a_check_a_script_is_only_run(tmp_path):
    (tmp_path / "model.py").write_text("print('made')\n")
    assert judge(str(tmp_path / "model.py")) == Judged(Outcome.ACCEPTED, "", None, "made\n")
