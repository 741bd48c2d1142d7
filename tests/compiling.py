"""How tests compile, and what is done with what JAX keeps of all that they have compiled."""

import contextlib
import gc
import sys
from collections.abc import Iterator

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


@contextlib.contextmanager
def barely_optimised() -> Iterator[None]:
    """Have XLA compile quickly rather than well, where what is checked is values and not speed."""
    import jax

    before = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", before)
