"""What JAX is doing at the moment. The one place that asks JAX for more than it documents."""

import importlib
from collections.abc import Callable
from contextlib import suppress

import jax
import jax.extend.core


def under_jit() -> bool:
    """Return `True` if the caller runs because `jax.jit`, or something like it, traces it."""
    # The warning in the name is for those whose result depends on it; here it is who is told.
    return jax.extend.core.unsafe_am_i_under_a_jit_DO_NOT_USE()  # pyright: ignore[reportPrivateImportUsage] - as said


def jit_is_disabled() -> bool:
    """Return `True` under `jax.disable_jit`, or with `JAX_DISABLE_JIT` set."""
    return jax.config.jax_disable_jit  # pyright: ignore[reportAttributeAccessIssue] - made at run time


def hide_frames(path: str) -> None:
    """Have JAX's debugger, and its tracebacks, leave out the frames of a file or of a folder."""
    # Should JAX rename it, a few more frames are shown.
    with suppress(ImportError, AttributeError):
        importlib.import_module("jax._src.traceback_util").register_exclusion(path)


def call_when_cleared(forget: Callable[[], None]) -> bool:
    """Have `forget` called by `jax.clear_caches`; return whether JAX can do that."""
    cache = _Clearable(forget)
    try:
        importlib.import_module("jax._src.util").register_cache(cache, str(forget))
    except (ImportError, AttributeError):
        return False
    _clearable.append(cache)  # JAX refers to it weakly
    return True


class _Clearable:
    """What JAX takes for a cache."""

    def __init__(self, forget: Callable[[], None]) -> None:
        self.cache_clear = forget


_clearable: list[_Clearable] = []
