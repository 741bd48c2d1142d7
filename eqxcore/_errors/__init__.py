"""Errors raised while a compiled function runs."""

from eqxcore._errors._check import EquinoxTracetimeError, branched_error_if, error_if
from eqxcore._errors._stack import traced_stack
from eqxcore._errors._unvmap import (
    unvmap_all,
    unvmap_all_p,
    unvmap_any,
    unvmap_any_p,
    unvmap_max,
    unvmap_max_p,
)
from eqxcore._transforms import EquinoxRuntimeError

__all__ = [
    "EquinoxRuntimeError",
    "EquinoxTracetimeError",
    "branched_error_if",
    "error_if",
    "traced_stack",
    "unvmap_all",
    "unvmap_all_p",
    "unvmap_any",
    "unvmap_any_p",
    "unvmap_max",
    "unvmap_max_p",
]
