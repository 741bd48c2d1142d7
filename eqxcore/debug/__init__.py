"""Looking at what JAX does with a function."""

from eqxcore.debug._announce import announce_transform
from eqxcore.debug._backward_nan import backward_nan
from eqxcore.debug._breakpoint import breakpoint_if
from eqxcore.debug._dce import inspect_dce, store_dce
from eqxcore.debug._max_traces import assert_max_traces, get_num_traces

__all__ = [
    "announce_transform",
    "assert_max_traces",
    "backward_nan",
    "breakpoint_if",
    "get_num_traces",
    "inspect_dce",
    "store_dce",
]
