"""Transformations of functions whose arguments and results are arbitrary PyTrees."""

from eqxcore._transforms._axes import if_array
from eqxcore._transforms._callback import filter_pure_callback
from eqxcore._transforms._checkpoint import filter_checkpoint
from eqxcore._transforms._closure_convert import filter_closure_convert
from eqxcore._transforms._custom_jvp import filter_custom_jvp
from eqxcore._transforms._custom_vjp import filter_custom_vjp
from eqxcore._transforms._grad import filter_grad, filter_value_and_grad
from eqxcore._transforms._jacobian import filter_hessian, filter_jacfwd, filter_jacrev
from eqxcore._transforms._jaxpr import filter_eval_shape, filter_make_jaxpr
from eqxcore._transforms._jit import filter_jit, set_jit_observer
from eqxcore._transforms._jvp import filter_jvp, filter_vjp
from eqxcore._transforms._plan import clear_caches
from eqxcore._transforms._pmap import filter_pmap
from eqxcore._transforms._shard import filter_shard
from eqxcore._transforms._surface import EquinoxRuntimeError, raise_in_callback
from eqxcore._transforms._trace import hide_frames, jit_is_disabled, under_jit
from eqxcore._transforms._vmap import filter_vmap
from eqxcore._transforms._wrapped import WrappedFunction

__all__ = [
    "EquinoxRuntimeError",
    "WrappedFunction",
    "clear_caches",
    "filter_checkpoint",
    "filter_closure_convert",
    "filter_custom_jvp",
    "filter_custom_vjp",
    "filter_eval_shape",
    "filter_grad",
    "filter_hessian",
    "filter_jacfwd",
    "filter_jacrev",
    "filter_jit",
    "filter_jvp",
    "filter_make_jaxpr",
    "filter_pmap",
    "filter_pure_callback",
    "filter_shard",
    "filter_value_and_grad",
    "filter_vjp",
    "filter_vmap",
    "hide_frames",
    "if_array",
    "jit_is_disabled",
    "raise_in_callback",
    "set_jit_observer",
    "under_jit",
]
