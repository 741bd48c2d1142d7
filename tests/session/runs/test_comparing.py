"""What differs between runs."""

from dataclasses import replace
from pathlib import Path

import pytest

from eqxviz.session.runs.columns import headings_of
from eqxviz.session.runs.comparing import ABSENT, RunComparison, arguments_of, compare_runs
from eqxviz.store import Library
from eqxviz.store.run_reader import FILE_NAME
from tests.session.runs.made_runs import SCRIPT, make_run


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (["--lr", "0.1"], {"--lr": "0.1"}),
        (["--lr=0.1", "-v"], {"--lr": "0.1", "-v": "given"}),
        (["data", "--shift", "-0.5", "more"],
         {"argument 1": "data", "--shift": "-0.5", "argument 2": "more"}),
        (["--a", "1", "--a", "2"], {"--a": "1, 2"}),
        (["-"], {"argument 1": "-"}),
    ],
)  # fmt: skip
def test_arguments_have_names(argv: list[str], named: dict[str, str]) -> None:
    assert arguments_of(argv) == named


@pytest.fixture
def library(tmp_path: Path) -> Library:
    make_run(tmp_path, "a", {"loss": [3.0, 1.0, 2.0], "acc": [0.1, 0.9, 0.5]}, argv=["--lr", "1"])
    make_run(
        tmp_path, "b", {"loss": [3.0]}, argv=["--lr", "2", "--fast"], seed="7", jax="0.11.2",
        text=SCRIPT.replace("0.1", "0.2"), commit="ffff", diff="diff --git a b\n+x\n-y\n",
    )  # fmt: skip
    return Library(tmp_path, lambda folder: False)


def row(comparison: RunComparison, name: str) -> tuple[str, ...]:
    return next(row.values for row in comparison.rows if row.name == name)


def test_comparison_tells_what_differs(library: Library) -> None:
    comparison = compare_runs(library, [library.run("a"), library.run("b")])
    assert row(comparison, "--lr") == ("1", "2")
    assert row(comparison, "--fast") == (ABSENT, "given")
    assert row(comparison, "git commit") == ("1a2b3c4d5e", "ffff")
    assert row(comparison, "uncommitted changes") == ("none", "+1 −1 in 1 file")
    assert row(comparison, "script text") == ("2 lines", "+1 −1 lines")
    assert row(comparison, "jax") == ("0.10.2", "0.11.2")
    assert row(comparison, "jax.random.key") == ("0", "7")
    assert row(comparison, "min loss") == ("1", "3")
    assert row(comparison, "max acc") == ("0.9", ABSENT)
    assert row(comparison, "last loss") == ("2", "3")
    same = [row.name for row in comparison.rows if not row.differs]
    assert "host" in same
    assert "python" in same
    assert comparison.n_differing + len(same) == len(comparison.rows)


def test_comparison_shows_how_the_script_was_changed(library: Library) -> None:
    script, uncommitted = compare_runs(library, [library.run("a"), library.run("b")]).texts
    assert script.title.startswith("train.py: ")
    assert "-lr = 0.1\n+lr = 0.2" in script.text
    assert uncommitted.text == "diff --git a b\n+x\n-y\n"


def test_outside_git_nothing_is_said_of_uncommitted_changes(tmp_path: Path) -> None:
    make_run(tmp_path, "a", commit="", text="x = 1\n")
    library = Library(tmp_path, lambda folder: False)
    comparison = compare_runs(library, [library.run("a")])
    assert row(comparison, "uncommitted changes") == (ABSENT,)
    assert row(comparison, "script text") == ("1 line",)


def test_comparison_of_a_run_that_cannot_be_read_says_what_is_known(library: Library) -> None:
    before = library.run("b")
    (library.folder / "b" / FILE_NAME).write_bytes(b"no database")
    comparison = compare_runs(library, [library.run("a"), before])
    assert row(comparison, "--lr") == ("1", "2")
    assert row(comparison, "jax") == ("0.10.2", ABSENT)


def test_of_a_single_run_all_is_told(library: Library) -> None:
    told = compare_runs(library, [library.run("b")])
    assert row(told, "--lr") == ("2",)
    assert told.texts[0].text == SCRIPT.replace("0.1", "0.2")
    assert told.texts[1].title == "Uncommitted changes"
    assert told.summary.startswith("train.py, ")


def test_heading_is_as_short_as_tells_runs_apart(library: Library) -> None:
    make_run(library.folder, "20261121-100000-train-ab12")
    library.rename("a", "wide")
    runs = [library.run(id) for id in ("a", "b", "20261121-100000-train-ab12")]
    at = [replace(run, started=1e9) for run in runs]
    assert headings_of(at) == ("wide", "b", "ab12")
    later = [replace(run, started=1e9 + 3 * i) for i, run in enumerate(runs)]
    assert len(set(headings_of(later))) == 3
