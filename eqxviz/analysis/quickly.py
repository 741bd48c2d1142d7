"""Calling what JAX has compiled, and compiling, in less time than JAX takes by default."""

from collections.abc import Callable
from typing import Any

from eqxviz.analysis.compat import tree_util


def quick_call(compiled: Any) -> Callable[[list[Any]], list[Any]]:
    """Return what runs `compiled`, made by `lower().compile()` for one device, with little ado.

    It takes the arrays in a flat list, and returns those of the result so. XLA sees that they are
    of the right size; nothing else looks at them, which takes less than half the time that a call
    of a jitted function takes for 2,000 arrays.
    """
    held = getattr(compiled, "_executable", None)
    execute = getattr(getattr(held, "xla_executable", None), "execute_sharded", None)
    kept = getattr(held, "_kept_var_idx", None)
    if execute is None or kept is None:
        return lambda arrays: tree_util.tree_leaves(compiled(*arrays))

    def call(arrays: list[Any]) -> list[Any]:
        given = arrays if len(kept) == len(arrays) else [arrays[i] for i in sorted(kept)]
        found = execute(given).disassemble_into_single_device_arrays()
        return [parts[0] for parts in found]

    return call


# XLA takes less than half the time with these, on a CPU; what it makes of elementwise operations is
# some five times as slow, and the same but for the last bits of a few functions.
_QUICK_TO_COMPILE = {"xla_cpu_use_fusion_emitters": False, "xla_backend_optimization_level": 0}


def compiled_quickly(lowered: Any) -> Any:
    """Return what `lowered.compile()` does, for a CPU: sooner, and slower to run."""
    try:
        return lowered.compile(compiler_options=_QUICK_TO_COMPILE)
    except RuntimeError as error:
        if "No such compile option" not in str(error):
            raise
    return lowered.compile()
