"""The time that the script waits for results: in `float(loss)`, in `block_until_ready`."""

import functools
import threading
from time import perf_counter
from typing import Any

import jax

from eqxviz.analysis import compat

# What is written in C++ has no more of the kind.
_NAMES = ("__module__", "__name__", "__doc__")


class Waits:
    """Measures, in the main thread, how long the values of arrays are waited for.

    JAX reads a value for `float`, `print`, `jax.device_get` and the like by way of one property.
    `numpy.asarray` on a CPU reads the memory itself: that is not measured. Nor is anything where
    the array is ready.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._main = threading.main_thread().ident
        self._jax: Any = jax
        self._own = compat.waiting_members()
        self._own_block = jax.block_until_ready
        own, array = self._own, self._own.array_class
        array._value = property(self._blocking_first(own.value.fget))
        array.item = self._blocking_first(own.item)
        array.block_until_ready = self._timed(own.block_until_ready)
        self._jax.block_until_ready = self._timed(self._own_block)

    def close(self) -> None:
        """Measure no more."""
        own, array = self._own, self._own.array_class
        array._value, array.item = own.value, own.item
        array.block_until_ready = own.block_until_ready
        self._jax.block_until_ready = self._own_block

    def _blocking_first(self, read: Any) -> Any:
        """Return `read`, which waits before for an array that is not ready."""
        block = self._timed(self._own.block_until_ready)

        @functools.wraps(read, assigned=_NAMES)
        def reading(array: Any, *args: Any) -> Any:
            # One that is deleted is to raise what it always does.
            if array._npy_value is None and not array.is_deleted() and not array.is_ready():
                block(array)
            return read(array, *args)

        return reading

    def _timed(self, block: Any) -> Any:
        @functools.wraps(block, assigned=_NAMES)
        def blocking(x: Any) -> Any:
            if threading.get_ident() != self._main:
                return block(x)
            before, start = self.seconds, perf_counter()
            try:
                return block(x)
            finally:  # one may call the other
                self.seconds = before + perf_counter() - start

        return blocking
