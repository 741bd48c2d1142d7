"""What a check found is told as text with the user's lines, and as plain data."""

import json
from pathlib import Path

import pytest

from eqxviz.records import Examined, Problem, RunState, Severity
from eqxviz.session.checking.report import (
    Report,
    excerpt,
    headline,
    report_data,
    report_of,
    report_text,
)
from eqxviz.session.checking.settings import Settings

SOURCE = "import jax\n\n\ndef f(x):\n    y = x\n    return step(y, n)\n\nf(1)\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(SOURCE)
    return str(tmp_path / "train.py")


def problem(
    file: str,
    code: str = "EQX110",
    line: int = 6,
    title: str = "It compiles anew",
    fix_code: str = "",
) -> Problem:
    why, fix = "`n` is static.", "Pass an array."
    return Problem(code, Severity.WARNING, title, why, fix, file, line, fix_code=fix_code)


def examined(*problems: Problem, n_steps: int = 4, n_rules: int = 13) -> Examined:
    return Examined(problems, n_rules, 1, n_steps, n_steps, 2, is_over=True)


def report(
    file: str, seen: Examined | None, *told: Problem, ignore: frozenset[str] = frozenset()
) -> Report:
    return report_of("train.py", file, seen, told, RunState.STOPPED, Settings(ignore))


def test_a_problem_is_shown_with_its_line_reason_and_code(file: str):
    text = report_text(report(file, examined(problem(file, fix_code="step(y, jnp.asarray(n))"))))
    assert text.splitlines()[:6] == [
        "train.py:6: warning EQX110: It compiles anew",
        "    5 | y = x",
        "  > 6 | return step(y, n)",
        "    why: `n` is static.",
        "    fix: Pass an array.",
        "         step(y, jnp.asarray(n))",
    ]
    assert "1 warning found in 4 steps: 13 rules." in text
    assert "eqxviz explain EQX110" in text


@pytest.mark.parametrize("line", [0, 9, 400])
def test_a_line_that_the_file_has_not_is_not_shown(file: str, line: int):
    assert excerpt(problem(file, line=line)) == []


def test_a_clean_program_is_told_how_much_was_seen_of_it(file: str):
    assert headline(report(file, examined())) == "No problems found in 4 steps: 13 rules"
    assert report(file, examined()).is_clean


def test_notes_are_shown_and_count_for_nothing(file: str):
    note = Problem("rule-failed", Severity.NOTE, "EQX101 could not judge", "x", "y")
    made = report(file, examined(note))
    assert made.is_clean
    assert "EQX101 could not judge" in report_text(made)


def test_what_is_said_to_be_meant_is_counted_only(file: str, tmp_path: Path):
    lines = SOURCE.replace("step(y, n)", "step(y, n)  # eqxviz: ignore[EQX110]")
    (tmp_path / "train.py").write_text(lines)
    other = problem(file, "EQX102", 4)
    made = report(file, examined(problem(file), other), ignore=frozenset({"EQX102"}))
    assert made.problems == ()
    assert headline(made) == "No problems found in 4 steps: 13 rules, 2 ignored"


def test_an_error_of_the_script_stands_beside_what_was_found(file: str):
    raised = Problem("script-raised", Severity.ERROR, "The script raised KeyError", "x", "y", file)
    # What a run tells by itself the rules have judged.
    made = report(file, examined(problem(file)), problem(file, title="told live"), raised)
    assert [each.title for each in made.problems] == ["It compiles anew", raised.title]
    assert headline(made).startswith("1 error and 1 warning found")


def test_what_eqxviz_fails_at_counts_against_nobody(file: str):
    failed = Problem("capture-failed", Severity.WARNING, "A call could not be observed", "x", "y")
    assert report(file, examined(), failed).is_clean


@pytest.mark.parametrize(
    ("seen", "told", "words"),
    [
        (None, "worker-died", "ended before it could be judged"),
        (examined(n_rules=0), "", "does not import JAX"),
        (Examined((), 13, 0, 0, 0, 0, is_over=True), "", "stopped before its first jitted call"),
        (examined(n_rules=0), "no-such-module", "could not be run"),
    ],
)
def test_what_could_not_be_judged_is_not_called_clean(
    file: str, seen: Examined | None, told: str, words: str
):
    problems = [Problem(told, Severity.ERROR, "x", "y", "z")] if told else []
    made = report(file, seen, *problems)
    assert not made.is_clean
    assert words in headline(made)
    assert made.has_problems == (told == "worker-died")


def test_as_json_it_has_all_that_the_text_has(file: str):
    data = json.loads(json.dumps(report_data(report(file, examined(problem(file))))))
    assert (data["target"], data["clean"], data["steps"], data["rules"]) == (
        "train.py",
        False,
        4,
        13,
    )
    (found,) = data["problems"]
    assert (found["code"], found["severity"], found["line"]) == ("EQX110", "warning", 6)
    assert found["file"] == file
