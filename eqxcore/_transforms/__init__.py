"""Transformations of functions whose arguments and results are arbitrary PyTrees."""

from eqxcore._transforms._checkpoint import filter_checkpoint
from eqxcore._transforms._closure_convert import filter_closure_convert
from eqxcore._transforms._grad import filter_grad, filter_value_and_grad
from eqxcore._transforms._jaxpr import filter_eval_shape, filter_make_jaxpr
from eqxcore._transforms._jit import filter_jit, set_jit_observer
from eqxcore._transforms._jvp import filter_jvp, filter_vjp
from eqxcore._transforms._vmap import filter_vmap, if_array

__all__ = [
    "filter_checkpoint",
    "filter_closure_convert",
    "filter_eval_shape",
    "filter_grad",
    "filter_jit",
    "filter_jvp",
    "filter_make_jaxpr",
    "filter_value_and_grad",
    "filter_vjp",
    "filter_vmap",
    "if_array",
    "set_jit_observer",
]
