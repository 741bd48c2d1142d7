"""Comparing two graphs by structure."""

from eqxviz.session.graph_compare.changes import Change
from eqxviz.session.graph_compare.difference import Cost, GraphDifference, Status, compare
from eqxviz.session.graph_compare.loops import Loop
from eqxviz.session.graph_compare.matching import ComparisonCancelledError

__all__ = [
    "Change",
    "ComparisonCancelledError",
    "Cost",
    "GraphDifference",
    "Loop",
    "Status",
    "compare",
]
