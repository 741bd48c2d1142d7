"""Folding and searching a text of lines."""

import numpy as np
import pytest

from eqxviz.session.jaxpr_text import JaxprText
from eqxviz.session.lines import Folding, WholeText, pattern_of
from tests.layout.made_graphs import mlp


class Blocks:
    """Lines with blocks: 0-7 hold all, 2-5 and in them 3-4, one inside the other."""

    end = np.array([7, 1, 5, 4, 4, 5, 6, 7], np.int32)
    folded = np.zeros(8, np.bool_)

    def __len__(self) -> int:
        return len(self.end)

    def text(self, line: int, is_folded: bool = False) -> str:
        return f"line {line}"


def test_a_folded_block_hides_its_lines_but_the_first():
    folding = Folding(Blocks())
    folding.set_folded(2, True)
    assert folding.rows.tolist() == [0, 1, 2, 6, 7]


def test_a_block_in_a_folded_one_stays_as_it_was():
    folding = Folding(Blocks())
    folding.set_folded(3, True)
    folding.set_folded(2, True)
    folding.set_folded(2, False)
    assert folding.rows.tolist() == [0, 1, 2, 3, 5, 6, 7]


def test_a_line_without_a_block_does_not_fold():
    folding = Folding(Blocks())
    folding.set_folded(1, True)
    assert len(folding.rows) == 8


def test_folding_all_leaves_the_outermost_open():
    folding = Folding(Blocks())
    folding.fold_all()
    assert folding.rows.tolist() == [0, 1, 2, 6, 7]


def test_revealing_a_line_unfolds_all_that_hides_it():
    folding = Folding(Blocks())
    folding.set_folded(3, True)
    folding.set_folded(2, True)
    folding.reveal(4)
    assert 4 in folding.rows


def test_the_row_of_a_hidden_line_is_that_of_what_hides_it():
    folding = Folding(Blocks())
    folding.set_folded(2, True)
    assert folding.row_of(4) == 2


def test_the_innermost_block_holds_a_line():
    folding = Folding(Blocks())
    assert [folding.head_of(line) for line in (4, 5, 6, 0)] == [3, 2, 0, -1]


def test_what_is_looked_for_is_a_text_or_a_regex():
    whole = WholeText.of(JaxprText(mlp()))
    dots, adds = pattern_of("dot_general["), pattern_of("/= add [a-z]")
    assert dots is not None
    assert adds is not None
    assert len(whole.find(dots)) == 2
    assert len(whole.find(adds)) == 2


def test_capitals_count_where_there_are_any():
    small, capital = pattern_of("mlp"), pattern_of("Mlp")
    assert small is not None
    assert capital is not None
    assert small.search("MLP")
    assert not capital.search("MLP")


def test_a_bad_regex_says_why():
    with pytest.raises(ValueError, match=r"'\(' is no regular expression: missing \)"):
        pattern_of("/(")


@pytest.mark.parametrize("wanted", ["", "  ", "/"])
def test_nothing_is_looked_for_where_nothing_is_asked(wanted):
    assert pattern_of(wanted) is None
