"""What is found by a few letters, and what is said in a line."""

from dataclasses import replace

import pytest

from eqxviz.records import RunState
from eqxviz.session import fuzzy
from eqxviz.session.headline import headline, selection_text, window_title
from eqxviz.session.places import find_places
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from eqxviz.session.source import source_of
from tests.gui.shown import make_tree, node_at, show_model, show_run


@pytest.fixture
def quiet() -> Session:
    return Session(lambda job: job(), engine=object())  # type: ignore[arg-type]  # asked nothing


def best(query: str, *texts: str) -> str:
    scored = {text: fuzzy.match(query, text) for text in texts}
    found = {text: m.score for text, m in scored.items() if m is not None}
    return max(found, key=lambda text: found[text])


def test_letters_must_all_be_there_in_order():
    assert fuzzy.match("tsl", "list") is None
    assert fuzzy.match("lst", "list") is not None


def test_a_piece_in_one_beats_scattered_letters():
    assert best("run", "Return unfolded nodes", "Pause the run") == "Pause the run"


def test_beginnings_of_words_beat_letters_within_them():
    assert best("sg", "Show the graph", "Missing") == "Show the graph"


def test_of_equals_the_shorter_wins():
    assert best("loss", "loss", "loss_of_everything") == "loss"


def test_nothing_typed_fits_everything():
    assert fuzzy.match("", "anything") == fuzzy.Match(0.0, ())


def test_the_meant_letters_are_told():
    assert fuzzy.match("lw", "layers.weight").positions == (0, 7)


def test_places_are_paths_functions_and_curves(quiet: Session):
    show_model(quiet, make_tree())
    show_run(quiet)
    assert find_places(quiet, "head.weight")[0].title == "model.head.weight"
    assert find_places(quiet, "make_step")[0].selection.kind == "function"
    assert find_places(quiet, "loss")[0].selection.kind == "series"
    assert find_places(quiet, "no such thing") == []


def test_functions_of_installed_packages_are_no_places(quiet: Session):
    show_run(quiet)
    assert "_normal" not in [place.title for place in find_places(quiet, "")]


def test_the_headline_says_what_the_run_does(quiet: Session):
    assert headline(quiet) == ""
    run = show_run(quiet)
    run.status = replace(
        run.status, step=1240, steps_per_second=812.4, elapsed_seconds=12.5, device="cpu:0"
    )
    assert headline(quiet) == "train.py – running, step 1,240 · 812 steps/s · 12 s · cpu:0"
    for rate, words in ((1016.2, "1,016 steps/s"), (7.256, "7.26 steps/s"), (0.0412, "0.0412 ")):
        run.status = replace(run.status, steps_per_second=rate)
        assert words in headline(quiet)
    run.status = replace(run.status, state=RunState.FINISHED)
    assert "steps/s" not in headline(quiet)


def test_the_title_names_what_is_open(quiet: Session):
    assert window_title(quiet) == "eqxviz"
    show_model(quiet, make_tree())
    assert window_title(quiet) == "model.py:model – eqxviz"
    show_run(quiet)
    assert window_title(quiet) == "train.py – running – eqxviz"


def test_a_selection_is_told_with_its_place(quiet: Session):
    tree = make_tree()
    show_model(quiet, tree)
    show_run(quiet)
    quiet.select(Selection(kind="function", function=0))
    assert selection_text(quiet) == "make_step  ·  train.py:12"
    quiet.select(Selection(kind="series", series=0))
    assert selection_text(quiet) == "loss  ·  train.py:50"


def test_a_module_stands_for_the_line_of_its_class(quiet: Session):
    tree = make_tree()
    show_model(quiet, tree)
    file, line = source_of(quiet, Selection(kind="node", node=0))
    assert file.endswith("shown.py")
    assert line > 1


@pytest.mark.parametrize(
    "selection",
    [
        Selection(),
        Selection(kind="node", node=999),
        Selection(kind="equation", graph="gone", equation=1),
        Selection(kind="function", function=77),
        Selection(kind="series", series=77),
        Selection(kind="source", file="", line=0),
    ],
)
def test_what_is_gone_has_no_place(quiet: Session, selection: Selection):
    show_model(quiet, make_tree())
    show_run(quiet)
    assert source_of(quiet, selection) is None
    assert node_at(make_tree(), "model.head") > 0
