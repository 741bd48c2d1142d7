"""Runs by the short names that one types."""

import pytest

from eqxviz.session.runs.naming import UnknownRunError, run_named, short_ids
from eqxviz.store import Library, RunSummary
from tests.session.runs.made_runs import make_run

A, B, C = "20261121-100000-train-ab12", "20261121-110000-train-cd34", "20261122-090000-fit-ab12"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[RunSummary]:
    folder = tmp_path_factory.mktemp("runs")
    for id in (A, B, C):
        make_run(folder, id)
    library = Library(folder, lambda path: False)
    library.rename(A, "base line")
    return library.runs()


@pytest.mark.parametrize(
    ("word", "id"),
    [
        (A, A), ("cd34", B), ("base line", A), ("20261122", C), ("20261121-11", B),
        ("last", C), ("last-0", C), ("last-2", A),
    ],
)  # fmt: skip
def test_word_stands_for_one_run(runs: list[RunSummary], word: str, id: str) -> None:
    assert run_named(runs, word).id == id


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("ab12", "'ab12' fits 2 runs"),
        ("20261121", "fits 2 runs: cd34"),
        ("last-3", "there is no run 'last-3': 3 are kept"),
        ("last-x", "there is no run 'last-x'"),
        ("cd35", "did you mean cd34"),
        ("base lime", "did you mean base line"),
        ("", "the newest are"),
    ],
)
def test_word_that_stands_for_none_or_several_is_explained(
    runs: list[RunSummary], word: str, says: str
) -> None:
    with pytest.raises(UnknownRunError, match=says):
        run_named(runs, word)


def test_without_runs_it_says_how_to_make_one() -> None:
    with pytest.raises(UnknownRunError, match=r"eqxviz run SCRIPT\.py"):
        run_named([], "last")


def test_short_id_is_given_where_it_is_the_only_one(runs: list[RunSummary]) -> None:
    assert short_ids(runs) == {A: A, B: "cd34", C: C}
