"""JAX objects to records. Pure functions.

What is taken from here is imported when it is taken: some modules need no JAX, and are of use
before the script has imported it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eqxviz.analysis.arguments import parse_call as parse_call
    from eqxviz.analysis.arguments import parse_inputs as parse_inputs
    from eqxviz.analysis.compat import UnsupportedJaxError as UnsupportedJaxError
    from eqxviz.analysis.compat import check_jax as check_jax
    from eqxviz.analysis.filter_spec import library_of as library_of
    from eqxviz.analysis.filter_spec import spec_mask as spec_mask
    from eqxviz.analysis.graph import graph_of as graph_of
    from eqxviz.analysis.inputs import example_inputs as example_inputs
    from eqxviz.analysis.inputs import proposed_call as proposed_call
    from eqxviz.analysis.likeness import is_model_like as is_model_like
    from eqxviz.analysis.likeness import why_not_a_model as why_not_a_model
    from eqxviz.analysis.lowering import lowered_of as lowered_of
    from eqxviz.analysis.named import Variables as Variables
    from eqxviz.analysis.named import named_trees as named_trees
    from eqxviz.analysis.problems import problem_from_exception as problem_from_exception
    from eqxviz.analysis.snapshots import snapshot_of as snapshot_of
    from eqxviz.analysis.tracing import abstract as abstract
    from eqxviz.analysis.tracing import scalar_paths as scalar_paths
    from eqxviz.analysis.tree import NodeIndex as NodeIndex
    from eqxviz.analysis.tree import model_tree as model_tree
    from eqxviz.analysis.tree import nodes_of as nodes_of
    from eqxviz.analysis.values import value_summary as value_summary

_MODULES = {
    "parse_call": "arguments",
    "parse_inputs": "arguments",
    "UnsupportedJaxError": "compat",
    "check_jax": "compat",
    "library_of": "filter_spec",
    "spec_mask": "filter_spec",
    "graph_of": "graph",
    "example_inputs": "inputs",
    "proposed_call": "inputs",
    "is_model_like": "likeness",
    "why_not_a_model": "likeness",
    "lowered_of": "lowering",
    "Variables": "named",
    "named_trees": "named",
    "problem_from_exception": "problems",
    "snapshot_of": "snapshots",
    "abstract": "tracing",
    "scalar_paths": "tracing",
    "NodeIndex": "tree",
    "model_tree": "tree",
    "nodes_of": "tree",
    "value_summary": "values",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
