"""What is found among runs."""

import time
from pathlib import Path

import pytest

from eqxviz.records import RunState
from eqxviz.session.runs.query import COMPLETIONS, found_by, query_of
from eqxviz.store import Library, RunSummary
from tests.session.runs.made_runs import make_run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[RunSummary]:
    folder = tmp_path_factory.mktemp("runs")
    make_run(
        folder,
        "a",
        {"loss": [0.5], 'metrics["accuracy"]': [0.9], "top5": [0.5]},
        argv=["--lr", "0.1"],
    )
    make_run(folder, "b", {"loss": [-2.0]}, argv=["--lr=0.1"], state=RunState.FAILED,
             commit="ffff00")  # fmt: skip
    make_run(folder, "c", {"loss": [float("nan")], "val_loss": [5.0] * 2000,
                             "train/loss @2": [7.0], "losses[0]": [4.0]})  # fmt: skip
    library = Library(folder, lambda path: False)
    library.tag("a", ["good", "baseline"])
    library.note("b", "too slow, try again")
    return library.runs()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "abc"),
        ("train.py", "abc"),
        ("TRAIN", "abc"),
        ("tag:good", "a"),
        ("tag=goo", ""),
        ("tagged", "a"),
        ("-tagged", "bc"),
        ("failed", "b"),
        ("state:failed | tag:good", "ab"),
        ("is:finished", "ac"),
        ("loss<1", "ab"),
        ("loss<0", "b"),
        ("loss<-1.5", "b"),
        ("loss>=0.5", "a"),
        ("loss=nan", "c"),
        ("loss!=nan", "ab"),
        ("loss>nan", ""),
        ("accuracy=nan", ""),
        ("accuracy>0.8", "a"),
        ("val_loss=5", "c"),
        ('metrics["accuracy"]>0.8', "a"),
        ('metrics["accuracy"]<0.8', ""),
        ('-Metrics["Accuracy"]>0.8 loss<1', "b"),
        ('metrics["accuracy"]', "a"),
        ("train/loss @2>=7", "c"),
        ("top5<1 | losses[0]>3", "ac"),
        ("steps>1000", "c"),
        ("steps>1k", "c"),
        ("points>1e6", ""),
        ("commit:ffff", "b"),
        ("arg:--lr", "ab"),
        ("arg:--lr=0.1", "ab"),
        ("arg:--lr=0.2", ""),
        ("arg:/--lr 0.1$/", "ab"),
        ("device:cpu", "abc"),
        ("note:slow", "b"),
        ("slow", "b"),
        ("date:today", "abc"),
        ("date:yesterday", ""),
        ("date>=2020", "abc"),
        ("date<2020-02-03", ""),
        ("date!=today", ""),
        ("took>5s", "c"),
        ("took<1min", "abc"),
        ("script:/train\\.py$/ -failed", "ac"),
        ("live", ""),
    ],
)
def test_search_finds(runs: list[RunSummary], text: str, found: str) -> None:
    query = query_of(text, runs)
    assert query.problem == ""
    assert sorted(run.id for run in found_by(query, runs)) == list(found)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("date:soon", "'soon' is no date"),
        ("date:2026-13", "'2026-13' is no date"),
        ("took>long", "'long' is no time"),
        ("steps>many", "'many' is no number"),
        ("los<1", "Did you mean loss<1"),
        ("is:finish", "Did you mean is:finished"),
    ],
)
def test_search_says_what_it_cannot_understand(
    runs: list[RunSummary], text: str, problem: str
) -> None:
    assert problem in query_of(text, runs).problem


def test_every_example_can_be_searched_for(runs: list[RunSummary]) -> None:
    assert [text for text, _ in COMPLETIONS if query_of(text, runs).problem] == []


def test_search_of_a_thousand_runs_is_instant(runs: list[RunSummary]) -> None:
    many = runs * 400
    began = time.perf_counter()
    assert len(found_by(query_of("train loss<0 failed", many), many)) == 400
    assert time.perf_counter() - began < 0.2


def test_started_is_told_by_day(tmp_path: Path) -> None:
    from eqxviz.session.runs.columns import label_of, started_text

    at = time.mktime((2026, 3, 4, 14, 3, 0, 0, 0, -1))
    assert started_text(at, at + 60) == "today 14:03"
    assert started_text(at, at + 86400) == "4 Mar 14:03"
    assert started_text(at, at + 400 * 86400) == "4 Mar 2026 14:03"
    assert label_of("train.py", at) == "train.py, 4 Mar 14:03"
