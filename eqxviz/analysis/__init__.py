"""JAX objects to records. Pure functions."""

from eqxviz.analysis.graph import graph_of as graph_of
from eqxviz.analysis.tracing import abstract as abstract
from eqxviz.analysis.tracing import scalar_paths as scalar_paths
from eqxviz.analysis.tree import NodeIndex as NodeIndex
from eqxviz.analysis.tree import model_tree as model_tree
from eqxviz.analysis.tree import nodes_of as nodes_of
from eqxviz.analysis.values import value_summary as value_summary
