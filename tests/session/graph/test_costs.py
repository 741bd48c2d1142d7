"""Costs and shares of equations and groups."""

import math

import numpy as np
import pytest
from made_graphs import GraphMaker, mlp

from eqxviz.records import EquationFlag, EquationKind, Graph, GroupKind
from eqxviz.session.graph.costs import graph_costs


def looped() -> Graph:
    """A Module with an equation and a scan of five turns over two; one more of unknown cost."""
    made = GraphMaker()
    x = made.argument("x")
    module = made.group(0, GroupKind.MODULE, "model.layer")
    made.equation("dot_general", [x], group=module, flops=100, n_bytes=40)
    scan = made.equation(
        "scan", [x], group=module, kind=EquationKind.CONTROL, flops=350, n_bytes=60
    )
    body = made.group(module, GroupKind.JAXPR, "body", owner=scan, repeats=5)
    made.equation("mul", [x], group=body, flops=50, n_bytes=8)
    made.equation("add", [x], group=body, flops=20, n_bytes=4)
    made.equation("custom", [x], flags=EquationFlag.UNKNOWN_COST)
    made.equation("neg", [x], flops=50, n_bytes=10)
    return made.graph()


def test_an_equation_in_a_loop_counts_as_often_as_it_runs():
    costs = graph_costs(looped())
    assert costs.equation_times.tolist() == [1, 1, 5, 5, 1, 1]
    assert costs.flops == 500  # what is nested in the scan is counted in the scan
    shares = costs.equation_shares()
    np.testing.assert_allclose(shares[[0, 1, 2, 3, 5]], [0.2, 0.7, 0.5, 0.2, 0.1])
    assert math.isnan(shares[4])


def test_a_group_costs_what_is_in_it():
    costs = graph_costs(looped())
    assert costs.group_flops.tolist() == [500, 450, 70]
    assert costs.group_times.tolist() == [1, 1, 5]
    np.testing.assert_allclose(costs.group_shares(), [1.0, 0.9, 0.7])
    assert costs.group_unknown.tolist() == [1, 0, 0]


def test_a_call_among_a_set_counts_only_by_what_is_nested_in_it():
    costs = graph_costs(looped())
    chosen = np.zeros(6, np.bool_)
    chosen[[1, 2]] = True  # the scan, for what it holds, and one of the two in it
    assert costs.share_of(chosen) == pytest.approx(0.5)


def test_what_runs_unknown_often_counts_once():
    made = GraphMaker()
    x = made.argument("x")
    loop = made.equation("while", [x], flops=30, n_bytes=0, flags=EquationFlag.UNKNOWN_COST)
    body = made.group(0, GroupKind.JAXPR, "body", owner=loop, repeats=math.nan)
    made.equation("mul", [x], group=body, flops=30, n_bytes=0)
    costs = graph_costs(made.graph())
    assert costs.equation_times.tolist() == [1, 1]
    assert costs.equation_shares().tolist() == [1, 1]


def test_without_known_costs_there_are_no_shares():
    costs = graph_costs(mlp())
    assert costs.flops == 0
    assert np.isnan(costs.equation_shares()).all()
    assert costs.group_unknown[0] == 5  # the call is no equation of its own
