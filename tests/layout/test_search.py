"""Search in a graph."""

import pytest
from made_graphs import GraphMaker, mlp

from eqxviz.layout import GraphText


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("dot_general", [0, 4]),
        ("DOT", [0, 4]),
        ("f32[8]", [0, 1, 2, 3]),
        ("layers[1].bias", [5]),
        ("model.py:15", [1, 5]),
        ("add f32[8]", [1]),
        ("relu", [2, 3]),
        ("nothing like it", []),
        ("", []),
        ("/^(add|max)", [1, 3, 5]),
        (r"/f32\[\d\]", [0, 1, 2, 3, 4, 5]),
        ("/", []),
    ],
)
def test_equations_are_found_by_primitive_shape_path_and_source(wanted, found):
    assert GraphText(mlp()).find(wanted).tolist() == found


def test_a_wrong_expression_says_what_is_wrong():
    with pytest.raises(ValueError, match=r"/\(/ is no regular expression: missing \)"):
        GraphText(mlp()).find("/(")


def test_nothing_is_found_in_an_empty_graph():
    empty = GraphText(GraphMaker().graph())
    assert not len(empty.find("add"))
    assert not len(empty.find("/."))
