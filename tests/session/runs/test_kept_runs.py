"""The runs that were kept, as the window works with them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eqxviz.engine.engine import Engine
from eqxviz.engine.launch import Launch
from eqxviz.records import RunState
from eqxviz.session.runs.kept_runs import KeptRuns
from eqxviz.session.session import Session
from tests.owner import Owner
from tests.session.runs.made_runs import make_run


@pytest.fixture
def owner() -> Owner:
    return Owner()


@pytest.fixture
def session(owner: Owner, tmp_path: Path) -> Iterator[Session]:
    made = Session(owner.post, Engine(owner.post, tmp_path))
    yield made
    made.close(leave_run=False)


@pytest.fixture
def kept(session: Session, owner: Owner, tmp_path: Path) -> KeptRuns:
    """Three runs, of which the last never told its end."""
    for id, state in (("a", RunState.FINISHED), ("b", RunState.FAILED), ("c", RunState.RUNNING)):
        make_run(tmp_path / "runs", id, {"loss": [2.0, 1.0]}, state=state, output=f"I am {id}\n")
    session.runs.refresh()
    assert session.runs.state == "working"
    owner.run_until(lambda: session.runs.state == "filled")
    return session.runs


def test_run_that_never_told_its_end_has_died(kept: KeptRuns) -> None:
    assert [(run.id, run.state.value) for run in kept.runs] == [
        ("c", "died"), ("b", "failed"), ("a", "finished"),
    ]  # fmt: skip


def test_past_run_is_shown_under_its_name(kept: KeptRuns, session: Session, owner: Owner) -> None:
    kept.rename("a", "first")
    kept.open("a")
    owner.run_until(lambda: session.run is not None)
    assert session.run.title == "first"
    heard: list[str] = []
    session.run_changed.connect(lambda: heard.append(session.run.title))
    kept.rename("a", " ")
    assert heard == ["train.py"]


def test_past_run_is_shown_whole(kept: KeptRuns, session: Session, owner: Owner) -> None:
    heard: list[str] = []
    kept.opened.connect(lambda: heard.append("opened"))
    kept.open("c")
    owner.run_until(lambda: session.run is not None)
    assert session.run.status.state is RunState.DIED
    assert session.run.output == "I am c\n"
    assert session.run.description.git_branch == "main"
    assert [seed.seed for seed in session.run.seeds] == ["0"]
    assert session.is_run_kept
    assert not session.can_open_call
    assert heard == ["opened"]
    kept.open("c")
    assert heard == ["opened", "opened"]


def test_run_that_is_gone_is_a_problem(kept: KeptRuns, session: Session, owner: Owner) -> None:
    kept.open("zz")
    owner.run_until(lambda: session.problems)
    assert "no run zz" in session.problems[0].why
    assert session.run is None


def test_labels_are_changed_at_once_for_several(kept: KeptRuns, owner: Owner) -> None:
    kept.tag(["a", "b"], ["x", "y"])
    owner.run_until(lambda: kept.run("b").tags == ("x", "y"))
    kept.set_tags("b", ["y"])
    owner.run_until(lambda: kept.run("b").tags == ("y",))
    assert kept.run("a").tags == ("x", "y")
    kept.note("a", "hm")
    kept.rename("a", "first")
    owner.run_until(lambda: kept.run("a").title == "first")
    assert kept.run("a").note == "hm"


def test_deleted_runs_are_gone_everywhere(
    kept: KeptRuns, session: Session, owner: Owner, tmp_path: Path
) -> None:
    kept.open("a")
    owner.run_until(lambda: session.run is not None)
    kept.overlay(["a", "b", "c"])
    owner.run_until(lambda: len(kept.overlaid) == 2)  # the one that is shown is not over itself
    kept.compare(["b", "c"])
    owner.run_until(lambda: kept.comparison is not None)
    kept.delete(["a", "b"])
    owner.run_until(lambda: [run.id for run in kept.runs] == ["c"])
    owner.run_until(lambda: len(kept.overlaid) == 1)
    assert session.run is None
    assert kept.comparison is None
    assert not any((tmp_path / "runs" / id).exists() for id in "ab")


def test_comparison_of_what_was_asked_last_is_shown(kept: KeptRuns, owner: Owner) -> None:
    shown: list[tuple[str, ...]] = []

    def note() -> None:
        if kept.comparison is not None:
            shown.append(tuple(run.id for run in kept.comparison.runs))

    kept.comparison_changed.connect(note)
    kept.compare(["a", "b"])
    kept.compare(["b", "c"])
    owner.run_until(lambda: shown)
    assert shown == [("b", "c")]
    kept.compare([])
    assert kept.comparison is None


def test_newest_runs_are_listed_without_the_others(kept: KeptRuns, owner: Owner) -> None:
    listed: list[list[str]] = []
    kept.recent(2, lambda runs: listed.append([run.id for run in runs]))
    owner.run_until(lambda: listed)
    assert listed == [["c", "b"]]


def test_labels_tell_the_drawn_runs_apart(
    kept: KeptRuns, session: Session, owner: Owner, until_shown: Callable[[str], None]
) -> None:
    until_shown("a")
    kept.overlay(["b"])
    owner.run_until(lambda: kept.overlaid)
    labels = {kept.label(session.run), kept.label(kept.overlaid[0])}
    assert len(labels) == 2
    assert all(label.startswith("train.py, ") for label in labels)


@pytest.fixture
def until_shown(kept: KeptRuns, owner: Owner) -> Callable[[str], None]:
    def show(id: str) -> None:
        kept.open(id)
        owner.run_until(lambda: kept.shown_id == id)

    return show


def test_problems_of_a_past_run_go_with_it(
    kept: KeptRuns, session: Session, until_shown: Callable[[str], None]
) -> None:
    from eqxviz.records import Problem, Severity

    until_shown("b")
    problem = Problem("x", Severity.ERROR, "Boom", "", "")
    session.run.problems.append(problem)
    session.report(problem)
    until_shown("a")
    assert session.problems == []


def test_how_a_run_was_started_is_told(kept: KeptRuns, owner: Owner) -> None:
    told: list[Launch] = []
    kept.tell_launch("a", told.append)
    owner.run_until(lambda: told)
    assert told[0].python == "/usr/bin/python"
    assert (told[0].script, told[0].folder) == ("/home/me/train.py", "/home/me")
