"""What is done with what JAX keeps of all that tests have compiled."""

import gc
import sys

import psutil

from eqxviz.engine.memory import give_back_freed_memory

_MOST_BYTES = 2**30
_bytes_before = 0  # of this process, after the caches were last emptied, or at first


def bound_caches() -> None:
    """Empty JAX's caches if the process has grown much: thousands of functions need gigabytes.

    To be called where no test goes on: what was compiled is compiled anew when it is called again.
    """
    global _bytes_before
    now = psutil.Process().memory_info().rss
    _bytes_before = _bytes_before or now
    if now - _bytes_before < _MOST_BYTES or "jax" not in sys.modules:
        return
    import jax

    jax.clear_caches()
    gc.collect()
    give_back_freed_memory()
    _bytes_before = psutil.Process().memory_info().rss
