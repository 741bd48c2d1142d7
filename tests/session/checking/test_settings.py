"""`[tool.eqxviz]` in the nearest pyproject.toml says which rules count, and where."""

from pathlib import Path

import pytest

from eqxviz.records import Problem, Severity
from eqxviz.session.checking.settings import Settings, SettingsError, settings_for


def settings(tmp_path: Path, text: str) -> Settings:
    (tmp_path / "pyproject.toml").write_text(text)
    (tmp_path / "src").mkdir()
    return settings_for(str(tmp_path / "src" / "train.py"))


def problem(code: str, file: str = "/x/train.py") -> Problem:
    return Problem(code, Severity.WARNING, "", "", "", file, 1)


def test_what_is_ignored_does_not_count(tmp_path: Path):
    made = settings(tmp_path, '[tool.eqxviz]\nignore = ["EQX110", "eqx102"]\n')
    assert not made.has(problem("EQX110"))
    assert not made.has(problem("EQX102"))
    assert made.has(problem("EQX101"))


def test_what_is_selected_counts_alone_but_errors_of_the_script(tmp_path: Path):
    made = settings(tmp_path, '[tool.eqxviz]\nselect = ["EQX110"]\n')
    assert made.has(problem("EQX110"))
    assert not made.has(problem("EQX102"))
    assert made.has(problem("script-raised"))


@pytest.mark.parametrize("pattern", ["src/*.py", "train.py", "src/train.py"])
def test_files_have_rules_of_their_own(tmp_path: Path, pattern: str):
    text = f'[tool.eqxviz.per-file-ignores]\n"{pattern}" = ["EQX110"]\n'
    made = settings(tmp_path, text)
    assert not made.has(problem("EQX110", str(tmp_path / "src" / "train.py")))
    assert made.has(problem("EQX110", str(tmp_path / "other" / "model.py")))


def test_the_nearest_file_counts_and_another_tool_is_none_of_ours(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text('[tool.eqxviz]\nignore = ["EQX110"]\n')
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "pyproject.toml").write_text("[tool.ruff]\nline-length = 100\n")
    assert settings_for(str(inner / "train.py")).has(problem("EQX110"))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[tool.eqxviz]\nignores = ["EQX110"]\n', 2, "no key 'ignores'"),
        ('[tool.other]\nx = 1\n\n[tool.eqxviz]\nignore = ["EQX999"]\n', 5, "no rule 'EQX999'"),
        ('[tool.eqxviz]\nignore = "EQX110"\n', 2, "a list of codes"),
        ("[tool.eqxviz]\nselect = [110]\n", 2, "a list of codes"),
        ("[tool.eqxviz]\nper-file-ignores = 3\n", 2, "a table"),
        ('[tool.eqxviz.per-file-ignores]\n"a.py" = ["EQX1"]\n', 2, "no rule 'EQX1'"),
        ("[tool]\neqxviz = 1\n", 2, "a table"),
        ("[tool.eqxviz\n", 0, "cannot be read"),
    ],
)
def test_what_is_not_known_is_told_with_its_line(tmp_path: Path, text: str, line: int, words: str):
    with pytest.raises(SettingsError, match=words) as told:
        settings(tmp_path, text)
    assert told.value.line == line
    assert str(told.value).startswith(str(tmp_path / "pyproject.toml"))
