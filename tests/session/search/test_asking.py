"""A search in the background, and walking through what it found."""

from collections.abc import Callable

import numpy as np
import pytest

from eqxviz.session.outline.outline import Outline
from eqxviz.session.problems import ProblemPart
from eqxviz.session.search import Known, Search
from tests.owner import Owner
from tests.session.trees import Leaf, Nested, begun, tree_of

LEAF = Leaf()
MODEL: Nested = {
    ".layers": {"[0]": {".weight": LEAF, ".bias": LEAF}, "[1]": {".weight": LEAF}},
    ".scale": LEAF,
}


class Desk:
    """A search, the outline it searches, and the thread that owns both."""

    def __init__(self) -> None:
        self.owner = Owner()
        self.session = ProblemPart(self.owner.post)
        self.outline: Outline | None = Outline(tree_of(MODEL))
        self.known = Known()
        self.search = Search(self.session, lambda: self.outline, lambda: self.known)
        self.n_found = 0
        self.search.found.connect(self.count)

    def count(self) -> None:
        self.n_found += 1

    def ask(self, text: str) -> None:
        self.wait(lambda: self.search.ask(text))

    def wait(self, act: Callable[[], None]) -> None:
        """Do something, and wait until the search has answered."""
        n = self.n_found
        act()
        self.owner.run_until(lambda: self.n_found > n and not self.search.is_searching)

    def walk(self, *steps: int) -> list[str]:
        assert self.outline is not None
        path = self.outline.tree.path
        return [path(self.search.step(by)).removeprefix("model.") for by in steps]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_matches_are_marked_with_what_is_above_them(desk: Desk):
    desk.ask("weight")
    tree = desk.outline.tree
    assert [tree.path(int(n)) for n in desk.search.matches] == [
        "model.layers[0].weight",
        "model.layers[1].weight",
    ]
    assert np.flatnonzero(desk.search.is_match).tolist() == sorted(desk.search.matches)
    above = {tree.path(int(n)) for n in np.flatnonzero(desk.search.ancestors)}
    assert above == {"model", "model.layers", "model.layers[0]", "model.layers[1]"}
    assert len(desk.search) == 2
    assert desk.search.n_searched == len(tree)


def test_matches_are_walked_round_the_ends(desk: Desk):
    desk.ask("weight")
    first, second = "layers[0].weight", "layers[1].weight"
    assert desk.search.current_node == -1
    assert desk.walk(1, 1, 1, -1) == [first, second, first, second]
    desk.ask("bias | weight")
    assert desk.walk(-1) == ["layers[0].bias"]


def test_walking_backwards_begins_at_the_end(desk: Desk):
    desk.ask("weight")
    assert desk.walk(-1) == ["layers[1].weight"]


def test_one_stays_at_a_match_while_typing_goes_on(desk: Desk):
    desk.ask("wei")
    desk.walk(1, 1)
    here = desk.search.current_node
    desk.ask("weigh")
    assert desk.search.current_node == here
    desk.ask("scale")
    assert desk.search.current == -1


def test_matches_follow_the_sorted_rows(desk: Desk):
    desk.ask("weight")
    desk.outline.sort_by("name", True)
    desk.wait(desk.search.refresh)
    assert desk.walk(1) == ["layers[1].weight"]


def test_only_the_last_of_several_searches_is_answered(desk: Desk):
    def type_fast() -> None:
        for text in ("w", "we", "wei"):
            desk.search.ask(text)

    desk.wait(type_fast)
    assert desk.n_found == 1
    assert desk.search.text == "wei"
    assert len(desk.search) == 2


def test_a_search_makes_the_outline_know_its_order(desk: Desk):
    rows = desk.outline.rows.tolist()
    desk.ask("weight")
    assert desk.outline.order is not None
    assert desk.outline.rows.tolist() == rows


def test_an_order_that_is_no_longer_wanted_is_not_taken(desk: Desk):
    desk.search.ask("weight")
    desk.outline.sort_by("name", True)
    desk.owner.run_until(lambda: not desk.search.is_searching)
    assert desk.outline.sorting.column == "name"
    assert desk.outline.order is None


def test_what_is_no_query_is_told_at_once(desk: Desk):
    desk.ask("weight")
    desk.search.ask("/[/")
    assert "wrong at position 1" in desk.search.problem
    assert not len(desk.search)
    assert desk.search.step(1) == -1
    desk.search.ask("")
    assert not desk.search.problem


def test_without_an_outline_there_is_nothing_to_find(desk: Desk):
    desk.outline = None
    desk.search.ask("weight")
    assert not len(desk.search)
    assert desk.search.n_searched == 0


def test_a_tree_that_grows_is_searched_again(desk: Desk):
    tree = tree_of(MODEL)
    desk.outline = Outline(begun(tree, 4))
    desk.ask("weight")
    assert (len(desk.search), desk.search.n_searched) == (0, 4)
    desk.outline.grow(tree)
    desk.wait(desk.search.refresh)
    assert (len(desk.search), desk.search.n_searched) == (2, len(tree))


def test_a_search_for_values_is_done_again_when_more_is_known(desk: Desk):
    desk.ask("gradient")
    assert "not known yet" in desk.search.problem
    desk.known = Known(gradient=np.array([1], np.int32))
    desk.wait(desk.search.learn)
    assert desk.search.matches.tolist() == [1]
    desk.ask("weight")
    n = desk.n_found
    desk.search.learn()
    assert not desk.search.is_searching
    assert desk.n_found == n
