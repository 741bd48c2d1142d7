"""What other libraries of this kind are built with."""

from eqxcore._enum import Enumeration
from eqxcore._errors import (
    branched_error_if,
    error_if,
    unvmap_all,
    unvmap_all_p,
    unvmap_any,
    unvmap_any_p,
    unvmap_max,
    unvmap_max_p,
)
from eqxcore._module import AbstractClassVar, AbstractVar
from eqxcore.debug import announce_transform, breakpoint_if, inspect_dce, store_dce
from eqxcore.debug import backward_nan as debug_backward_nan
from eqxcore.debug._announce import announce_jaxpr_p
from eqxcore.internal._getkey import GetKey
from eqxcore.internal._nondifferentiable import nondifferentiable
from eqxcore.internal._omega import ω
from eqxcore.internal._static import Static

__all__ = [
    "AbstractClassVar",
    "AbstractVar",
    "Enumeration",
    "GetKey",
    "Static",
    "announce_jaxpr_p",
    "announce_transform",
    "branched_error_if",
    "breakpoint_if",
    "debug_backward_nan",
    "error_if",
    "inspect_dce",
    "nondifferentiable",
    "store_dce",
    "unvmap_all",
    "unvmap_all_p",
    "unvmap_any",
    "unvmap_any_p",
    "unvmap_max",
    "unvmap_max_p",
    "ω",
]
