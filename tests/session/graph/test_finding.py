"""What was found in a graph, and where one is among it."""

from made_graphs import mlp

from eqxviz.session.graph.finding import GraphSearch
from eqxviz.session.graph.reading import GraphReading


def test_one_walks_round_what_was_found():
    search = GraphSearch()
    search.ask("add", GraphReading(mlp()))
    assert [search.step(1) for _ in range(3)] == [1, 5, 1]
    assert search.step(-1) == 5


def test_the_first_step_back_is_to_the_last():
    search = GraphSearch()
    search.ask("add", GraphReading(mlp()))
    assert search.step(-1) == 5


def test_one_stays_where_one_is_while_the_query_grows():
    search, reading = GraphSearch(), GraphReading(mlp())
    search.ask("ad", reading)
    search.step(-1)
    search.ask("add", reading)
    assert search.at == 1
    search.ask("dot", reading)
    assert search.at == -1


def test_nothing_is_found_without_a_graph_or_by_a_wrong_query():
    search = GraphSearch()
    search.ask("add", None)
    assert search.step(1) == -1
    search.ask("flops>few", GraphReading(mlp()))
    assert "no number" in search.problem
    assert search.step(1) == -1
