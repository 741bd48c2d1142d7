"""JAX objects to records. Pure functions."""

from eqxviz.analysis.compat import UnsupportedJaxError as UnsupportedJaxError
from eqxviz.analysis.compat import check_jax as check_jax
from eqxviz.analysis.graph import graph_of as graph_of
from eqxviz.analysis.inputs import example_inputs as example_inputs
from eqxviz.analysis.inputs import parse_call as parse_call
from eqxviz.analysis.inputs import parse_inputs as parse_inputs
from eqxviz.analysis.likeness import is_model_like as is_model_like
from eqxviz.analysis.likeness import why_not_a_model as why_not_a_model
from eqxviz.analysis.problems import problem_from_exception as problem_from_exception
from eqxviz.analysis.tracing import abstract as abstract
from eqxviz.analysis.tracing import scalar_paths as scalar_paths
from eqxviz.analysis.tree import NodeIndex as NodeIndex
from eqxviz.analysis.tree import model_tree as model_tree
from eqxviz.analysis.tree import nodes_of as nodes_of
from eqxviz.analysis.values import value_summary as value_summary
